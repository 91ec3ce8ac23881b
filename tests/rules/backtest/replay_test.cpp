#include "rules/backtest/replay.hpp"

#include <doctest/doctest.h>

#include "rules/backtest/timeline.hpp"
#include "rules/language/pack.hpp"

using namespace anban;
using namespace std::chrono_literals;

namespace {

constexpr utc_time midnight{std::chrono::sys_days{std::chrono::year{2026} / 11 / 1}};

[[nodiscard]] language::effective_rules rules_of(const char* text, installation& where) {
    auto pack = language::read_pack(text, "t.rules");
    if (!pack) FAIL(pack.error().front().in_words());
    for (auto& plan : where.plans) plan.packs = {pack->name};
    return language::lay_plans({*pack}, where);
}

[[nodiscard]] recording one_home() {
    recording r;
    r.name = "home";
    r.where.plans.emplace_back().who = resident_id{"r-wang"};
    r.where.devices.push_back(
        {.id = device_id{"band"}, .who = {subject::kind::resident, "r-wang"}, .room = {}, .reports_every = 1h});
    r.where.devices.push_back(
        {.id = device_id{"pir"}, .who = {}, .room = room_id{"kitchen"}, .reports_every = 25h});
    return r;
}

void say(recording& r, std::chrono::nanoseconds after, signal what, double value, std::uint16_t device = 0) {
    r.samples.push_back({.at = midnight + std::chrono::duration_cast<std::chrono::microseconds>(after),
                         .device = device,
                         .what = what,
                         .value = value});
}

constexpr const char* slow = "pack p\nalarm slow \"慢\" \"Slow\" {\n class suspected\n"
                             " when heart_rate < 40 bpm for 60 s\n clear heart_rate > 45 bpm\n}\n";

} // namespace

TEST_CASE("an alarm of the past has its beginning, its end and what was seen [backtest-1]") {
    recording r = one_home();
    say(r, 10min, signal::heart_rate, 38);
    say(r, 20min, signal::heart_rate, 37);
    say(r, 24min, signal::heart_rate, 60);
    const auto rules = rules_of(slow, r.where);
    const story told = replay(r, rules);
    REQUIRE(told.episodes.size() == 1);
    const episode& e = told.episodes.front();
    CHECK(e.rule == rule_id{"slow"});
    CHECK(e.began == midnight + 11min);
    REQUIRE(e.over.has_value());
    CHECK(*e.over == midnight + 24min);
    CHECK(e.title_zh == "慢");
    CHECK(told.readings == 3);
}

TEST_CASE("a person closes each alarm, and what goes on calls anew [backtest-2]") {
    recording r = one_home();
    for (int minute = 0; minute <= 40; ++minute) say(r, std::chrono::minutes{minute}, signal::heart_rate, 38);
    const auto rules = rules_of(slow, r.where);
    const story told = replay(r, rules);
    // Began at 1 min, closed at 16; 60 s anew, told with the deadline at 17; closed at 32; again at 33.
    REQUIRE(told.episodes.size() == 3);
    CHECK(told.episodes[0].began == midnight + 1min);
    CHECK(told.episodes[1].began == midnight + 17min);
    CHECK(told.episodes[2].began == midnight + 33min);
    replay_options never;
    never.closed_after = 24h;
    CHECK(replay(r, rules, never).episodes.size() == 1);
}

TEST_CASE("a fall is one alarm, suspected and confirmed [backtest-1]") {
    recording r = one_home();
    say(r, 1min, signal::fall, 1);
    say(r, 1min + 5s, signal::fall, 1);
    say(r, 5min, signal::heart_rate, 70);
    const auto rules = rules_of(slow, r.where);
    const story told = replay(r, rules);
    REQUIRE(told.episodes.size() == 1);
    CHECK(told.episodes[0].rule == rule_id{"fall"});
    CHECK(told.episodes[0].confirmed);
    CHECK(told.episodes[0].calls == 2);
}

TEST_CASE("alarms are counted by rule and local day [backtest-3]") {
    recording r = one_home();
    r.where.zone = china_zone();
    say(r, 15h, signal::sos, 1); // 23:00 in China
    say(r, 15h + 30min, signal::sos, 1);
    say(r, 17h, signal::sos, 1); // the next day there
    const auto rules = rules_of(slow, r.where);
    const auto rows = by_rule_and_day(replay(r, rules));
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].episodes == 2);
    CHECK(rows[1].episodes == 1);
    CHECK(rows[1].day == rows[0].day + 1);
}

TEST_CASE("two packs are told apart by what only one of them calls [backtest-4]") {
    recording r = one_home();
    say(r, 10min, signal::heart_rate, 38);
    say(r, 15min, signal::heart_rate, 60);
    say(r, 2h, signal::heart_rate, 44);
    say(r, 2h + 5min, signal::heart_rate, 60);
    const auto before = replay(r, rules_of(slow, r.where));
    const std::string higher = std::string{slow}.replace(std::string{slow}.find("40 bpm"), 2, "45");
    const auto now = replay(r, rules_of(higher.c_str(), r.where));
    const auto told = compare(now, before);
    CHECK(told.both.size() == 1);
    CHECK(told.only_old.empty());
    REQUIRE(told.only_new.size() == 1);
    CHECK(told.only_new[0].began == midnight + 2h + 1min);
}

