// How a rule stood, or stands, as a person reads it.
#include <doctest/doctest.h>

#include "gateway/cli/rules/home.hpp"
#include "gateway/cli/rules/render_past.hpp"
#include "gateway/cli/rules/standing.hpp"
#include "gateway/recordings/readings_file.hpp"
#include "rules/language/pack.hpp"
#include "rules/local_time.hpp"
#include "rules/wall_text.hpp"
#include "tests/gateway/cli/rules/paper.hpp"
#include "tests/gateway/config/home_directory.hpp"

using namespace anban;
using namespace anban::cli;
using anban::cli::testing::paper;
using anban::test::home_directory;
using namespace std::chrono_literals;

namespace {

constexpr const char* pack_text = R"(pack p
alarm long_bathroom "卫生间停留过久" "In the bathroom for long" {
  class suspected
  when  ((last motion in bathroom and own bed_occupied is false) for 4 h) and during 08:00..22:00
}
alarm gain "体重增加" "Weight rises" {
  class suspected
  when  rate of weight over 3 d > 0.7 kg/d
}
)";

// At 2026-11-22 12:00 in Shanghai; the engine's clock began at 00:00.
const utc_time zero{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 16h};
const utc_time noon = zero + 12h;

language::alarm_rule rule_named(const char* name) {
    const auto read = language::read_pack(pack_text, "p.rules");
    REQUIRE(read);
    for (const auto& r : read->rules) {
        if (r.id == rule_id{name}) return r;
    }
    FAIL("no such rule");
    return {};
}

installation home_with_bathroom(bool with_mat) {
    installation where;
    where.plans.emplace_back().who = resident_id{"r-wang"};
    where.zone = china_zone();
    installed_device& pir = where.devices.emplace_back();
    pir.id = device_id{"pir-bath"};
    pir.room = room_id{"bathroom"};
    pir.provides = {signal::motion};
    if (!with_mat) return where;
    installed_device& mat = where.devices.emplace_back();
    mat.id = device_id{"mat-1"};
    mat.who = {subject::kind::resident, "r-wang"};
    mat.provides = {signal::bed_occupied};
    return where;
}

// The nodes of long_bathroom in the order of the tree: children first.
rule_view nearly(const language::alarm_rule& r) {
    rule_view v;
    v.rule = r.id;
    v.who = {subject::kind::resident, "r-wang"};
    for (std::size_t i = 0; i < r.when.nodes.size(); ++i) v.nodes.push_back({.node = i});
    v.nodes.at(0) = {.node = 0, .is = truth::yes, .since = mono_time{9h}};
    v.nodes.at(1) = {.node = 1, .is = truth::yes, .since = mono_time{8h}};
    v.nodes.at(2) = {.node = 2, .is = truth::yes, .since = mono_time{9h}};
    v.nodes.at(3) = {.node = 3, .is = truth::no, .since = mono_time{9h}, .deadline = mono_time{13h}};
    v.nodes.at(4) = {.node = 4, .is = truth::yes, .since = mono_time{8h}};
    return v;
}

} // namespace

TEST_CASE("a rule that nearly fired says what is met since when, and when it could call [cli-13]") {
    const auto rule = rule_named("long_bathroom");
    const paper zh{false, true}, en;
    const auto where = home_with_bathroom(true);
    const std::string said = render_standing(en.t, nearly(rule), rule, where, zero, noon);
    CAPTURE(said);
    CHECK(said.contains("long_bathroom In the bathroom for long  r-wang  at rest"));
    CHECK(said.contains("✗ no  (last motion in bathroom and own bed_occupied is false) for 4 h  since 2026-11-22 "
                        "09:00:00 (3 h)  earliest 2026-11-22 13:00:00 (in 1 h)"));
    CHECK(said.contains("✓ yes  last motion in bathroom  since 2026-11-22 09:00:00 (3 h)"));
    const std::string chinese = render_standing(zh.t, nearly(rule), rule, where, zero, noon);
    CAPTURE(chinese);
    CHECK(chinese.contains("long_bathroom 卫生间停留过久  r-wang  平静"));
    CHECK(chinese.contains("最早 2026-11-22 13:00:00 (还差 1 小时)"));
    // Each condition under the one that it belongs to: the whole first.
    CHECK(said.find("and during 08:00..22:00") < said.find("  ✗ no"));
}

TEST_CASE("what is missing is told: a device that is silent, and one that isn't there [cli-13]") {
    const auto rule = rule_named("long_bathroom");
    auto view = nearly(rule);
    view.nodes.at(1) = {.node = 1, .lacks = "own bed_occupied", .lacks_zh = "own bed_occupied"};
    view.nodes.at(4) = {.node = 4, .lacks = "synchronised time", .lacks_zh = "同步的时钟"};
    const paper zh{false, true}, en;
    const auto with = render_standing(en.t, view, rule, home_with_bathroom(true), zero, noon);
    CHECK(with.contains("? unknown  own bed_occupied is false  not heard: own bed_occupied"));
    CHECK(with.contains("lacking: synchronised time"));
    CHECK(render_standing(en.t, view, rule, home_with_bathroom(false), zero, noon)
              .contains("no device here gives own bed_occupied"));
    const auto chinese = render_standing(zh.t, view, rule, home_with_bathroom(true), zero, noon);
    CHECK(chinese.contains("没有收到 own bed_occupied"));
    CHECK(chinese.contains("缺少：同步的时钟"));
    CHECK(render_standing(zh.t, view, rule, home_with_bathroom(false), zero, noon)
              .contains("这一家没有提供 own bed_occupied 的设备"));
}

