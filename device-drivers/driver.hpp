// The seam of a device family: bytes to observations and answers to bytes, nothing else. A driver is
// pure: no clock, no I/O, no memory of earlier messages. What needs memory (repeats, silence, which
// resident) is the home's.
//
// Threads: a driver is const after construction and may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/answer.hpp"
#include "rules/ids.hpp"
#include "rules/limits.hpp"
#include "rules/reading.hpp"
#include "rules/wording.hpp"

namespace anban::drivers {

struct message {
    std::string_view topic;
    std::string_view payload; // bytes
    bool retained = false;
    int qos = 0;
};

struct publication {
    std::string topic;
    std::string payload;
};

enum class decode_error : std::uint8_t {
    not_for_us,    // no topic of this family
    too_large,     // over limits::event_bytes (or description_bytes where the topic is a description)
    malformed,     // cut off, not UTF-8, not JSON, not Protobuf, nothing usable in it
    wrong_speaker, // the payload names another device than the topic
    too_many,      // more observations than limits::observations_per_frame
};

struct decode_failure {
    decode_error what = decode_error::malformed;
    std::string address; // who spoke, as far as the topic tells
    wording why;         // one sentence for a technician: what, where
};

// A frame read in full. A value outside its signal's physical range is no observation but a fault of the device,
// so that a broken battery gauge never takes the press beside it along.
struct decoded {
    std::string address;                   // the family's own name for the device: native id, Zigbee friendly name
    std::optional<frame_key> key;          // for families that number their frames
    bool wants_answer = false;             // repeats until answered on its own topic
    bool momentary_are_history = false;    // retained: an event in it is not news
    std::vector<observation> observations; // may be empty: heard, but nothing that we know
    std::vector<standing_event> standing;  // events told as states; none of them is among the observations
    std::vector<observation> impossible;   // values outside their signal's physical range; at most one a signal
    wording note;                          // what was said and not understood; may be empty

    void remark(const wording& more) { note.add(more, limits::evidence_bytes); }
};

class driver {
public:
    virtual ~driver() = default;

    // As devices.toml writes it: "native", "zigbee2mqtt".
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;

    // Topic filters of the family. `alarm_filters` are subscribed by the durable alarm client for one
    // registered device that may raise life-safety alarms; `other_filters` by the telemetry client for
    // the family as a whole (it skips what the alarm client already has).
    [[nodiscard]] virtual std::vector<std::string> alarm_filters(std::string_view address) const = 0;
    [[nodiscard]] virtual std::vector<std::string> other_filters() const = 0;

    // Who speaks on this topic; nothing if the topic isn't of this family or is no device's.
    [[nodiscard]] virtual std::optional<std::string> speaker(std::string_view topic) const = 0;

    [[nodiscard]] virtual std::expected<decoded, decode_failure> decode(const message& m) const = 0;

    // The device's own answer to its frame; nothing for families that have none.
    [[nodiscard]] virtual std::optional<publication> answer_to(std::string_view address, const frame_key& key,
                                                               answer what) const = 0;

    // How a lamp, siren or buzzer of this family shows the answer; nothing if it can't.
    [[nodiscard]] virtual std::optional<publication> indicate(std::string_view address, answer what) const = 0;

    // Whether a device of this family that carries life-safety signals must publish at QoS 1 and can be
    // told to; one sentence with the cure, empty where nothing needs to be done.
    [[nodiscard]] virtual wording qos_cure() const = 0;
};

// The families that this build knows, in a fixed order. One line each in registry.cpp.
[[nodiscard]] const std::vector<const driver*>& all_drivers();
[[nodiscard]] const driver* find_driver(std::string_view name) noexcept;
[[nodiscard]] std::vector<std::string> names_of_all();

} // namespace anban::drivers
