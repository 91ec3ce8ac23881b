#include "cloud-bridge/uplink/local_frames.hpp"

#include <limits>

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>

#include "cloud-bridge/protocol/text.hpp"
#include "cloud-bridge/uplink/limits.hpp"
#include "local.pb.h"

namespace anban::uplink {
namespace {

using problem = std::unexpected<std::string>;

constexpr std::size_t length_bytes = 4;

void keep_protobuf_quiet() {
    static const bool once = [] {
        google::protobuf::SetLogHandler(nullptr);
        return true;
    }();
    static_cast<void>(once);
}

template <class Message>
[[nodiscard]] std::string framed(const Message& m) {
    const std::size_t size = m.ByteSizeLong();
    if (size > limits::frame_bytes) return {};
    std::string frame;
    frame.reserve(length_bytes + size);
    for (int shift = 24; shift >= 0; shift -= 8) frame.push_back(static_cast<char>((size >> shift) & 0xffU));
    m.AppendToString(&frame);
    return frame;
}

template <class Named, class Value>
void put_name(Named& to, const Value& from) {
    to.set_alarm_id(from.alarm.bytes());
    to.set_start(from.revision.start);
    to.set_n(from.revision.n);
}

[[nodiscard]] std::uint64_t ns_of(mono_time t) {
    return static_cast<std::uint64_t>(std::chrono::nanoseconds{t.time_since_epoch()}.count());
}

[[nodiscard]] std::optional<mono_time> time_from(std::uint64_t ns) {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (ns == 0 || ns > most) return std::nullopt;
    return mono_time{std::chrono::nanoseconds{static_cast<std::int64_t>(ns)}};
}

template <class Value, class Named>
[[nodiscard]] std::expected<Value, std::string> named(const Named& from, std::string_view what) {
    const auto id = alarm_id::from_bytes(from.alarm_id());
    if (!id) return problem(fmt::format("{} names an alarm whose id has not 16 bytes", what));
    Value v;
    v.alarm = *id;
    v.revision = {from.start(), from.n()};
    return v;
}

struct put_to_uplink {
    local::ToUplink& to;

    void operator()(const hello& h) const {
        to.mutable_hello()->set_birth_envelope(h.birth_envelope);
        to.mutable_hello()->set_heartbeat_envelope(h.heartbeat_envelope);
    }
    void operator()(const deliver_request& d) const {
        put_name(*to.mutable_deliver(), d);
        to.mutable_deliver()->set_lane(static_cast<std::uint32_t>(d.via));
        to.mutable_deliver()->set_envelope(d.envelope);
        to.mutable_deliver()->set_comes_again(d.comes_again);
    }
    void operator()(const forget_request& f) const { put_name(*to.mutable_forget(), f); }
};

struct put_from_uplink {
    local::FromUplink& to;

    void operator()(const link_report& l) const {
        to.mutable_link()->set_up(l.up);
        to.mutable_link()->set_host(wire::fitting(l.host, wire::limits::word_bytes));
        to.mutable_link()->set_why(wire::fitting(l.why, anban::limits::evidence_bytes));
    }
    void operator()(const downlink_bytes& d) const { to.set_downlink(d.bytes); }
    void operator()(const sent_report& s) const {
        put_name(*to.mutable_sent(), s);
        if (s.handed) to.mutable_sent()->set_handed_mono_ns(ns_of(*s.handed));
        if (s.at) to.mutable_sent()->set_mono_ns(ns_of(*s.at));
    }
};

} // namespace

std::string frame_of(const to_uplink& m) {
    thread_local local::ToUplink to;
    to.Clear();
    std::visit(put_to_uplink{to}, m);
    return framed(to);
}

std::string frame_of(const from_uplink& m) {
    thread_local local::FromUplink to;
    to.Clear();
    std::visit(put_from_uplink{to}, m);
    return framed(to);
}

std::expected<to_uplink, std::string> read_to_uplink(std::string_view message) {
    keep_protobuf_quiet();
    thread_local local::ToUplink from;
    if (message.size() > limits::frame_bytes ||
        !from.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
        return problem("the bytes are too many, cut off or no ToUplink in Protobuf");
    }
    switch (from.body_case()) {
    case local::ToUplink::kHello: return hello{from.hello().birth_envelope(), from.hello().heartbeat_envelope()};
    case local::ToUplink::kDeliver: {
        auto d = named<deliver_request>(from.deliver(), "Deliver");
        if (!d) return problem(std::move(d.error()));
        if (from.deliver().lane() > static_cast<std::uint32_t>(lane::p3)) return problem("Deliver names no lane");
        if (from.deliver().envelope().empty()) return problem("Deliver holds no envelope");
        if (from.deliver().envelope().size() > anban::limits::envelope_bytes) {
            return problem("Deliver holds an overlong envelope");
        }
        d->via = static_cast<lane>(from.deliver().lane());
        d->envelope = from.deliver().envelope();
        d->comes_again = from.deliver().comes_again();
        return std::move(*d);
    }
    case local::ToUplink::kForget: {
        auto f = named<forget_request>(from.forget(), "Forget");
        if (!f) return problem(std::move(f.error()));
        return *f;
    }
    case local::ToUplink::BODY_NOT_SET: break;
    }
    return problem("the message holds nothing that this version knows");
}

std::expected<from_uplink, std::string> read_from_uplink(std::string_view message) {
    keep_protobuf_quiet();
    thread_local local::FromUplink from;
    if (message.size() > limits::frame_bytes ||
        !from.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
        return problem("the bytes are too many, cut off or no FromUplink in Protobuf");
    }
    switch (from.body_case()) {
    case local::FromUplink::kLink: return link_report{from.link().up(), from.link().host(), from.link().why()};
    case local::FromUplink::kDownlink: return downlink_bytes{from.downlink()};
    case local::FromUplink::kSent: {
        auto s = named<sent_report>(from.sent(), "Sent");
        if (!s) return problem(std::move(s.error()));
        s->handed = time_from(from.sent().handed_mono_ns());
        s->at = time_from(from.sent().mono_ns());
        return *s;
    }
    case local::FromUplink::BODY_NOT_SET: break;
    }
    return problem("the message holds nothing that this version knows");
}

void frame_reader::feed(std::string_view bytes) {
    if (broken_) return;
    buffer_.erase(0, at_);
    at_ = 0;
    buffer_ += bytes;
}

std::optional<std::string_view> frame_reader::next() {
    if (broken_ || buffer_.size() - at_ < length_bytes) return std::nullopt;
    std::size_t length = 0;
    for (std::size_t i = 0; i < length_bytes; ++i)
        length = (length << 8U) | static_cast<std::uint8_t>(buffer_[at_ + i]);
    if (length == 0 || length > limits::frame_bytes) {
        broken_ = true;
        buffer_.clear();
        at_ = 0;
        return std::nullopt;
    }
    if (buffer_.size() - at_ - length_bytes < length) return std::nullopt;
    const std::string_view message = std::string_view{buffer_}.substr(at_ + length_bytes, length);
    at_ += length_bytes + length;
    return message;
}

} // namespace anban::uplink
