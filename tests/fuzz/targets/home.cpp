// What the home broker and the centre say to the gateway, in any order: messages of any topic and payload go
// through the drivers into the core, what the centre sends into it as well, with commits, crashes and time between
// them.
#include "gateway/daemon/downlinks.hpp"
#include "gateway/ingest/ingest.hpp"
#include "gateway/journal/record_codec.hpp"
#include "native.pb.h"
#include "rules/language/pack.hpp"
#include "rules/limits.hpp"
#include "tests/fuzz/home_folder.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/gateway/home/world.hpp"

namespace anban::fuzz {
namespace {

enum step : std::uint8_t { message, retained, commit, pass, crash, acknowledge, downlink, last };

rule_packs packs() {
    static const auto pack = language::read_pack(night_pack, "night.rules");
    must(pack.has_value(), "the target's own pack");
    return {.packs = {*pack}, .zone = china_zone()};
}

house one_home() {
    house h = test::small_home();
    h.residents.front().packs = {"night"};
    return h;
}

class gateway {
public:
    void play(std::string_view input) {
        constexpr std::size_t most_steps = 64;
        parts in{input};
        for (std::size_t n = 0; n < most_steps && !in.at_end(); ++n) one(in);
        see(world_.commit());
        weigh();
    }

private:
    void one(parts& in) {
        switch (const auto what = static_cast<step>(in.byte() % last)) {
        case message:
        case retained: hear(in, what == retained); break;
        case commit: see(world_.commit()); break;
        case pass: {
            const std::chrono::milliseconds quanta{in.two()};
            world_.pass(quanta * (1 + in.byte()));
            see(world_.tell(tick{}));
            break;
        }
        case crash:
            world_.crash();
            world_.boot();
            see(world_.tell(tick{}));
            break;
        case acknowledge:
            if (!delivered_.empty()) see(world_.acknowledge(delivered_[in.byte() % delivered_.size()]));
            break;
        default: {
            const auto read = judge_downlink(in.sized(in.two()), world_.core().as_installed().gateway);
            if (read) see(world_.tell(*read));
            break;
        }
        }
    }

    void hear(parts& in, bool kept) {
        const std::string topic{in.until('\n')};
        const auto payload = in.sized(in.two());
        auto judged = judge_message({topic, payload, kept, 1}, world_.now());
        if (!judged) return;
        if (auto* frame = std::get_if<heard>(&*judged)) {
            must(!frame->driver.empty() && !frame->address.empty(), "a frame of nobody");
            must(frame->history == kept, "history that is told as news, or news as history");
            frame->token = ++token_;
        } else {
            auto& bad = std::get<unreadable>(*judged);
            must(!bad.why.en.empty(), "unreadable without a word");
            bad.token = ++token_;
        }
        const outputs out = world_.tell(*judged);
        see(out);
        const auto released = test::all<release>(out);
        const bool writes = !test::all<write_record>(out).empty();
        must(released.size() <= 1 && (writes || !released.empty()), "a callback that nobody will ever release");
    }

    void see(const outputs& out) {
        for (const output& o : out) {
            if (const auto* d = std::get_if<deliver>(&o)) {
                must(d->envelope.size() <= limits::envelope_bytes, "an envelope beyond its bound");
                const auto read = wire::decode(d->envelope);
                must(read.has_value() && read->via == d->via, "what is sent can't be read");
                const auto& alarm = std::get<alarm_revision>(read->what);
                must(alarm.id == d->alarm && alarm.number == d->revision, "an envelope of another revision");
                delivered_.push_back(*d);
            } else if (const auto* w = std::get_if<write_record>(&o)) {
                const std::string bytes = journal_record::encode(w->delta);
                must(w->delta.complete || bytes.size() <= limits::journal_record_bytes,
                     "a record beyond its bound");
                auto again = journal_record::decode(bytes);
                must(again.has_value(), "a record that can't be read again");
                again->events = w->delta.events; // a column of their own
                must(*again == w->delta, "a record that comes back as another");
                if (w->delta.events.empty()) continue;
                const auto trail = journal_record::decode_events(journal_record::encode_events(w->delta));
                must(trail.has_value() && trail->events == w->delta.events, "a trail that comes back as another");
            }
        }
    }

