// A threshold of a pack, through the real programs: the band's reading, the time it must hold, the alarm at the
// centre, and its clearing, which ends nothing.
#include <doctest/doctest.h>

#include "tests/acceptance/scene.hpp"

using namespace anban::acceptance;

namespace {

// As packs/cardiac.rules, with seconds for minutes.
constexpr const char* quick_pack = R"(pack quick "测试"

alarm bradycardia "心率过低" "Heart rate low" {
  class suspected
  param low = 40 bpm in 30 bpm .. 60 bpm
  when  heart_rate < low for 2 s
  clear heart_rate > low + 5 bpm for 1 s
}
)";

bool is_low_heart_rate(const json::value& alarm) {
    return text_of(alarm, "rule") == "bradycardia";
}

} // namespace

TEST_CASE("a heart rate that stays low alarms; recovered, it is cleared and open until a person ends it "
          "[rules-4] [rules-9]") {
    auto plan = anban::stage::usual_home();
    plan.packs = {{"quick.rules", quick_pack}};
    plan.residents = {{"r-wang", "quick"}, {"r-li", ""}};
    scene s(plan);
    auto& home = s.district.home;
    const auto now_of = [&](const json::value& alarm) { return s.detail(alarm); };

    // Low for less than its time is nothing.
    home.play("vitals band-1 heart_rate=38");
    std::this_thread::sleep_for(500ms);
    home.play("vitals band-1 heart_rate=72");
    std::this_thread::sleep_for(2500ms);
    CHECK(s.alarms().empty());

    const auto from = home.seen.size();
    home.play("vitals band-1 heart_rate=38");
    INFO(s.logs());
    REQUIRE(home.seen.wait_for([](const json::value& e) { return text_of(e, "event") == "reading"; }, 5s, from));
    CHECK_FALSE(s.alarm(is_low_heart_rate, 1500ms));
    const auto alarm = s.alarm(is_low_heart_rate, 10s);
    REQUIRE(alarm);
    CHECK(text_of(*alarm, "class") == "suspected");
    CHECK(text_of(*alarm, "lane") == "p1");
    CHECK(text_of(*alarm, "subject") == "resident/r-wang");
    CHECK(text_of(*alarm, "phase") == "active");
    CHECK(eventually([&] { return now_of(*alarm).at("stored") == json::value(true); }, 10s));

    // Above the limit, but not by its margin: still the same matter.
    home.play("vitals band-1 heart_rate=43");
    std::this_thread::sleep_for(2s);
    CHECK(text_of(now_of(*alarm), "phase") == "active");

    home.play("vitals band-1 heart_rate=60");
    CHECK(eventually([&] { return text_of(now_of(*alarm), "phase") == "cleared"; }, 10s));
    CHECK(text_of(now_of(*alarm), "state") == "open");
    std::this_thread::sleep_for(1s);
    CHECK(text_of(now_of(*alarm), "state") == "open");

    REQUIRE(s.act(*alarm, "take").status == 200);
    CHECK(s.act(*alarm, "close", {{"code", "sudden_illness"}, {"note", "送医"}}).status == 200);
    CHECK(text_of(now_of(*alarm), "state") == "closed");
    CHECK(s.alarms().size() == 1);
}
