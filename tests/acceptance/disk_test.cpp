// The whole box on a disk that keeps only what was synced, and on one that fails: broker, gateway and uplink of a
// home are the real ones, and so is the centre.
#include <doctest/doctest.h>

#include <random>
#include <thread>

#include <fmt/format.h>

#include "tests/acceptance/scene.hpp"
#include "tests/stage/disk/frail_disk.hpp"

using namespace anban::acceptance;
using anban::stage::frail_disk;
using anban::stage::proxy;

namespace {

// A district whose home stands on a frail disk.
class box {
public:
    box() : disk(s.district.home.folder(), s.district.folder() / "disk") {
        auto& home = s.district.home;
        home.uplink().end();
        home.daemon().end();
        home.mosquitto().end();
        disk.keep_all();
        home.environment = disk.environment();
        power_on();
    }

    void power_on() {
        s.district.home.start_broker();
        s.district.home.start_daemon();
        s.district.home.start_uplink();
    }

    void cut_power() {
        s.district.home.mosquitto().kill();
        s.district.home.daemon().kill();
        s.district.home.uplink().kill();
        disk.cut();
    }

    // Gives where to look for the answers from.
    std::size_t press() {
        const auto from = s.district.home.seen.size();
        s.district.home.play("press button-1");
        ++presses;
        return from;
    }

    // The press of `from` was answered, and all of them are at the centre: none is missing, none twice, on one
    // alarm.
    void check_all_at_the_centre(std::size_t from) {
        CHECK(s.answer("button-1", "stored", 30s, from));
        CHECK(eventually([&] { return s.press_records("button-1") >= presses; }, 30s));
        std::this_thread::sleep_for(500ms); // whatever would come twice has come now
        CHECK(s.press_records("button-1") == presses);
        CHECK(s.alarms_of("button-1").size() == 1);
    }

    // On an order of the disk a press reaches the centre all the same, and a fault says what is wrong; when the
    // disk is sound again the fault goes, and what was pressed is there after a power cut.
    void check_lives_through(frail_order order, std::string_view fault) {
        check_all_at_the_centre(press());
        disk.order(order);
        const auto worst = press();
        CHECK(eventually([&] { return s.press_records("button-1") == presses; }, 15s));
        CHECK(s.answer("button-1", "stored", 15s, worst));
        CHECK(s.fault(fault, 30s));
        CHECK(disk.refused() > 0);
        disk.order(frail_sound);
        CHECK(eventually([&] { return !s.fault(fault, 1ms); }, 60s));
        const auto after = press();
        check_all_at_the_centre(after);
        cut_power();
        power_on();
        check_all_at_the_centre(press());
    }

    scene s;
    frail_disk disk;
    std::size_t presses = 0;
};

} // namespace

TEST_CASE("an answered press is at the centre once after a power cut of the whole box [home-3] [journal-2]") {
    // The centre can't have heard of it: what is on the disk is all there is.
    box b;
    b.s.district.wire.set(proxy::way::cut);
    const auto from = b.press();
    REQUIRE(b.s.answer("button-1", "received", 10s, from));
    b.s.district.home.players().kill(); // and its device doesn't say it again
    b.cut_power();
    b.s.district.wire.set(proxy::way::open);
    b.power_on();
    INFO(b.s.logs());
    CHECK(b.s.stored_alarm_of("button-1", 30s));
    std::this_thread::sleep_for(1s);
    CHECK(b.s.press_records("button-1") == 1);
}

TEST_CASE("a disk that lies about its syncs loses an answered press, so the case above can see one [stage-7]") {
    box b;
    b.s.district.wire.set(proxy::way::cut);
    b.disk.order(frail_lying);
    const auto from = b.press();
    REQUIRE(b.s.answer("button-1", "received", 10s, from));
    b.s.district.home.players().kill();
    b.cut_power();
    b.disk.order(frail_sound);
    b.s.district.wire.set(proxy::way::open);
    b.power_on();
    REQUIRE(b.s.district.wait_for_link(true, 30s));
    CHECK_FALSE(b.s.stored_alarm_of("button-1", 3s));
}

TEST_CASE("presses among power cuts are all at the centre, each once [home-3] [ingest-2] [F14]") {
    const auto cuts = setting("ANBAN_POWER_CUTS", 6);
    const auto seed = setting("ANBAN_SEED", 1);
    std::mt19937 chance(static_cast<unsigned>(seed));
    box b;
    for (long n = 1; n <= cuts; ++n) {
        CAPTURE(seed);
        CAPTURE(n);
        const bool linked = chance() % 2 == 0;
        b.s.district.wire.set(linked ? proxy::way::open : proxy::way::cut);
        const auto from = b.press();
        std::this_thread::sleep_for(std::chrono::microseconds(chance() % 60'000));
        b.cut_power();
        b.s.district.wire.set(proxy::way::open);
        b.power_on();
        INFO(b.s.logs());
        REQUIRE(b.s.answer("button-1", "stored", 40s, from));
        REQUIRE(eventually([&] { return b.s.press_records("button-1") >= b.presses; }, 30s));
        REQUIRE(b.s.press_records("button-1") == b.presses);
    }
    b.check_all_at_the_centre(b.press());
}

TEST_CASE("what is said about a press waits for the sync of its record [ingest-1] [ingest-2] [F13]") {
    box b;
    auto& s = b.s;
    b.check_all_at_the_centre(b.press());
    REQUIRE(eventually([&] { return b.disk.held() == 0; }, 5s));
    b.disk.order(frail_held);
    SUBCASE("a numbered press: its answer") {
        const auto from = b.press();
        REQUIRE(eventually([&] { return b.disk.held() > 0 && s.press_records("button-1") == b.presses; }, 5s));
        CHECK_FALSE(s.answer("button-1", "received", 300ms, from));
        b.disk.order(frail_sound);
        b.check_all_at_the_centre(from);
    }
    SUBCASE("one that no answer reaches: the broker's acknowledgement") {
        const auto before = b.disk.acknowledged();
        s.district.home.play("zigbee-sos zb-sos");
        REQUIRE(eventually([&] { return b.disk.held() > 0; }, 5s));
        std::this_thread::sleep_for(300ms);
        CHECK(b.disk.acknowledged() == before);
        b.disk.order(frail_sound);
        CHECK(eventually([&] { return b.disk.acknowledged() > before; }, 5s));
        CHECK(s.stored_alarm_of("zb-sos", 5s));
    }
}

TEST_CASE("a disk whose syncs fail costs no press, is a fault, and is left behind [journal-9]") {
    box b;
    b.check_lives_through(frail_failing, "journal.failed");
}

TEST_CASE("a full disk costs no press, is a fault, and ends with it [journal-10] [F18]") {
    box b;
    b.check_lives_through(frail_full, "journal.failed");
}

TEST_CASE("a disk that can only be read costs no press, is a fault, and ends with it [journal-5]") {
    box b;
    b.check_lives_through(frail_readonly, "journal.failed");
}
