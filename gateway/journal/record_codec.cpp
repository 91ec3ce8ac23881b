#include "gateway/journal/record_codec.hpp"

#include "record.pb.h"

#include "rules/limits.hpp"

namespace anban::journal_record {
namespace {

void put(journal::Stamp* to, const stamp& from) {
    to->set_utc_us(from.at.time_since_epoch().count());
    to->set_quality(static_cast<std::uint32_t>(from.quality));
}

void put(journal::Revision* to, const revision_number& from) {
    to->set_start(from.start);
    to->set_n(from.n);
}

void put(journal::Cause* to, const cause& from) {
    to->set_device(from.device.str());
    to->set_boot(from.key.boot);
    to->set_sequence(from.key.sequence);
}

void put(journal::Press* to, const press& from) {
    put(to->mutable_from(), from.from);
    to->set_signal(static_cast<std::uint32_t>(from.what));
    put(to->mutable_at(), from.at);
    to->set_repeat(from.repeat);
}

void put(journal::Alarm* to, const alarm_state& from) {
    const alarm_revision& r = from.newest;
    to->set_id(r.id.bytes());
    put(to->mutable_number(), r.number);
    to->set_rule(r.rule.str());
    to->set_title_zh(r.title_zh);
    to->set_title_en(r.title_en);
    to->set_alarm_class(static_cast<std::uint32_t>(r.of));
    to->set_priority(static_cast<std::uint32_t>(r.urgency));
    to->set_phase(static_cast<std::uint32_t>(r.phase));
    to->set_progress(static_cast<std::uint32_t>(r.progress));
    to->set_subject_kind(static_cast<std::uint32_t>(r.who.of));
    to->set_subject_id(r.who.id);
    to->set_room(r.room.str());
    to->set_device(r.device.str());
    to->set_test(r.test);
    to->set_unregistered(r.unregistered);
    put(to->mutable_raised(), r.raised);
    to->set_press_count(r.press_count);
    if (r.news) put(to->mutable_news(), *r.news);
    for (const evidence& e : r.seen) {
        auto* seen = to->add_seen();
        seen->set_device(e.device.str());
        seen->set_signal(static_cast<std::uint32_t>(e.what));
        seen->set_value(e.value);
        put(seen->mutable_at(), e.at);
    }
    to->set_because(r.because);
    for (const press& p : from.presses) put(to->add_presses(), p);
    put(to->mutable_last_call(), from.last_call);
    to->set_call_stored(from.call_stored);
    put(to->mutable_first_cause(), from.first_cause);
    for (const asker& a : from.askers) {
        auto* asks = to->add_askers();
        asks->set_device(a.device.str());
        asks->set_boot(a.key.boot);
        asks->set_sequence(a.key.sequence);
    }
    put(to->mutable_acked(), from.acked);
    to->set_closing_code(from.closing_code);
    put(to->mutable_closed_at(), from.closed_at);
    to->set_adopted(from.adopted);
}

// Reading: an enum out of its range is damage, not a new version; versions add fields, not meanings.
class reader {
public:
    [[nodiscard]] bool sound() const noexcept { return sound_; }

    template <class Enum>
    Enum number(std::uint32_t from, Enum least, Enum most) {
        sound_ = sound_ && from >= static_cast<std::uint32_t>(least) && from <= static_cast<std::uint32_t>(most);
        return sound_ ? static_cast<Enum>(from) : least;
    }

    alarm_id id(const std::string& from) {
        const auto read = alarm_id::from_bytes(from);
        sound_ = sound_ && read.has_value();
        return read.value_or(alarm_id{});
    }

    stamp time(const journal::Stamp& from) {
        return {utc_time{std::chrono::microseconds{from.utc_us()}},
                number(from.quality(), clock_quality::unset, clock_quality::synchronised)};
    }

    static revision_number revision(const journal::Revision& from) { return {from.start(), from.n()}; }

    static cause why(const journal::Cause& from) {
        return {device_id{from.device()}, {from.boot(), from.sequence()}};
    }

