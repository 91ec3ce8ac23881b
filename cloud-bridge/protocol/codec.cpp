#include "cloud-bridge/protocol/codec.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>

#include "cloud-bridge/protocol/limits.hpp"
#include "cloud-bridge/protocol/text.hpp"
#include "envelope.pb.h"
#include "rules/sha256.hpp"

namespace anban::wire {
namespace {

using problem = std::unexpected<std::string>;

// Protobuf writes to stderr what it finds wrong with foreign bytes; the caller gets a sentence instead.
void keep_protobuf_quiet() {
    static const bool once = [] {
        google::protobuf::SetLogHandler(nullptr);
        return true;
    }();
    static_cast<void>(once);
}

// ---- C++ → Protobuf ---------------------------------------------------------------------------------

void put(Stamp& to, const stamp& from) {
    to.set_utc_us(from.at.time_since_epoch().count());
    to.set_quality(static_cast<ClockQuality>(from.quality));
}

void put(Revision& to, const revision_number& from) {
    to.set_start(from.start);
    to.set_n(from.n);
}

void put(Press& to, const press& from) {
    to.set_device(fitting(from.from.device.str(), anban::limits::title_bytes));
    to.set_boot(from.from.key.boot);
    to.set_sequence(from.from.key.sequence);
    to.set_signal(static_cast<std::uint32_t>(from.what));
    put(*to.mutable_at(), from.at);
    to.set_repeat(from.repeat);
}

void put(Evidence& to, const evidence& from) {
    to.set_device(fitting(from.device.str(), anban::limits::title_bytes));
    to.set_signal(static_cast<std::uint32_t>(from.what));
    to.set_value(from.value);
    put(*to.mutable_at(), from.at);
}

void put(Alarm& to, const alarm_revision& from) {
    to.set_alarm_id(from.id.bytes());
    put(*to.mutable_revision(), from.number);
    to.set_rule(from.rule.str());
    to.set_title_zh(fitting(from.title_zh, anban::limits::title_bytes));
    to.set_title_en(fitting(from.title_en, anban::limits::title_bytes));
    to.set_alarm_class(static_cast<AlarmClass>(from.of));
    to.set_priority(static_cast<Priority>(from.urgency));
    to.set_phase(static_cast<Phase>(from.phase));
    to.set_progress(static_cast<Progress>(from.progress));
    to.set_room(from.room.str());
    to.set_device(fitting(from.device.str(), anban::limits::title_bytes));
    to.set_test(from.test);
    to.set_unregistered_device(from.unregistered);
    to.set_close_refused(from.close_refused);
    put(*to.mutable_raised(), from.raised);
    to.set_press_count(from.press_count);
    if (from.news) put(*to.mutable_news(), *from.news);
    const std::size_t kept = std::min(from.seen.size(), limits::evidence);
    for (auto it = from.seen.end() - static_cast<std::ptrdiff_t>(kept); it != from.seen.end(); ++it) {
        put(*to.add_evidence(), *it);
    }
    to.set_because(fitting(from.because, anban::limits::evidence_bytes));
}

void put(Birth& to, const birth& from) {
    to.set_session(from.session);
    to.set_start(from.start);
    to.set_version(fitting(from.version, limits::word_bytes));
    for (const open_alarm& one : from.open) {
        if (static_cast<std::size_t>(to.open_size()) == anban::limits::open_alarms) break;
        OpenAlarm& named = *to.add_open();
        named.set_alarm_id(one.id.bytes());
        put(*named.mutable_revision(), one.newest);
        named.set_progress(static_cast<Progress>(one.progress));
    }
    to.set_host(fitting(from.host, limits::word_bytes));
}

[[nodiscard]] std::string text_of(const subject& who) {
    if (who.of == subject::kind::home) return "home";
    return fmt::format("{}/{}", name_of(who.of), who.id);
}

struct put_body {
    Envelope& to;
    const sender& from;