TEST_CASE("how a rule stood at a moment of the past can be asked [backtest-5]") {
    recording r = one_home();
    say(r, 10min, signal::heart_rate, 38);
    say(r, 24min, signal::heart_rate, 60);
    const auto rules = rules_of(slow, r.where);
    const auto early = standing_at(r, rules, midnight + 10min + 30s, rule_id{"slow"});
    REQUIRE(early.views.size() == 1);
    CHECK_FALSE(early.views[0].active);
    REQUIRE(early.views[0].nodes.size() == 2);
    CHECK(early.views[0].nodes[0].is == truth::yes);
    CHECK(early.views[0].nodes[1].is == truth::no);
    CHECK(early.zero + std::chrono::duration_cast<std::chrono::microseconds>(
                           early.views[0].nodes[0].since.time_since_epoch()) ==
          midnight + 10min);
    CHECK(standing_at(r, rules, midnight + 12min, rule_id{"slow"}).views.at(0).active);
    // Heard last at 24 min, and due every hour: from 84 min on nobody knows.
    CHECK(standing_at(r, rules, midnight + 90min, rule_id{"slow"}).views.at(0).nodes.at(0).is == truth::unknown);
    CHECK(standing_at(r, rules, midnight + 90min, rule_id{"nothing"}).views.empty());
}

TEST_CASE("how a rule stood when it last began, though a moment later it was over [backtest-7]") {
    recording r = one_home();
    say(r, 10min, signal::heart_rate, 38);
    say(r, 12min, signal::heart_rate, 60);
    say(r, 30min, signal::heart_rate, 37);
    say(r, 31min + 1s, signal::heart_rate, 60);
    say(r, 50min, signal::heart_rate, 36);
    const auto rules = rules_of(slow, r.where);
    const subject wang{subject::kind::resident, "r-wang"};
    const auto begun = [&](std::chrono::nanoseconds from, std::chrono::nanoseconds to) {
        return standing_when_begun(
            r, rules, midnight + std::chrono::duration_cast<std::chrono::microseconds>(from),
            midnight + std::chrono::duration_cast<std::chrono::microseconds>(to), rule_id{"slow"}, wang);
    };
    const auto first = begun(5min, 20min);
    REQUIRE(first);
    CHECK(first->at == midnight + 11min);
    REQUIRE(first->views.size() == 1);
    CHECK(first->views[0].nodes[0].is == truth::yes);
    CHECK(first->views[0].nodes[0].value == 38);
    CHECK(first->views[0].nodes[1].is == truth::yes);
    const auto last = begun(5min, 40min);
    REQUIRE(last);
    CHECK(last->at == midnight + 31min);
    CHECK(last->views[0].nodes[0].value == 37);
    CHECK_FALSE(begun(12min, 30min)); // it didn't begin there
    CHECK_FALSE(begun(50min, 50min + 59s));
    CHECK(begun(50min, 52min)); // behind the last reading
    // Nothing more was heard for an hour, when it is unknown. It was closed at 66, 82 and 98 min and began again a
    // minute later each time, the last time so:
    say(r, 4h, signal::heart_rate, 60);
    const auto silent = begun(50min, 5h);
    REQUIRE(silent);
    CHECK(silent->at == midnight + 99min);
    CHECK(silent->views[0].nodes[0].is == truth::yes);
    CHECK(silent->views[0].nodes[0].value == 36);
}

TEST_CASE("progress is told up to the end") {
    recording r = one_home();
    for (int i = 0; i < 1000; ++i) say(r, std::chrono::seconds{i}, signal::motion, i % 2, 1);
    std::vector<double> told;
    replay_options how;
    how.progress = [&](double part) { told.push_back(part); };
    (void)replay(r, rules_of(slow, r.where), how);
    REQUIRE(told.size() == 100);
    CHECK(told.back() == 1.0);
}

TEST_CASE("the picture has a row a room and a rule, and its text is harmless [backtest-6]") {
    recording r = one_home();
    r.name = "a <b> & \"c\"";
    say(r, 1min, signal::motion, 1, 1);
    say(r, 10min, signal::heart_rate, 38);
    say(r, 26h, signal::heart_rate, 60);
    const auto rules = rules_of(slow, r.where);
    const story told = replay(r, rules);
    const std::string svg = timeline_svg(r, told, picture_language::zh);
    CHECK(svg.starts_with("<svg "));
    CHECK(svg.ends_with("</svg>\n"));
    CHECK(svg.find("a &lt;b&gt; &amp; &quot;c&quot;") != std::string::npos);
    CHECK(svg.find(">kitchen<") != std::string::npos);
    CHECK(svg.find(">慢<") != std::string::npos);
    CHECK(svg.find("<b>") == std::string::npos);
    CHECK(timeline_svg(r, told, picture_language::en).find(">Slow<") != std::string::npos);
}
