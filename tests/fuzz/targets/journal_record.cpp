// The bytes of one journal row.
#include "gateway/journal/record_codec.hpp"
#include "tests/fuzz/target.hpp"

namespace anban::fuzz {
namespace {

alarm_state open_alarm() {
    alarm_state a;
    a.newest.id = alarm_id{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    a.newest.number = {2, 5};
    a.newest.rule = rule_id{"sos"};
    a.newest.title_zh = "呼救";
    a.newest.title_en = "SOS";
    a.newest.who = {subject::kind::resident, "r-wang"};
    a.newest.device = device_id{"button-1"};
    a.newest.raised = {utc_time{std::chrono::seconds{1'800'000'000}}, clock_quality::restored};
    a.newest.press_count = 1;
    a.newest.news = press{{device_id{"button-1"}, {7, 3}}, signal::sos, a.newest.raised, false};
    a.newest.seen = {{device_id{"band"}, signal::heart_rate, 38.5, a.newest.raised}};
    a.newest.because = "button-1 told sos";
    return a;
}

} // namespace

void try_one(std::string_view input) {
    if (const auto trail = journal_record::decode_events(input)) {
        home_delta told;
        told.wall = trail->at;
        told.events = trail->events;
        const auto again = journal_record::decode_events(journal_record::encode_events(told));
        must(told.events.empty() || (again.has_value() && again->events == told.events), "a trail differs");
    }
    const auto read = journal_record::decode(input);
    if (!read) return must(!read.error().empty(), "refused without a word");
    const std::string bytes = journal_record::encode(*read);
    const auto again = journal_record::decode(bytes);
    must(again.has_value(), "what was written can't be read");
    must(journal_record::encode(*again) == bytes, "written again it differs");
    home_state once;
    once.apply(*read);
    home_state twice = once;
    twice.apply(*read);
    must(journal_record::encode(once.whole()) == journal_record::encode(twice.whole()),
         "applied twice it does harm");
    home_state rebuilt;
    rebuilt.apply(once.whole());
    must(journal_record::encode(rebuilt.whole()) == journal_record::encode(once.whole()),
         "a snapshot doesn't rebuild the state");
}

std::vector<std::string> seeds() {
    const alarm_state alarm = open_alarm();
    const stamp at = alarm.newest.raised;
    home_delta press;
    press.alarms = {alarm};
    press.queued = {{alarm.newest.id, {2, 5}, lane::p0, "envelope"}};
    press.frames = {{device_id{"button-1"}, {frame_key{7, 3}, 99, at, 1'000'000, alarm.newest.id}},
                    {device_id{"wall"}, {std::nullopt, 42, at, 2'000'000, std::nullopt}}};
    press.wall = at;
    home_delta rest;
    rest.start = 4;
    rest.complete = true;
    rest.acknowledged = {{alarm.newest.id, {2, 5}}};
    rest.forgotten = {alarm.newest.id};
    rest.strangers = {{device_id{"x"}, "zigbee2mqtt", "客厅/x"}};
    rest.standing = {{device_id{"wall"}, signal::fall, 2}, {device_id{"wall"}, signal::sos, std::nullopt}};
    rest.rules = saved_rules{"snapshot", at, 7, 5};
    rest.events = {{audit_event::kind::shelved, alarm.newest.id, device_id{"d"}, "li", "bradycardia"}};
    return {journal_record::encode(press), journal_record::encode(rest), journal_record::encode_events(rest)};
}

} // namespace anban::fuzz