    signal what(std::uint32_t from) {
        return number(from, signal::sos, static_cast<signal>(all_signals().size()));
    }

    press one_press(const journal::Press& from) {
        return {why(from.from()), what(from.signal()), time(from.at()), from.repeat()};
    }

    alarm_state alarm(const journal::Alarm& from) {
        alarm_state a;
        alarm_revision& r = a.newest;
        r.id = id(from.id());
        r.number = revision(from.number());
        r.rule = rule_id{from.rule()};
        r.title_zh = from.title_zh();
        r.title_en = from.title_en();
        r.of = number(from.alarm_class(), alarm_class::life_safety, alarm_class::technical);
        r.urgency = number(from.priority(), priority::high, priority::low);
        r.phase = number(from.phase(), alarm_phase::suspected, alarm_phase::cancelled);
        r.progress = number(from.progress(), alarm_progress::open, alarm_progress::closed);
        r.who = {number(from.subject_kind(), subject::kind::home, subject::kind::resident), from.subject_id()};
        r.room = room_id{from.room()};
        r.device = device_id{from.device()};
        r.test = from.test();
        r.unregistered = from.unregistered();
        r.raised = time(from.raised());
        r.press_count = from.press_count();
        if (from.has_news()) r.news = one_press(from.news());
        for (const auto& e : from.seen()) {
            r.seen.push_back({device_id{e.device()}, what(e.signal()), e.value(), time(e.at())});
        }
        r.because = from.because();
        for (const auto& p : from.presses()) a.presses.push_back(one_press(p));
        a.last_call = revision(from.last_call());
        a.call_stored = from.call_stored();
        a.first_cause = why(from.first_cause());
        for (const auto& k : from.askers()) a.askers.push_back({device_id{k.device()}, {k.boot(), k.sequence()}});
        a.acked = revision(from.acked());
        a.closing_code = from.closing_code();
        a.closed_at = time(from.closed_at());
        a.adopted = from.adopted();
        return a;
    }

private:
    bool sound_ = true;
};

} // namespace

std::string encode(const home_delta& delta) {
    journal::Delta row;
    row.set_complete(delta.complete);
    if (delta.start) row.set_start(*delta.start);
    for (const alarm_state& a : delta.alarms) put(row.add_alarms(), a);
    for (const alarm_id& id : delta.forgotten) row.add_forgotten(id.bytes());
    for (const outbox_entry& e : delta.queued) {
        auto* out = row.add_queued();
        out->set_alarm(e.alarm.bytes());
        put(out->mutable_revision(), e.revision);
        out->set_lane(static_cast<std::uint32_t>(e.via));
        out->set_envelope(e.envelope);
    }
    for (const auto& [id, revision] : delta.acknowledged) {
        auto* gone = row.add_acknowledged();
        gone->set_alarm(id.bytes());
        put(gone->mutable_revision(), revision);
    }
    for (const auto& [device, frame] : delta.frames) {
        auto* kept = row.add_frames();
        kept->set_device(device.str());
        kept->set_keyed(frame.key.has_value());
        if (frame.key) {
            kept->set_boot(frame.key->boot);
            kept->set_sequence(frame.key->sequence);
        }
        kept->set_content(frame.content);
        put(kept->mutable_at(), frame.at);
        kept->set_mono_ns(frame.mono_ns);
        if (frame.alarm) kept->set_alarm(frame.alarm->bytes());
    }
    for (const stranger_address& one : delta.strangers) {
        auto* kept = row.add_strangers();
        kept->set_device(one.device.str());
        kept->set_driver(one.driver);
        kept->set_address(one.address);
    }
    for (const known_standing& one : delta.standing) {
        auto* kept = row.add_standing();
        kept->set_device(one.device.str());
        kept->set_signal(static_cast<std::uint32_t>(one.what));
        if (one.degree) kept->set_degree(*one.degree);
    }
    if (delta.rules) {
        row.mutable_rules()->set_snapshot(delta.rules->snapshot);
        put(row.mutable_rules()->mutable_wall(), delta.rules->wall);
        row.mutable_rules()->set_boot_id(delta.rules->boot_id);
        row.mutable_rules()->set_mono_ns(delta.rules->mono_ns);
    }
    if (delta.restored) put(row.mutable_restored(), *delta.restored);
    row.set_restore_settled(delta.restore_settled);
    put(row.mutable_wall(), delta.wall);
    return row.SerializeAsString();
}

std::expected<home_delta, std::string> decode(std::string_view bytes) {
    journal::Delta row;
    if (!row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return std::unexpected(std::string{"the row isn't a journal record"});
    }
    reader read;
    home_delta delta;
    delta.complete = row.complete();
    if (row.has_start()) delta.start = row.start();
    for (const auto& a : row.alarms()) delta.alarms.push_back(read.alarm(a));
    for (const auto& id : row.forgotten()) delta.forgotten.push_back(read.id(id));
    for (const auto& e : row.queued()) {
        delta.queued.push_back({read.id(e.alarm()), reader::revision(e.revision()),
                                read.number(e.lane(), lane::p0, lane::p3), e.envelope()});
    }
    for (const auto& e : row.acknowledged()) {
        delta.acknowledged.emplace_back(read.id(e.alarm()), reader::revision(e.revision()));
    }
    for (const auto& f : row.frames()) {
        remembered_frame frame;
        if (f.keyed()) frame.key = frame_key{f.boot(), f.sequence()};
        frame.content = f.content();
        frame.at = read.time(f.at());
        frame.mono_ns = f.mono_ns();
        if (!f.alarm().empty()) frame.alarm = read.id(f.alarm());
        delta.frames.emplace_back(device_id{f.device()}, frame);
    }
    for (const auto& s : row.strangers()) {
        delta.strangers.push_back({device_id{s.device()}, s.driver(), s.address()});
    }
    for (const auto& s : row.standing()) {
        known_standing one{device_id{s.device()}, read.what(s.signal()), std::nullopt};
        if (s.has_degree()) one.degree = static_cast<std::uint8_t>(s.degree());
        delta.standing.push_back(std::move(one));
    }
    if (row.has_rules()) {
        delta.rules = saved_rules{row.rules().snapshot(), read.time(row.rules().wall()), row.rules().boot_id(),
                                  row.rules().mono_ns()};
    }
    if (row.has_restored()) delta.restored = read.time(row.restored());
    delta.restore_settled = row.restore_settled();
    delta.wall = read.time(row.wall());
    if (!read.sound()) return std::unexpected(std::string{"a value in the row is out of its range"});
    return delta;
}

std::string encode_events(const home_delta& delta) {
    if (delta.events.empty()) return {};
    journal::Events row;
    put(row.mutable_at(), delta.wall);
    for (const audit_event& e : delta.events) {
        auto* one = row.add_all();
        one->set_kind(static_cast<std::uint32_t>(e.what));
        if (e.alarm != alarm_id{}) one->set_alarm(e.alarm.bytes());
        one->set_device(e.device.str());
        one->set_who(e.who);
        one->set_text(e.text);
    }
    return row.SerializeAsString();
}

std::expected<audit_entry, std::string> decode_events(std::string_view bytes) {
    journal::Events row;
    if (!row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return std::unexpected(std::string{"it isn't an entry of the audit trail"});
    }
    reader read;
    audit_entry entry;
    entry.at = read.time(row.at());
    for (const auto& e : row.all()) {
        audit_event one;
        one.what = read.number(e.kind(), audit_event::kind::started, audit_event::kind::journal_mended);
        if (!e.alarm().empty()) one.alarm = read.id(e.alarm());
        one.device = device_id{e.device()};
        one.who = e.who();
        one.text = e.text();
        entry.events.push_back(std::move(one));
    }
    if (!read.sound()) return std::unexpected(std::string{"a value in it is out of its range"});
    return entry;
}

} // namespace anban::journal_record