    void operator()(const alarm_revision& a) const {
        put(*to.mutable_alarm(), a);
        to.set_id(fmt::format("{}:{}.{}", a.id.hex(), a.number.start, a.number.n));
        to.set_type("anban.alarm.1");
        to.set_subject(text_of(a.who));
    }
    void operator()(const birth& b) const {
        put(*to.mutable_birth(), b);
        name_it("birth", b.session);
    }
    void operator()(const death& d) const {
        to.mutable_death()->set_session(d.session);
        name_it("death", d.session);
    }
    void operator()(const heartbeat& h) const {
        Heartbeat& beat = *to.mutable_heartbeat();
        beat.set_open_alarms(h.open_alarms);
        beat.set_outbox(h.outbox);
        beat.set_faults(h.faults);
        name_it("heartbeat", from.sequence);
    }
    void name_it(std::string_view kind, std::uint64_t number) const {
        to.set_id(fmt::format("{}:{:016x}.{:016x}", kind, from.boot_id, number));
        to.set_type(fmt::format("anban.{}.1", kind));
        to.set_subject("home");
    }
};

// ---- Protobuf → C++ ---------------------------------------------------------------------------------

// Until the end of year 9999; what lies outside was never a time.
constexpr std::int64_t last_utc_us = 253'402'300'800'000'000;

[[nodiscard]] stamp stamp_from(const Stamp& from) noexcept {
    if (from.utc_us() < 0 || from.utc_us() >= last_utc_us) return {};
    clock_quality quality = clock_quality::unset;
    if (from.quality() == CLOCK_RESTORED) quality = clock_quality::restored;
    if (from.quality() == CLOCK_SYNCHRONISED) quality = clock_quality::synchronised;
    return {utc_time{std::chrono::microseconds{from.utc_us()}}, quality};
}

[[nodiscard]] revision_number revision_from(const Revision& from) noexcept {
    return {from.start(), from.n()};
}

[[nodiscard]] alarm_phase phase_from(Phase from) noexcept {
    switch (from) {
    case PHASE_SUSPECTED: return alarm_phase::suspected;
    case PHASE_CLEARED: return alarm_phase::cleared;
    case PHASE_CANCELLED: return alarm_phase::cancelled;
    default: return alarm_phase::active;
    }
}

[[nodiscard]] alarm_progress progress_from(Progress from) noexcept {
    switch (from) {
    case TAKEN: return alarm_progress::taken;
    case ON_THE_WAY: return alarm_progress::on_the_way;
    case CLOSED: return alarm_progress::closed;
    default: return alarm_progress::open;
    }
}

[[nodiscard]] std::optional<signal> signal_from(std::uint32_t number) noexcept {
    if (number < 1 || number > all_signals().size()) return std::nullopt;
    return static_cast<signal>(number);
}

[[nodiscard]] lane lane_from(Lane from) noexcept {
    switch (from) {
    case P1: return lane::p1;
    case P2: return lane::p2;
    case P3: return lane::p3;
    default: return lane::p0;
    }
}

// Class and priority together: an unknown class is nobody's queue, so it must be seen by everybody.
void read_class(const Alarm& from, alarm_revision& to) noexcept {
    bool known = true;
    switch (from.alarm_class()) {
    case LIFE_SAFETY: to.of = alarm_class::life_safety; break;
    case SUSPECTED: to.of = alarm_class::suspected; break;
    case SERVICE: to.of = alarm_class::service; break;
    case TECHNICAL: to.of = alarm_class::technical; break;
    default: to.of = alarm_class::technical; known = false;
    }
    to.urgency = priority::high;
    if (known && from.priority() == MEDIUM) to.urgency = priority::medium;
    if (known && from.priority() == LOW) to.urgency = priority::low;
}

[[nodiscard]] bool id_or_nothing(const std::string& text) noexcept {
    return text.empty() || well_formed_id(text);
}

// "home", "resident/…", "bed/…", "room/…". A kind that this version doesn't know concerns the home.
[[nodiscard]] std::optional<subject> subject_from(const std::string& text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos) return subject{};
    const std::string id = text.substr(slash + 1);
    if (!well_formed_id(id)) return std::nullopt;
    for (const auto kind : {subject::kind::resident, subject::kind::bed, subject::kind::room}) {
        if (std::string_view{text}.substr(0, slash) == name_of(kind)) return subject{kind, id};
    }
    return subject{};
}

[[nodiscard]] std::expected<press, std::string> press_from(const Press& from) {
    if (from.device().size() > anban::limits::title_bytes) return problem("the press names an overlong device");
    press p;
    p.from = {device_id{from.device()}, {from.boot(), from.sequence()}};
    p.what = signal_from(from.signal()).value_or(signal::sos);
    p.at = stamp_from(from.at());
    p.repeat = from.repeat();
    return p;
}

void read_evidence(const Alarm& from, alarm_revision& to) {
    int skipped = 0;
    for (const Evidence& one : from.evidence()) {
        const auto what = signal_from(one.signal());
        if (!what || !std::isfinite(one.value()) || one.device().size() > anban::limits::title_bytes) {
            ++skipped;
            continue;
        }
        to.seen.push_back({device_id{one.device()}, *what, one.value(), stamp_from(one.at())});
    }
    if (to.seen.size() > limits::evidence) {
        to.seen.erase(to.seen.begin(), to.seen.end() - static_cast<std::ptrdiff_t>(limits::evidence));
    }
    if (skipped > 0) {
        const auto note =
            fmt::format(" ({} piece(s) of evidence of a kind that this version does not know)", skipped);
        to.because = fitting(to.because, anban::limits::evidence_bytes - note.size()) + note;
    }
}

[[nodiscard]] std::expected<alarm_revision, std::string> alarm_from(const Envelope& e, std::size_t bytes) {
    if (bytes > anban::limits::envelope_bytes) {
        return problem(
            fmt::format("an alarm of {} bytes is longer than {}", bytes, anban::limits::envelope_bytes));
    }
    const Alarm& from = e.alarm();
    alarm_revision to;
    const auto id = alarm_id::from_bytes(from.alarm_id());
    if (!id) return problem(fmt::format("alarm_id has {} bytes and not 16", from.alarm_id().size()));
    to.id = *id;
    to.number = revision_from(from.revision());
    if (!well_formed_id(from.rule())) return problem("the rule's name is not an id");
    to.rule = rule_id{from.rule()};
    to.title_zh = fitting(from.title_zh(), anban::limits::title_bytes);
    to.title_en = fitting(from.title_en(), anban::limits::title_bytes);
    read_class(from, to);
    to.phase = phase_from(from.phase());
    to.progress = progress_from(from.progress());
    const auto who = subject_from(e.subject());
    if (!who) return problem("the subject is not an id");
    to.who = *who;
    if (!id_or_nothing(from.room())) return problem("the room's name is not an id");
    to.room = room_id{from.room()};
    if (from.device().size() > anban::limits::title_bytes) return problem("the device's name is too long");
    to.device = device_id{from.device()};
    to.test = from.test();
    to.unregistered = from.unregistered_device();
    to.close_refused = from.close_refused();
    to.raised = stamp_from(from.raised());
    to.press_count = from.press_count();
    if (from.has_news()) {
        auto news = press_from(from.news());
        if (!news) return problem(std::move(news.error()));
        to.news = std::move(*news);
    }
    to.because = fitting(from.because(), anban::limits::evidence_bytes);
    read_evidence(from, to);
    return to;
}

[[nodiscard]] std::expected<birth, std::string> birth_from(const Birth& from) {
    birth to;
    to.session = from.session();
    to.start = from.start();
    to.version = fitting(from.version(), limits::word_bytes);
    to.host = fitting(from.host(), limits::word_bytes);
    if (static_cast<std::size_t>(from.open_size()) > anban::limits::open_alarms) {
        return problem(
            fmt::format("the birth names {} alarms, more than {}", from.open_size(), anban::limits::open_alarms));
    }
    for (const OpenAlarm& one : from.open()) {
        const auto id = alarm_id::from_bytes(one.alarm_id());
        if (!id) return problem("the birth names an alarm whose id has not 16 bytes");
        to.open.push_back({*id, revision_from(one.revision()), progress_from(one.progress())});
    }
    return to;
}

[[nodiscard]] std::expected<body, std::string> body_from(const Envelope& e, std::size_t bytes) {
    switch (e.body_case()) {
    case Envelope::kAlarm: return alarm_from(e, bytes);
    case Envelope::kBirth: return birth_from(e.birth());
    case Envelope::kDeath: return death{e.death().session()};
    case Envelope::kHeartbeat:
        return heartbeat{e.heartbeat().open_alarms(), e.heartbeat().outbox(), e.heartbeat().faults()};
    case Envelope::BODY_NOT_SET: break;
    }
    return problem(fmt::format("the envelope holds nothing that this version knows (type \"{}\")",
                               fitting(e.type(), limits::word_bytes)));
}

} // namespace

