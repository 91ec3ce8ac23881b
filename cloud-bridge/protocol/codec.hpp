// The wire in C++ values: what the gateway's core and the centre use instead of Protobuf's types. Encoding
// is deterministic: the same value always gives the same bytes, so that a hash names a content. Texts are
// made fit when they are encoded (bounds of rules/limits.hpp, whole UTF-8 characters), so that whatever
// was encoded can be decoded.
//
// What a newer sender says and this version doesn't know is shown, never dropped:
//   class                technical with priority high: nobody's queue, so everybody must see it
//   priority             high            phase, progress    active, open (a receipt claims nothing)
//   lane                 p0              clock quality      unset
//   signal of a press    sos             evidence           left out, and `because` says how many
//   kind of subject      the home        reason of a Nack   busy: the gateway tries again
// A stamp outside 1970..9999 is unset.
//
// Threads: free functions without state; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/alarm.hpp"

namespace anban::wire {

// What stands on the outside of every envelope.
struct sender {
    gateway_id gateway;
    std::uint64_t boot_id = 0;
    std::uint64_t mono_ms = 0;
    std::uint64_t sequence = 0;
    stamp made;
};

struct open_alarm {
    alarm_id id;
    revision_number newest;
    alarm_progress progress = alarm_progress::open;
    friend bool operator==(const open_alarm&, const open_alarm&) = default;
};

struct birth {
    std::uint64_t session = 0;
    std::uint32_t start = 0;
    std::string version;
    std::vector<open_alarm> open;
    std::string host;
};

struct death {
    std::uint64_t session = 0;
};

struct heartbeat {
    std::uint32_t open_alarms = 0;
    std::uint32_t outbox = 0;
    std::uint32_t faults = 0;
};

using body = std::variant<alarm_revision, birth, death, heartbeat>;

struct envelope {
    sender from;
    lane via = lane::p2;
    body what;
};

[[nodiscard]] std::string encode(const envelope& e);
// Fails with one sentence that says what is wrong and where; never throws on any bytes. An alarm of more
// than limits::envelope_bytes is refused, anything of more than 64 KiB unread. A gateway, rule, room and
// subject must be well-formed ids; a device's name may be any text of at most limits::title_bytes, since an
// unregistered device has only its family's name.
[[nodiscard]] std::expected<envelope, std::string> decode(std::string_view bytes);

// First 8 bytes of SHA-256 over the envelope's bytes, big-endian.
[[nodiscard]] std::uint64_t hash_prefix(std::string_view envelope_bytes) noexcept;

// ---- From the centre ----------------------------------------------------------------------------

struct ack {
    alarm_id alarm;
    revision_number revision;
    std::uint64_t hash_prefix = 0;
    stamp committed;
    std::uint32_t heartbeat_interval_s = 0;
};

enum class nack_reason : std::uint8_t {
    bad_envelope = 1,
    unknown_gateway,
    unsupported,
    busy,
    unknown_alarm,
    other_gateway
};

struct nack {
    alarm_id alarm;
    revision_number revision;
    nack_reason reason = nack_reason::bad_envelope;
    std::uint32_t retry_after_ms = 0;
    std::string why;
};

struct receipt {
    alarm_id alarm;
    alarm_progress progress = alarm_progress::taken;
    revision_number seen;
    stamp at;
    std::string code;
    bool test = false;
};

// An answer to a birth; 0 asks for one.
struct greeting {
    std::uint64_t session = 0;
};

struct downlink {
    gateway_id gateway;
    stamp time;
    std::uint64_t counter = 0;
    std::variant<ack, nack, receipt, greeting> what;
};

[[nodiscard]] std::string encode(const downlink& d);
[[nodiscard]] std::expected<downlink, std::string> decode_downlink(std::string_view bytes);

// ---- Topics -------------------------------------------------------------------------------------

[[nodiscard]] std::string up_topic(const gateway_id& gw, lane l); // anban/1/up/<gw>/p0
[[nodiscard]] std::string state_topic(const gateway_id& gw);      // anban/1/st/<gw>
[[nodiscard]] std::string heartbeat_topic(const gateway_id& gw);  // anban/1/hb/<gw>
[[nodiscard]] std::string ack_topic(const gateway_id& gw);        // anban/1/dn/<gw>/ack
[[nodiscard]] std::string command_topic(const gateway_id& gw);    // anban/1/dn/<gw>/cmd
[[nodiscard]] std::string echo_topic(const gateway_id& gw);       // anban/1/echo/<gw>, gateway → itself
// The gateway that the broker's ACL lets speak to the centre on this topic (up, st, hb); one sentence for
// any other topic.
[[nodiscard]] std::expected<gateway_id, std::string> speaker_of(std::string_view topic);

} // namespace anban::wire
