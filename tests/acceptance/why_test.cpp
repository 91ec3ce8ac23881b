// `anban why` and `anban why-not` on a home that runs, as a technician reads them, in both languages.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "native.pb.h"
#include "tests/acceptance/scene.hpp"

using namespace anban::acceptance;

namespace {

// Seconds for minutes, so that a test needn't wait for them.
constexpr const char* quick_pack = R"(pack quick "测试"

alarm bradycardia "心率过低" "Heart rate low" {
  class suspected
  param low = 40 bpm in 30 bpm .. 60 bpm
  when  heart_rate < low for 2 s
  clear heart_rate > low + 5 bpm for 1 s
}

alarm weak "心率偏低" "Heart rate lowish" {
  class suspected
  when  heart_rate < 50 bpm for 3 s
  inhibited by bradycardia
}

alarm low_oxygen "血氧低" "Oxygen low" {
  class suspected
  when  spo2 < 90 % for 1 h
}

alarm fast_breath "呼吸急促" "Breathing fast" {
  class suspected
  when  respiration > 30 /min
}

alarm long_bathroom "卫生间停留过久" "In the bathroom for long" {
  class suspected
  when  last motion in bathroom for 4 h
}
)";

anban::stage::home_plan home_with_rules() {
    auto plan = anban::stage::usual_home();
    plan.packs = {{"quick.rules", quick_pack}};
    plan.residents = {{"r-wang", "quick"}, {"r-li", "quick"}};
    plan.devices.push_back({"band-2", "native", "vitals_band", "", "", "r-li"});
    return plan;
}

struct told_rule {
    scene& s;

    // What a person reads who types this.
    [[nodiscard]] std::string read(const char* language, std::vector<std::string> words) const {
        std::vector<std::string> all{"anban", "--home", s.district.home.folder().string(), "--lang", language};
        all.insert(all.end(), words.begin(), words.end());
        const auto done = anban::stage::run(all);
        return done.out + done.err;
    }
    [[nodiscard]] bool says(const char* language, std::vector<std::string> words,
                            const std::vector<std::string>& parts) const {
        const auto text = read(language, std::move(words));
        bool all = true;
        for (const auto& part : parts) {
            INFO(text);
            CHECK_MESSAGE(text.contains(part), part);
            all = all && text.contains(part);
        }
        return all;
    }
};

std::optional<json::value> alarm_of(scene& s, std::string_view rule) {
    return s.alarm([&](const json::value& a) { return text_of(a, "rule") == rule; }, 20s);
}

