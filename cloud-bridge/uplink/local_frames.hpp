// What anband and anban-uplink say to each other on their Unix socket, as C++ values, and the framing of
// that stream. Used by both ends: anband is the server, anban-uplink the client.
//
// A frame is its length as 4 bytes, big-endian, and one message of local.proto: at most 64 KiB.
//
// Threads: free functions without state; a `frame_reader` belongs to one thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "rules/alarm_class.hpp"
#include "rules/ids.hpp"
#include "rules/time.hpp"

namespace anban::uplink {

// ---- anband → anban-uplink ------------------------------------------------------------------------

// First on each connection, and again whenever the open alarms change.
struct hello {
    std::string birth_envelope;     // Envelope{birth} without session and host
    std::string heartbeat_envelope; // may be empty: none yet
    friend bool operator==(const hello&, const hello&) = default;
};

// Send this until it is acknowledged. Handing the same revision over again does no harm.
struct deliver_request {
    alarm_id alarm;
    revision_number revision;
    lane via = lane::p0;
    std::string envelope;
    bool comes_again = false; // not yet on anband's disk, and its device says it until it is
    friend bool operator==(const deliver_request&, const deliver_request&) = default;
};

// Needs no more delivery.
struct forget_request {
    alarm_id alarm;
    revision_number revision;
    friend bool operator==(const forget_request&, const forget_request&) = default;
};

using to_uplink = std::variant<hello, deliver_request, forget_request>;

// ---- anban-uplink → anband ------------------------------------------------------------------------

struct link_report {
    bool up = false;
    std::string host;
    std::string why; // when down
    friend bool operator==(const link_report&, const link_report&) = default;
};

// A Downlink (wire::decode_downlink) as it came from the centre, unread.
struct downlink_bytes {
    std::string bytes;
    friend bool operator==(const downlink_bytes&, const downlink_bytes&) = default;
};

// Handed to the network for the first time.
struct sent_report {
    alarm_id alarm;
    revision_number revision;
    std::optional<mono_time> handed; // when the uplink read it; nothing where that is long ago
    std::optional<mono_time> at;
    friend bool operator==(const sent_report&, const sent_report&) = default;
};

using from_uplink = std::variant<link_report, downlink_bytes, sent_report>;

// ---- Bytes ----------------------------------------------------------------------------------------

// One whole frame, length and message. A message too long for a frame comes out empty (an envelope of
// limits::envelope_bytes and a birth of limits::open_alarms always fit).
[[nodiscard]] std::string frame_of(const to_uplink& m);
[[nodiscard]] std::string frame_of(const from_uplink& m);

// Reads one message, without its length. Fails with one sentence; never throws on any bytes.
[[nodiscard]] std::expected<to_uplink, std::string> read_to_uplink(std::string_view message);
[[nodiscard]] std::expected<from_uplink, std::string> read_from_uplink(std::string_view message);

// Cuts a stream into messages: feed what came, then take messages until there is none.
//   reader.feed(bytes);
//   while (auto message = reader.next()) …read_to_uplink(*message)…
//   if (reader.broken()) …close the connection…
class frame_reader {
public:
    void feed(std::string_view bytes);
    // The next whole message; valid until the next call of feed(). Nothing: wait for more bytes, or the
    // stream is broken.
    [[nodiscard]] std::optional<std::string_view> next();
    // A length of 0 or above 64 KiB was told: what follows can't be read any more.
    [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
    std::string buffer_;
    std::size_t at_ = 0;
    bool broken_ = false;
};

} // namespace anban::uplink