    void weigh() {
        const home_state& s = world_.core().state();
        must(s.strangers.size() <= limits::strangers, "strangers unbounded");
        must(s.outbox.size() <= limits::outbox_entries, "the outbox unbounded");
        must(world_.core().faults().size() <= limits::faults, "faults unbounded");
        for (const auto& [id, frames] : s.frames)
            must(frames.size() <= limits::remembered_frames_per_device, "frames unbounded");
        must(journal_record::encode(world_.disk().whole()) == journal_record::encode(s.whole()),
             "the disk has another state than the core");
    }

    test::world world_{one_home(), packs()};
    std::vector<deliver> delivered_;
    wait_token token_ = 0;
};

std::string two(std::size_t n) {
    return {static_cast<char>(n & 0xffU), static_cast<char>(n >> 8U)};
}
std::string say(std::string_view topic, std::string_view payload, step how = message) {
    return std::string(1, static_cast<char>(how)) + std::string{topic} + "\n" + two(payload.size()) +
           std::string{payload};
}
std::string native_says(const char* device, native::Signal what, std::int32_t milli, std::uint32_t sequence) {
    native::Frame f;
    f.set_device(device);
    f.set_boot(0x0000000700000001);
    f.set_sequence(sequence);
    native::Observation& o = *f.add_observations();
    o.set_signal(what);
    o.set_value_milli(milli);
    const bool event = facts_of(static_cast<signal>(what)).kind == signal_kind::momentary;
    return say(std::string{"anban/dev/"} + device + (event ? "/alarm" : "/reading"), f.SerializeAsString());
}
std::string later(std::chrono::milliseconds each, unsigned times) {
    return std::string(1, static_cast<char>(pass)) + two(static_cast<std::size_t>(each.count())) +
           static_cast<char>(times - 1);
}
std::string only(step s, unsigned char which = 0) {
    return s == acknowledge ? std::string{static_cast<char>(s), static_cast<char>(which)}
                            : std::string(1, static_cast<char>(s));
}
std::string from_centre(decltype(wire::downlink::what) what) {
    const stamp at{utc_time{std::chrono::seconds{1'800'000'000}}, clock_quality::synchronised};
    const std::string bytes = wire::encode(wire::downlink{gateway_id{"gw-1"}, at, 1, std::move(what)});
    return std::string(1, static_cast<char>(downlink)) + two(bytes.size()) + bytes;
}

} // namespace

void try_one(std::string_view input) {
    gateway{}.play(input);
}

std::vector<std::string> seeds() {
    const alarm_id id{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    const std::string press = native_says("button-1", native::SOS, 1000, 3);
    return {press + only(commit) + press + only(acknowledge) + only(commit),
            native_says("fall-1", native::FALL, 1000, 1) + later(std::chrono::milliseconds{1000}, 21) +
                native_says("fall-1", native::CANCEL, 1000, 2) + only(crash) + only(commit),
            say("zigbee2mqtt/SOS", R"({"action":"emergency","battery":80})") + only(crash) +
                say("zigbee2mqtt/SOS", R"({"action":"emergency","battery":80})") + only(commit),
            say("zigbee2mqtt/SOS", R"({"action":"emergency"})", retained) +
                say("zigbee2mqtt/stranger", R"({"sos":true,"fall_status":"falling"})") + only(commit),
            native_says("button-1", native::HEART_RATE, 38'000, 4) + later(std::chrono::milliseconds{1000}, 61) +
                native_says("button-1", native::HEART_RATE, 60'000, 5) + only(commit),
            press + only(commit) + from_centre(wire::ack{id, {1, 1}, 7, {}, 60}) +
                from_centre(wire::nack{id, {1, 1}, wire::nack_reason::unknown_alarm, 0, "?"}) +
                from_centre(wire::receipt{id, alarm_progress::taken, {1, 1}, {}, "", false}) +
                from_centre(wire::receipt{id, alarm_progress::closed, {1, 1}, {}, "test", false}),
            say("anban/dev/button-1/alarm", "garbage") + say("home/lights", "on") +
                later(std::chrono::milliseconds{60000}, 255)};
}

} // namespace anban::fuzz
