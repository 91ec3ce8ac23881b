#include <doctest/doctest.h>

#include "tests/cloud-bridge/dispatch/desk_world.hpp"

using namespace anban;
using namespace anban::dispatch;
using namespace anban::dispatch::testing;

namespace {

std::vector<std::string> marks(world& w, std::uint8_t alarm) {
    std::vector<std::string> codes;
    for (const auto& a : w.file(alarm).actions) {
        if (a.what == "escalate") codes.push_back(a.code);
    }
    return codes;
}

void pass(world& w, std::chrono::seconds time) {
    w.now += time;
    w.tick();
    w.commit();
}

using codes = std::vector<std::string>;

} // namespace

TEST_CASE("an alarm that nobody takes is told further 60 s and 180 s after its commit [dispatch-9]") {
    world w;
    w.hear(sos(1, 1));
    w.now += 30s; // the store was slow: the marks run from the commit
    w.commit();
    CHECK(w.d->next_deadline() == w.mono() + 60s);
    pass(w, 59s);
    CHECK(marks(w, 1).empty());
    pass(w, 1s);
    CHECK(marks(w, 1) == codes{"60s"});
    CHECK(w.shown.size() == 1);
    CHECK(w.file(1).now.escalated == 1);
    pass(w, 119s);
    CHECK(marks(w, 1).size() == 1);
    pass(w, 1s);
    CHECK(marks(w, 1) == codes{"60s", "180s"});
    pass(w, 1h);
    CHECK(marks(w, 1).size() == 2);
    CHECK(w.kept.timer_rows.empty());
}

TEST_CASE("each class has its marks, a test has none [dispatch-9]") {
    const auto count = [](alarm_class of, bool test) { return marks_of(of, test).size(); };
    CHECK(count(alarm_class::life_safety, false) == 2);
    CHECK(count(alarm_class::suspected, false) == 2);
    CHECK(count(alarm_class::service, false) == 1);
    CHECK(count(alarm_class::technical, false) == 0);
    for (const auto c : {alarm_class::life_safety, alarm_class::suspected, alarm_class::service})
        CHECK(count(c, true) == 0);

    world w;
    auto announced = sos(1, 1);
    announced.test = true;
    w.hear_and_commit(announced);
    CHECK_FALSE(w.d->next_deadline());
    pass(w, 1h);
    CHECK(marks(w, 1).empty());
}

TEST_CASE("a taken alarm is never told further [dispatch-9]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    w.now += 59s;
    w.must(1, take(0));
    CHECK(w.kept.timer_rows.empty());
    SUBCASE("in the same life") {}
    SUBCASE("after a restart") {
        w.restart();
    }
    SUBCASE("with timer rows that a crash left behind") {
        w.kept.timer_rows[{case_key{gw1, alarm_number(1)}, 0, 1}] = w.at();
        w.restart();
    }
    pass(w, 60 * 24h);
    CHECK(marks(w, 1).empty());
    CHECK(w.kept.timer_rows.empty());
}

TEST_CASE("a take between the mark and its commit does not undo the mark, one before it does [dispatch-9]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    w.now += 60s;
    w.ask(1, take(0)); // the step runs what is due first
    w.commit();
    CHECK(marks(w, 1) == codes{"60s"});
    CHECK(w.file(1).now.at == alarm_progress::taken);
    pass(w, 180s);
    CHECK(marks(w, 1).size() == 1);
}

TEST_CASE("a restart neither forgets a mark nor fires one twice [dispatch-9]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    SUBCASE("before the mark") {
        w.now += 30s;
        w.restart();
        CHECK(w.d->next_deadline() == mono_time(1'060s));
        pass(w, 30s);
        CHECK(marks(w, 1) == codes{"60s"});
    }
    SUBCASE("the mark passes while the centre is off") {
        w.now += 100s;
        w.restart();
        pass(w, 0s);
        CHECK(marks(w, 1) == codes{"60s"});
        w.restart();
        pass(w, 0s);
        CHECK(marks(w, 1) == codes{"60s"});
        pass(w, 80s);
        CHECK(marks(w, 1) == codes{"60s", "180s"});
    }
    SUBCASE("killed between firing and commit") {
        w.now += 60s;
        w.tick();
        w.restart();
        pass(w, 0s);
        CHECK(marks(w, 1) == codes{"60s"});
        CHECK(w.kept.actions.size() == 1);
    }
}

TEST_CASE("marks follow no step of the wall clock [dispatch-9]") {
    for (const auto by : {std::chrono::seconds{14 * 24h}, std::chrono::seconds{-14 * 24h}}) {
        CAPTURE(by.count());
        for (const bool restarted : {false, true}) {
            CAPTURE(restarted);
            world w;
            w.now = utc_time(100 * 24h);
            w.restart();
            w.hear_and_commit(sos(1, 1));
            w.now += 20s;
            w.step_clock(by);
            if (restarted) w.restart();
            pass(w, 39s);
            CHECK(marks(w, 1).empty());
            pass(w, 1s);
            CHECK(marks(w, 1) == codes{"60s"});
            pass(w, 120s);
            CHECK(marks(w, 1) == codes{"60s", "180s"});
        }
    }
}

TEST_CASE("after a reboot marks go by wall time, and a clock that was set back delays none [dispatch-9]") {
    world w;
    w.now = utc_time(100 * 24h);
    w.restart();
    w.hear_and_commit(sos(1, 1));
    w.now += 20s;
    SUBCASE("off for ten seconds") {
        w.reboot(10s);
        pass(w, 29s);
        CHECK(marks(w, 1).empty());
        pass(w, 1s);
        CHECK(marks(w, 1) == codes{"60s"});
    }
    SUBCASE("off for an hour: both passed meanwhile") {
        w.reboot(1h);
        pass(w, 0s);
        CHECK(marks(w, 1) == codes{"60s", "180s"});
    }
    SUBCASE("woken years ago: no mark is further away than it was") {
        w.step_clock(-90 * 24h);
        w.reboot(10s);
        pass(w, 60s);
        CHECK(marks(w, 1) == codes{"60s"});
        pass(w, 120s);
        CHECK(marks(w, 1) == codes{"60s", "180s"});
    }
    SUBCASE("woken in the far future: told at once") {
        w.step_clock(400 * 24h);
        w.reboot(10s);
        pass(w, 0s);
        CHECK(marks(w, 1) == codes{"60s", "180s"});
    }
    SUBCASE("a boot without a name is like no other") {
        w.boot = 0;
        w.hear_and_commit(sos(2, 1));
        w.step_clock(-90 * 24h);
        w.restart();
        pass(w, 60s);
        CHECK(marks(w, 2) == codes{"60s"});
    }
}

TEST_CASE("a reopened alarm gets new marks from its reopening [dispatch-9]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    w.must(1, take(0));
    w.must(1, close(1, 1));
    w.now += 1h;
    w.hear_and_commit(sos(1, 2));
    CHECK(w.d->next_deadline() == w.mono() + 60s);
    pass(w, 60s);
    CHECK(marks(w, 1) == codes{"60s"});
}

TEST_CASE("a mark waits while the store takes nothing [dispatch-9]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    w.kept.capacity = 0;
    w.now += 60s;
    w.tick();
    CHECK(marks(w, 1).empty());
    w.kept.capacity = 10;
    pass(w, 1s);
    CHECK(marks(w, 1) == codes{"60s"});
}
