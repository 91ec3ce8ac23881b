// What a proof adds to the times that follow from a rule and its devices: constants, each with where it comes
// from. One path to the centre is taken to be up; how long an outage lasts no proof can tell.
#pragma once

#include <chrono>
#include <string_view>

#include "rules/alarm_class.hpp"

namespace anban::prover {
using namespace std::chrono_literals;

// Over the air. Three copies in a row may be lost and the fourth is heard, in every family.
//  native: the firmware repeats an event after 0.5, 1 and 2 s, each up to a quarter longer (firmware-2).
//  zigbee2mqtt: a Zigbee stack sends a frame three more times, 1.6 s apart at most (apscMaxFrameRetries and
//  apscAckWaitDuration of the Zigbee specification, 05-3474).
inline constexpr std::chrono::nanoseconds native_repeats = (500ms + 1s + 2s) * 5 / 4;
inline constexpr std::chrono::nanoseconds zigbee_repeats = 3 * 1600ms;

// `event`: of a press or fall. A native device never repeats a state (firmware-10): one that is lost is a
// longer report interval. Of a family that isn't known nothing is known: 0.
[[nodiscard]] constexpr std::chrono::nanoseconds radio_retries(std::string_view family, bool event) noexcept {
    if (family == "native") return event ? native_repeats : 0ns;
    if (family == "zigbee2mqtt") return zigbee_repeats;
    return 0ns;
}

// Whether a yes-or-no state is sent at once when it changes, with the repeats above. Zigbee's alarms, contacts and
// occupancy are (IAS Zone notifies each change of status; the others are reported at a change); a native device
// also tells changes, but each once only, so that a lost one waits for the next report.
[[nodiscard]] constexpr bool tells_changes(std::string_view family) noexcept {
    return family == "zigbee2mqtt";
}

// Behind a burst of 5,000 frames, drained at 10,000 a second (DESIGN §9); judging itself takes microseconds.
inline constexpr std::chrono::nanoseconds evaluation_takes = 500ms;

// The group commit under way and our own, on a card that is at its limit: an SD card may be busy with one write
// for 500 ms (SD Physical Layer specification, write timeout of SDXC).
inline constexpr std::chrono::nanoseconds commit_takes = 2 * 500ms;

// The slower of the two paths that a visit tests: HTTPS begins where no Ack has come for 5 s (DESIGN §7), and
// the centre shows within 1 s at p99 also while every home reconnects (DESIGN §9). Technical messages wait up
// to 30 s by chance before their first try, so that a power cut is no storm (DISPATCH, lanes).
inline constexpr std::chrono::nanoseconds second_path_begins = 5s;
inline constexpr std::chrono::nanoseconds centre_shows = 1s;
inline constexpr std::chrono::nanoseconds technical_first_delay = 30s;

[[nodiscard]] constexpr std::chrono::nanoseconds delivery(lane l) noexcept {
    return second_path_begins + centre_shows + (l >= lane::p2 ? technical_first_delay : 0s);
}

} // namespace anban::prover