std::string encode(const envelope& e) {
    thread_local Envelope to;
    to.Clear();
    to.set_source(e.from.gateway.str());
    to.set_specversion("1.0");
    put(*to.mutable_time(), e.from.made);
    to.set_dataschema("anban.wire.1");
    to.set_lane(static_cast<Lane>(e.via));
    to.set_boot_id(e.from.boot_id);
    to.set_mono_ms(e.from.mono_ms);
    to.set_sequence(e.from.sequence);
    std::visit(put_body{to, e.from}, e.what);
    return to.SerializeAsString();
}

std::expected<envelope, std::string> decode(std::string_view bytes) {
    keep_protobuf_quiet();
    if (bytes.size() > limits::message_bytes) {
        return problem(fmt::format("{} bytes are more than {}", bytes.size(), limits::message_bytes));
    }
    thread_local Envelope from;
    if (!from.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return problem("the bytes are cut off or no Envelope in Protobuf");
    }
    if (!well_formed_id(from.source())) return problem("source is not a gateway's id");
    auto what = body_from(from, bytes.size());
    if (!what) return problem(std::move(what.error()));
    envelope e;
    e.from = {gateway_id{from.source()}, from.boot_id(), from.mono_ms(), from.sequence(), stamp_from(from.time())};
    e.via = lane_from(from.lane());
    e.what = std::move(*what);
    return e;
}