// A frame of band-2 with something that it measured a while ago.
std::string late_frame(std::uint32_t age_ms) {
    anban::native::Frame f;
    f.set_device("band-2");
    f.set_boot(0x1'0000'0001);
    f.set_sequence(1);
    f.set_uptime_ms(600'000);
    auto* o = f.add_observations();
    o->set_signal(anban::native::RESPIRATION);
    o->set_value_milli(34'000);
    o->set_age_ms(age_ms);
    return f.SerializeAsString();
}

} // namespace

TEST_CASE("why and why-not say what a rule saw, what it lacks and what keeps it down [cli-12] [cli-13]") {
    scene s(home_with_rules());
    auto& home = s.district.home;
    const told_rule t{s};

    int status = 0;
    home.tell({"rules", "shelve", "fast_breath", "r-wang", "--by", "zhang", "--reason", "panting after stairs",
               "--for", "1h"},
              &status);
    REQUIRE(status == 0);
    home.play("vitals band-1 heart_rate=38 spo2=86 respiration=34");

    const auto slow = alarm_of(s, "bradycardia");
    REQUIRE(slow);
    // At once after it, though what it rests on is written a moment later.
    const auto id = text_of(*slow, "id").substr(0, 8);
    CHECK(t.says("en", {"why", id},
                 {"Heart rate low", "evidence", "band-1  heart rate 38 bpm",
                  "✓ yes  heart_rate < 40 bpm for 2 s  since ", "✓ yes  heart_rate < 40 bpm  = 38 bpm  since ",
                  "so it stood at "}));
    CHECK(t.says("zh", {"why", id}, {"心率过低", "依据", "✓ 是  heart_rate < 40 bpm for 2 s  自 ", "成立于 "}));
    CHECK(json::serialize(home.tell({"why", id})).contains(R"("begins_again":true)"));

    // One that fires, one held down by it, one that needs an hour yet, one on a shelf, one without a device.
    CHECK(t.says("en", {"why-not", "bradycardia", "r-wang"}, {"r-wang  true: it has called"}));
    CHECK(t.says("en", {"why-not", "weak", "r-wang"}, {"held down at the moment by bradycardia", "= 38 bpm"}));
    CHECK(t.says("zh", {"why-not", "weak", "r-wang"}, {"此刻被另一条规则压住：bradycardia"}));
    CHECK(
        t.says("en", {"why-not", "low_oxygen", "r-wang"},
               {"at rest", "✗ no  spo2 < 90 % for 1 h", "  earliest ", "= 86 %", "as anband judges it just now"}));
    CHECK(t.says("zh", {"why-not", "low_oxygen"}, {"r-wang  平静", "还差 ", "r-li  平静", "没有收到 spo2"}));
    CHECK(t.says("en", {"why-not", "fast_breath", "r-wang"},
                 {"shelved by zhang: panting after stairs", "✓ yes  respiration > 30 /min  = 34 /min"}));
    CHECK(t.says("zh", {"why-not", "fast_breath", "r-wang"}, {"已搁置：zhang: panting after stairs"}));
    CHECK(t.says("en", {"why-not", "long_bathroom", "r-wang"}, {"no device here gives motion"}));
    CHECK(t.says("zh", {"why-not", "long_bathroom", "r-wang"}, {"这一家没有提供 motion 的设备"}));
    CHECK(t.says("en", {"why-not", "sos"}, {"each press calls"}));
    CHECK(t.says("en", {"why-not", "low_oxigen"}, {"did you mean low_oxygen?"}));
    CHECK(t.says("zh", {"why-not", "weak", "r-who"}, {"可用：r-wang, r-li"}));

    // What a device measured half a minute before it said so.
    anban::stage::mqtt_client band{home.login_of("band-2")};
    REQUIRE(band.connect() == 0);
    REQUIRE(band.publish("anban/dev/band-2/reading", late_frame(30'000)) == 0);
    const auto late = alarm_of(s, "fast_breath");
    REQUIRE(late);
    CHECK(text_of(*late, "subject") == "resident/r-li");
    const auto late_id = text_of(*late, "id").substr(0, 8);
    CHECK(t.says("en", {"why", late_id}, {"✓ yes  respiration > 30 /min  = 34 /min", "so it stood at "}));

    // A press has no condition; an alarm that isn't there is said to be none.
    home.play("press button-1");
    const auto press = s.stored_alarm_of("button-1");
    REQUIRE(press);
    CHECK(t.says("zh", {"why", text_of(*press, "id").substr(0, 8)}, {"按键 1", "每次按键都报警"}));
    CHECK(t.says("en", {"why", "0000"}, {"there is no alarm 0000"}));

    // A time in the past is told from what was kept, also without a daemon.
    home.daemon().end();
    CHECK(t.says("en", {"why-not", "low_oxygen", "r-wang", "--at", "2026-01-01 00:00"},
                 {"? unknown  spo2 < 90 % for 1 h", "nothing was heard in the 31 days before"}));
    CHECK(t.says("en", {"why-not", "low_oxygen", "r-wang"}, {"= 86 %", "by readings up to "}));
    CHECK(t.says("zh", {"why-not", "low_oxygen", "r-wang"}, {"依据的读数截至 "}));
}
