// What a proof adds to the times that follow from a rule and its devices: constants, each with where it comes
// from. One path to the centre is taken to be up; how long an outage lasts no proof can tell.
#pragma once

#include <chrono>
#include <string_view>

#include "rules/alarm_class.hpp"
#include "rules/limits.hpp"

namespace anban::prover {
using namespace std::chrono_literals;

// Over the air. Three copies in a row may be lost and the fourth is heard, in every family.
//  native: the firmware repeats an event after 0.5, 1 and 2 s, each up to a quarter longer (firmware-2).
//  zigbee2mqtt: a Zigbee stack sends a frame apscMaxFrameRetries = 3 more times, each apscAckWaitDuration after
//  the last: 50 ms · 2 · nwkcMaxDepth + 100 ms, with a depth of 15 (Zigbee specification 05-3474-20, 2.2.7.1
//  and 3.5.1). A stack that is set to a lower depth is faster.
inline constexpr std::chrono::nanoseconds native_repeats = (500ms + 1s + 2s) * 5 / 4;
inline constexpr std::chrono::nanoseconds zigbee_repeats = 3 * (50ms * 2 * 15 + 100ms);

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

// On a session that stands, where the first try or its Ack was lost: the uplink's own times (limits.hpp), and the
// centre shows within 1 s at p99 also while every home reconnects (DESIGN §9).
inline constexpr std::chrono::nanoseconds centre_shows = 1s;

[[nodiscard]] constexpr std::chrono::nanoseconds delivery(lane l) noexcept {
    if (l == lane::p0) return limits::p0_sent_again_after + centre_shows;
    if (l == lane::p1) return limits::p1_sent_again_after + centre_shows;
    return limits::p2_first_sent_after + limits::p2_sent_again_after + centre_shows;
}

} // namespace anban::prover