std::uint64_t hash_prefix(std::string_view envelope_bytes) noexcept {
    const sha256_digest digest = sha256_of(envelope_bytes);
    std::uint64_t prefix = 0;
    for (std::size_t i = 0; i < 8; ++i) prefix = (prefix << 8U) | digest[i];
    return prefix;
}

// ---- Downlink ---------------------------------------------------------------------------------------

namespace {

[[nodiscard]] std::string big_endian(std::uint64_t number) {
    std::string bytes(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>((number >> (56 - 8 * i)) & 0xffU);
    return bytes;
}

[[nodiscard]] std::uint64_t from_big_endian(std::string_view bytes) noexcept {
    std::uint64_t number = 0;
    for (const char c : bytes) number = (number << 8U) | static_cast<std::uint8_t>(c);
    return number;
}

struct put_downlink {
    Downlink& to;

    void operator()(const ack& a) const {
        Ack& out = *to.mutable_ack();
        out.set_alarm_id(a.alarm.bytes());
        put(*out.mutable_revision(), a.revision);
        out.set_hash_prefix(big_endian(a.hash_prefix));
        put(*out.mutable_committed(), a.committed);
        out.set_heartbeat_interval_s(a.heartbeat_interval_s);
    }
    void operator()(const nack& n) const {
        Nack& out = *to.mutable_nack();
        out.set_alarm_id(n.alarm.bytes());
        put(*out.mutable_revision(), n.revision);
        out.set_reason(static_cast<NackReason>(n.reason));
        out.set_retry_after_ms(n.retry_after_ms);
        out.set_why(fitting(n.why, anban::limits::evidence_bytes));
    }
    void operator()(const receipt& r) const {
        Receipt& out = *to.mutable_receipt();
        out.set_alarm_id(r.alarm.bytes());
        out.set_progress(static_cast<Progress>(r.progress));
        put(*out.mutable_seen(), r.seen);
        put(*out.mutable_at(), r.at);
        out.set_code(fitting(r.code, limits::word_bytes));
        out.set_test(r.test);
    }
    void operator()(const greeting& g) const { to.mutable_greeting()->set_session(g.session); }
};

[[nodiscard]] nack_reason reason_from(NackReason from) noexcept {
    switch (from) {
    case BAD_ENVELOPE: return nack_reason::bad_envelope;
    case UNKNOWN_GATEWAY: return nack_reason::unknown_gateway;
    case UNSUPPORTED: return nack_reason::unsupported;
    case UNKNOWN_ALARM: return nack_reason::unknown_alarm;
    case OTHER_GATEWAY: return nack_reason::other_gateway;
    default: return nack_reason::busy;
    }
}

using downlink_body = std::variant<ack, nack, receipt, greeting>;

[[nodiscard]] std::expected<downlink_body, std::string> downlink_body_from(const Downlink& from) {
    switch (from.body_case()) {
    case Downlink::kAck: {
        const Ack& a = from.ack();
        const auto id = alarm_id::from_bytes(a.alarm_id());
        if (!id) return problem("an Ack whose alarm_id has not 16 bytes");
        if (a.hash_prefix().size() != 8) return problem("an Ack whose hash_prefix has not 8 bytes");
        return ack{*id, revision_from(a.revision()), from_big_endian(a.hash_prefix()), stamp_from(a.committed()),
                   a.heartbeat_interval_s()};
    }
    case Downlink::kNack: {
        const Nack& n = from.nack();
        const auto id = alarm_id::from_bytes(n.alarm_id());
        if (!id) return problem("a Nack whose alarm_id has not 16 bytes");
        return nack{*id, revision_from(n.revision()), reason_from(n.reason()), n.retry_after_ms(),
                    fitting(n.why(), anban::limits::evidence_bytes)};
    }
    case Downlink::kReceipt: {
        const Receipt& r = from.receipt();
        const auto id = alarm_id::from_bytes(r.alarm_id());
        if (!id) return problem("a Receipt whose alarm_id has not 16 bytes");
        return receipt{*id,
                       progress_from(r.progress()),
                       revision_from(r.seen()),
                       stamp_from(r.at()),
                       fitting(r.code(), limits::word_bytes),
                       r.test()};
    }
    case Downlink::kGreeting: return greeting{from.greeting().session()};
    case Downlink::BODY_NOT_SET: break;
    }
    return problem("the Downlink holds nothing that this version knows");
}

} // namespace

std::string encode(const downlink& d) {
    thread_local Downlink to;
    to.Clear();
    to.set_gateway(d.gateway.str());
    put(*to.mutable_time(), d.time);
    to.set_counter(d.counter);
    std::visit(put_downlink{to}, d.what);
    return to.SerializeAsString();
}

std::expected<downlink, std::string> decode_downlink(std::string_view bytes) {
    keep_protobuf_quiet();
    if (bytes.size() > anban::limits::envelope_bytes) {
        return problem(
            fmt::format("a Downlink of {} bytes is longer than {}", bytes.size(), anban::limits::envelope_bytes));
    }
    thread_local Downlink from;
    if (!from.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return problem("the bytes are cut off or no Downlink in Protobuf");
    }
    if (!well_formed_id(from.gateway())) return problem("the Downlink's gateway is not an id");
    auto what = downlink_body_from(from);
    if (!what) return problem(std::move(what.error()));
    return downlink{gateway_id{from.gateway()}, stamp_from(from.time()), from.counter(), std::move(*what)};
}

} // namespace anban::wire
