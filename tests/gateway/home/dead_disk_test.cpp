// A disk that fails, stalls and comes back: alarms go on, and nobody is told more than is true.
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/gateway/home/world.hpp"

using namespace anban;
using namespace anban::test;

TEST_CASE("when the disk fails alarms go on, and only the centre's word answers [home-8]") {
    world w;
    const deliver d = all<deliver>(w.press(1)).front();
    CHECK(answers(w.tell(commit_failed{"input/output error"})).empty());
    CHECK(w.core().faults().front().key == "journal.failed");
    CHECK(answers(w.acknowledge(d)) == std::vector{answer::stored});
    const outputs zigbee = w.zigbee_press(9);
    CHECK(all<deliver>(zigbee).size() == 1);
    CHECK(all<release>(zigbee).size() == 1);
    CHECK(all<write_record>(zigbee).empty());
}

TEST_CASE("a journal that begins anew gets the whole state, and what waits is answered by that commit [home-31]") {
    world w;
    w.press(1);
    w.commit();
    const outputs zigbee = w.zigbee_press(9);
    CHECK(all<release>(zigbee).empty());
    CHECK(all<deliver>(zigbee).empty()); // it goes out after its commit
    w.press(2);
    const auto anew = all<write_record>(w.tell(journal_renewed{"input/output error", "alarms.db.failed-1"}));
    REQUIRE(anew.size() == 1);
    CHECK(anew.front().delta.complete);
    CHECK(w.core().faults().front().key == "journal.replaced");
    home_state rebuilt;
    rebuilt.apply(anew.front().delta);
    home_state lived = w.core().state();
    CHECK(rebuilt == lived);
    const outputs done = w.commit();
    CHECK(all<release>(done).size() == 1);
    CHECK(all<deliver>(done).size() == 1);
    CHECK(answers(done) == std::vector{answer::received});
}

TEST_CASE("from a dead disk back to a good one: the fault ends with the commit of the whole state [home-31]") {
    world w;
    const auto failed = [&w] {
        return std::ranges::any_of(w.core().faults(), [](const fault& f) { return f.key == "journal.failed"; });
    };
    w.press(1);
    w.tell(commit_failed{"no space left"});
    CHECK(failed());
    CHECK(all<write_record>(w.press(2)).empty());
    const auto anew = all<write_record>(w.tell(journal_renewed{"no space left", ""}));
    REQUIRE(anew.size() == 1);
    CHECK(anew.front().delta.frames.size() == 2);
    CHECK(failed()); // it isn't on the disk yet
    SUBCASE("and it is") {
        w.commit();
        CHECK_FALSE(failed());
        // What was pressed meanwhile is on the disk now, and its device may be told.
        CHECK(answers(w.press(2)) == std::vector{answer::received});
    }
    SUBCASE("or it fails again") {
        w.tell(commit_failed{"no space left"});
        CHECK(failed());
        CHECK(all<write_record>(w.press(3)).empty());
    }
}

TEST_CASE("a disk that stalls holds up no alarm for longer than the broker is patient [home-8]") {
    world w;
    w.zigbee_press(7);
    CHECK(all<deliver>(w.tell(commit_overdue{"zigbee2mqtt/SOS"})).size() == 1);
    CHECK(w.core().faults().front().key == "journal.slow");
    CHECK(all<deliver>(w.commit()).empty());
}

TEST_CASE("on a dead disk a frame that became no alarm is answered: there is nothing to lose [home-8]") {
    world w;
    w.tell(commit_failed{"disk"});
    CHECK(answers(w.press(1, 77, signal::cancel, "fall-1")) == std::vector{answer::received});
    CHECK(answers(w.press(2)).empty());
}

TEST_CASE("on a dead disk nobody is told received of a press that the centre hasn't got [home-8]") {
    world w;
    const deliver first = all<deliver>(w.press(1)).front();
    w.commit();
    w.acknowledge(first);
    w.tell(commit_failed{"disk"});
    const deliver second = all<deliver>(w.press(2)).front();
    const centre_receipt taken{
        .alarm = first.alarm, .progress = alarm_progress::taken, .seen = first.revision, .code = {}};
    SUBCASE("by what people did with the older one") {
        const outputs out = w.tell(taken);
        CHECK(answers(out).empty());
        CHECK(all<indicate>(out).empty());
        CHECK(answers(w.press(2)).empty());
        CHECK(answers(w.acknowledge(second)) == std::vector{answer::taken});
    }
    SUBCASE("nor while the disk that is well again writes its first record") {
        w.tell(journal_renewed{"disk", ""});
        CHECK(answers(w.press(2)).empty());
        CHECK(answers(w.tell(taken)).empty());
        w.commit();
        CHECK(answers(w.press(2)) == std::vector{answer::received});
    }
    SUBCASE("that it isn't delivered is the truth") {
        w.pass(10s);
        CHECK(answers(w.tell(tick{})) == std::vector{answer::not_delivered});
    }
}

TEST_CASE("what a start finds on a dead disk is promised to nobody: a failed sync may have left it [home-8]") {
    world w;
    const deliver d = all<deliver>(w.press(1)).front();
    w.commit();
    w.crash();
    w.boot();
    w.tell(commit_failed{"disk"});
    CHECK(answers(w.press(1)).empty());
    CHECK(answers(w.acknowledge(d)) == std::vector{answer::stored});
    CHECK(answers(w.press(1)) == std::vector{answer::received, answer::stored});
}
