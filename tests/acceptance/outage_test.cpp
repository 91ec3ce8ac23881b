// The way to the centre is gone for a while, and fifty buttons are pressed meanwhile.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <thread>

#include <fmt/format.h>

#include "tests/acceptance/scene.hpp"
#include "tests/stage/load.hpp"

using namespace anban::acceptance;
using anban::stage::awaited;
using anban::stage::load;
using anban::stage::proxy;

namespace {

constexpr std::size_t buttons = 50;
constexpr std::size_t residents = 10;             // of them, beside the two of the usual home
constexpr std::size_t unanswered_per_button = 32; // as the firmware keeps at most

anban::stage::home_plan many_buttons() {
    auto plan = anban::stage::usual_home();
    for (std::size_t n = 1; n <= buttons; ++n) {
        const auto owner = fmt::format("r-{}", n % residents); // an alarm each
        if (n <= residents) plan.residents.emplace_back(owner, "");
        plan.devices.push_back({fmt::format("b-{}", n), "native", "call_button", "", "", owner});
    }
    return plan;
}

load devices_of(scene& s) {
    std::vector<anban::stage::mqtt_login> all;
    for (std::size_t n = 1; n <= buttons; ++n) all.push_back(s.district.home.login_of(fmt::format("b-{}", n)));
    return {std::move(all), s.district.centre.listener()};
}

// Press records at the centre by device.
std::map<std::string, std::size_t> records(scene& s) {
    std::map<std::string, std::size_t> all;
    for (const auto& one : s.alarms())
        for (const auto& press : s.presses(one)) ++all[text_of(press, "device")];
    return all;
}

std::size_t total(const std::map<std::string, std::size_t>& all) {
    std::size_t sum = 0;
    for (const auto& [device, count] : all) sum += count;
    return sum;
}

// All of them are at the centre, none twice, as many from each button, on one alarm a resident.
void check_all_once(scene& s, std::size_t presses, std::chrono::seconds patience) {
    INFO(s.logs());
    CHECK(eventually([&] { return total(records(s)) >= presses; }, patience));
    std::this_thread::sleep_for(1s); // whatever would come twice has come now
    const auto got = records(s);
    CHECK(total(got) == presses);
    CHECK(std::ranges::all_of(got, [&](const auto& one) { return one.second == presses / buttons; }));
    CHECK(s.alarms().size() == residents);
}

} // namespace

TEST_CASE("presses that were answered without a link survive a kill and arrive once [home-3] [daemon-4]") {
    scene s{many_buttons()};
    s.district.wire.set(proxy::way::cut);
    auto devices = devices_of(s);
    const auto poured = devices.pour(300, buttons, 30s, awaited::answer);
    REQUIRE(poured.answered == 300);
    s.district.home.daemon().kill();
    s.district.home.uplink().kill();
    s.district.home.start_daemon();
    s.district.home.start_uplink();
    s.district.wire.set(proxy::way::open);
    check_all_once(s, 300, 60s);
}

TEST_CASE("a burst of 5,000 without a link arrives once, life safety within a second of the link [uplink-4]") {
    scene s{many_buttons()};
    s.district.wire.set(proxy::way::cut);
    REQUIRE(s.district.wait_for_link(false, 30s));
    auto devices = devices_of(s);
    const auto poured = devices.pour(5'000, buttons * unanswered_per_button, 60s, awaited::answer);
    REQUIRE(poured.answered == 5'000);
    CHECK(poured.repeated < poured.pressed); // answers are not what a burst waits for
    s.district.wire.set(proxy::way::open);
    REQUIRE(s.district.wait_for_link(true, 60s));
    CHECK(eventually([&] { return !s.alarms().empty(); }, 1s));
    check_all_once(s, 5'000, 120s);
}

TEST_CASE("a link that is refused, then silent, then reset loses nothing and doubles nothing [uplink-6]") {
    scene s;
    auto& home = s.district.home;
    const auto press = [&] {
        const auto from = home.seen.size();
        home.play("press button-1");
        CHECK(s.answer("button-1", "received", 10s, from));
        return from;
    };
    s.district.wire.set(proxy::way::cut);
    press();
    std::this_thread::sleep_for(15s);
    s.district.wire.set(proxy::way::open);
    REQUIRE(s.stored_alarm_of("button-1", 60s));
    s.district.wire.set(proxy::way::silent);
    press();
    std::this_thread::sleep_for(10s);
    s.district.wire.set(proxy::way::cut); // what stood is reset
    const auto last = press();
    s.district.wire.set(proxy::way::open);
    INFO(s.logs());
    CHECK(s.answer("button-1", "stored", 60s, last));
    CHECK(eventually([&] { return s.press_records("button-1") >= 3; }, 60s));
    std::this_thread::sleep_for(1s);
    CHECK(s.press_records("button-1") == 3);
    CHECK(s.alarms_of("button-1").size() == 1);
}