TEST_CASE("what holds a rule down is told with its reason, and can't write on the terminal [cli-4] [cli-13]") {
    const auto rule = rule_named("long_bathroom");
    auto view = nearly(rule);
    const paper zh{false, true}, en;
    const auto said = [&](const paper& p) {
        return render_standing(p.t, view, rule, home_with_bathroom(true), zero, noon);
    };
    view.held = held_reason::shelved;
    view.held_by = "zhang: being\x1b[2J washed";
    CHECK(said(en).contains("shelved by zhang: being\\x1b[2J washed"));
    CHECK(said(zh).contains("已搁置：zhang"));
    view.held = held_reason::inhibited;
    view.held_by = "no_activity";
    CHECK(said(en).contains("held down at the moment by no_activity"));
    CHECK(said(zh).contains("此刻被另一条规则压住：no_activity"));
    view.active = true;
    CHECK(said(en).contains("true: it has called"));
    const auto o = as_json(view, rule.when, zero);
    CHECK(o.at("held").as_string() == "inhibited");
    CHECK(o.at("conditions").as_array().at(3).as_object().at("earliest").as_string() ==
          "2026-11-22T05:00:00.000Z");
}

TEST_CASE("values are told with their unit [cli-13]") {
    const auto rule = rule_named("gain");
    rule_view view;
    view.rule = rule.id;
    view.who = {subject::kind::resident, "r-wang"};
    view.nodes.push_back({.node = 0, .is = truth::no, .since = mono_time{1h}, .value = 0.51234});
    const paper en;
    CHECK(render_standing(en.t, view, rule, home_with_bathroom(true), zero, noon).contains("= 0.51 kg/d"));
}

TEST_CASE("why-not plays the past again from what was kept, and says what doesn't fit [cli-13]") {
    home_directory dir;
    dir.furnish();
    dir.put("rules/living-alone.rules", R"(pack living-alone
alarm slow "心率过低" "Heart rate low" {
  class suspected
  when  heart_rate < 40 bpm for 10 min
}
)");
    dir.put("devices.toml", std::string{test::devices_text} + R"(
[[device]]
id = "band-1"
driver = "native"
address = "band-1"
role = "vitals_band"
owner = "r-wang"
)");
    std::filesystem::create_directories(dir.path() / "journal");
    const auto loaded = load_home_rules(dir.path());
    REQUIRE(loaded);
    // As the box's own zone has it.
    const auto local = [&](std::chrono::seconds after) { return wall_text(loaded->where.zone, noon + after); };
    {
        const auto file = readings_file::open(dir.path() / "journal", 1min, [](std::string) {});
        REQUIRE(file);
        for (const auto& [after, value] : {std::pair{0s, 60.0}, std::pair{600s, 35.0}, std::pair{900s, 36.0}}) {
            reading r;
            r.what = signal::heart_rate;
            r.value = value;
            r.from.device = device_id{"band-1"};
            r.who = {subject::kind::resident, "r-wang"};
            r.wall = {noon + after, clock_quality::synchronised};
            (*file)->append(r);
        }
    }
    const auto asked = [&](const paper& p, const char* rule, const char* who, const std::string& at) {
        return run_why_not(p.t, dir.path(), rule, who, at);
    };
    SUBCASE("nearly") {
        const paper en, zh{false, true};
        CHECK(asked(en, "slow", "r-wang", local(960s)) == exit_code::ok);
        CHECK(en.says("at rest"));
        CHECK(en.says("= 36 bpm"));
        CHECK(en.says("earliest " + local(1200s) + " (in 4 min)"));
        CHECK(en.says("by readings up to " + local(900s)));
        CHECK(asked(zh, "slow", "", local(1500s)) == exit_code::ok);
        CHECK(zh.says("成立，已报警"));
    }
    SUBCASE("nothing was heard") {
        const paper en;
        CHECK(asked(en, "slow", "r-wang", "2026-11-01 12:16") == exit_code::ok);
        CHECK(en.says("nothing was heard in the 31 days before"));
    }
    SUBCASE("another rule, another resident, another time") {
        const paper a, b, c, d;
        CHECK(asked(a, "slwo", "r-wang", "") == exit_code::refused);
        CHECK(a.says("did you mean slow?"));
        CHECK(asked(b, "slow", "r-who", "") == exit_code::refused);
        CHECK(b.says("it runs for: r-wang"));
        CHECK(asked(c, "slow", "r-wang", "noon") == exit_code::usage);
        CHECK(asked(d, "sos", "", "") == exit_code::ok);
        CHECK(d.says("each press calls"));
    }
}
