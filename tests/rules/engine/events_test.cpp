// Presses, falls, holds: what is told of what happens.
#include <doctest/doctest.h>

#include "tests/rules/engine/bench.hpp"

using namespace anban;
using namespace anban::testing;

TEST_CASE("a press needs no rule file and is told each time [rules-2]") {
    bench b{{}};
    CHECK(b.hear("pir-bath", signal::sos, 1, 1s) == kinds{kind::pressed});
    CHECK(b.told.front().rule == rule_id{"sos"});
    CHECK(b.judge.rule(b.told.front().index).of == alarm_class::life_safety);
    CHECK(b.hear("pir-bath", signal::sos, 1, 2s) == kinds{kind::pressed});
    CHECK(b.told.front().why.key.sequence == 2);
    CHECK(b.hear("nobody-entered-it", signal::service, 1, 3s) == kinds{kind::pressed});
    CHECK(b.judge.rule(b.told.front().index).of == alarm_class::service);
    CHECK(b.hear_unknown("pir-bath", signal::sos, 4s).empty());
}

TEST_CASE("a fall is told as suspected at once and confirmed after its hold [rules-3]") {
    bench b{{built_in_fall()}};
    CHECK(b.hear("detector", signal::fall, 1, 10s) == kinds{kind::suspected});
    const cause began = b.told.front().why;
    CHECK(b.told.front().seen.back().what == signal::fall);
    REQUIRE(b.judge.next_deadline());
    CHECK(b.wait_until(30s - 1ns).empty());
    CHECK(b.wait_until(30s) == kinds{kind::confirmed});
    CHECK(b.told.front().why == began);
    CHECK(b.told.front().at == at(30s));
    CHECK(b.wait_until(10min).empty());
}

TEST_CASE("only its own declared conditions end a hold [rules-3]") {
    bench b{{built_in_fall()}, home_of_two(), {wang, li}};
    SUBCASE("the wearer withdraws it") {
        b.hear("detector", signal::fall, 1, 10s);
        CHECK(b.hear("detector", signal::cancel, 1, 15s) == kinds{kind::cancelled});
        CHECK(b.told.front().seen.back().what == signal::cancel);
        CHECK(b.told.front().why.key.sequence == 1);
        CHECK(b.wait_until(60s).empty());
    }
    SUBCASE("somebody else's cancel ends nothing") {
        b.hear("detector", signal::fall, 1, 10s);
        CHECK(b.hear("detector-li", signal::cancel, 1, 15s).empty());
        CHECK(b.wait_until(60s) == kinds{kind::confirmed});
    }
    SUBCASE("back in the own bed: from known empty to occupied") {
        b.hear("mat", signal::bed_occupied, 0, 5s);
        b.hear("detector", signal::fall, 1, 10s);
        CHECK(b.hear("mat-li", signal::bed_occupied, 0, 11s).empty());
        CHECK(b.hear("mat-li", signal::bed_occupied, 1, 12s).empty());
        CHECK(b.hear("mat", signal::bed_occupied, 1, 20s) == kinds{kind::cancelled});
    }
    SUBCASE("a mat that was unknown or occupied all along ends nothing") {
        b.hear("detector", signal::fall, 1, 10s);
        CHECK(b.hear("mat", signal::bed_occupied, 1, 20s).empty());
        CHECK(b.wait_until(60s) == kinds{kind::confirmed});
    }
    SUBCASE("an unknown value ends nothing, and what follows it neither") {
        b.hear("mat", signal::bed_occupied, 0, 5s);
        b.hear("detector", signal::fall, 1, 10s);
        CHECK(b.hear_unknown("mat", signal::bed_occupied, 20s).empty());
        CHECK(b.hear("mat", signal::bed_occupied, 1, 21s).empty());
        CHECK(b.wait_until(60s) == kinds{kind::confirmed});
    }
    SUBCASE("a cancel at the deadline itself is too late") {
        b.hear("detector", signal::fall, 1, 10s);
        CHECK(b.hear("detector", signal::cancel, 1, 30s) == kinds{kind::confirmed});
    }
    SUBCASE("a cancel that arrives late but was pressed in time counts, and one from before the fall doesn't") {
        b.hear("detector", signal::fall, 1, 10s);
        CHECK(b.hear(b.said("detector", signal::cancel, 1, 9s), 28s).empty());
        CHECK(b.hear(b.said("detector", signal::cancel, 1, 29s), 40s) == kinds{kind::cancelled});
    }
}

TEST_CASE("a fall during a running hold is a record; a real one is never part of a test's hold [rules-3]") {
    bench b{{built_in_fall()}};
    SUBCASE("a second fall") {
        b.hear("detector", signal::fall, 1, 10s);
        CHECK(b.hear("detector", signal::fall, 1, 15s) == kinds{kind::pressed});
        CHECK(b.told.front().why.key.sequence == 2);
        CHECK(b.wait_until(60s) == kinds{kind::confirmed});
        CHECK(b.told.front().why.key.sequence == 1);
    }
    SUBCASE("a real one after a drill") {
        reading drill = b.said("detector", signal::fall, 1, 10s);
        drill.test = true;
        CHECK(b.hear(drill, 10s) == kinds{kind::suspected});
        CHECK(b.told.front().test);
        CHECK(b.hear("detector", signal::fall, 1, 20s) == kinds{kind::suspected});
        CHECK_FALSE(b.told.front().test);
        CHECK(b.wait_until(60s) == kinds{kind::confirmed, kind::confirmed});
        CHECK(b.told.front().test);
        CHECK_FALSE(b.told.back().test);
    }
    SUBCASE("a drill while a real hold runs") {
        b.hear("detector", signal::fall, 1, 10s);
        reading drill = b.said("detector", signal::fall, 1, 11s);
        drill.test = true;
        CHECK(b.hear(drill, 11s) == kinds{kind::pressed});
        CHECK_FALSE(b.told.front().test);
    }
}

TEST_CASE("a hold that has passed already is suspected and confirmed at once [rules-3]") {
    bench b{{built_in_fall()}};
    CHECK(b.hear(b.said("detector", signal::fall, 1, 10s), 5min) == kinds{kind::suspected, kind::confirmed});
    CHECK(b.told.back().at == at(30s));
}

TEST_CASE("a device that nobody entered speaks for the home: a fall of it holds there [rules-2]") {
    language::alarm_rule for_home = built_in_fall();
    for_home.about_home = true;
    bench b{{built_in_fall(), for_home}};
    CHECK(b.hear("unknown-0badcafe-and-long", signal::fall, 1, 1s) == kinds{kind::suspected});
    CHECK(b.told.front().who == home);
    CHECK(b.told.front().why.device == device_id{"unknown-0badcafe-and-long"});
    CHECK(b.wait_until(1min) == kinds{kind::confirmed});
    CHECK(b.told.front().why.device == device_id{"unknown-0badcafe-and-long"});
    CHECK(b.hear("unknown-0badcafe-and-long", signal::heart_rate, 10, 2min).empty());
}

TEST_CASE("something then something else, within a time [rules-16]") {
    bench b{
        {rule("wander", followed(becomes(is(of(signal::door_open))), happens(of(signal::visit_ended)), 10min))}};
    b.hear("door", signal::door_open, 0, 0s);
    CHECK(b.hear("mat", signal::visit_ended, 1, 1s).empty());
    CHECK(b.hear("door", signal::door_open, 1, 10s).empty());
    CHECK(b.hear("mat", signal::visit_ended, 1, 10min) == kinds{kind::pressed});
    CHECK(b.hear("mat", signal::visit_ended, 1, 10min + 9s) == kinds{kind::pressed}); // one serves several
    CHECK(b.hear("mat", signal::visit_ended, 1, 10min + 10s).empty());                // half open
}

TEST_CASE("something without something else within a time [rules-16]") {
    bench b{{rule("out", alone(becomes(is(of(signal::door_open))), happens(of(signal::activity)), 5min))}};
    b.hear("door", signal::door_open, 0, 0s);
    SUBCASE("nothing follows: told at the deadline, with the door's reading") {
        b.hear("door", signal::door_open, 1, 10s);
        CHECK(b.wait_until(5min + 10s - 1ns).empty());
        CHECK(b.wait_until(6min) == kinds{kind::pressed});
        CHECK(b.told.front().at == at(5min + 10s));
        CHECK(b.told.front().why.key.sequence == 2);
        CHECK(b.told.front().room == room_id{"hall"});
    }
    SUBCASE("somebody moves") {
        b.hear("door", signal::door_open, 1, 10s);
        b.hear("pir-living", signal::motion, 1, 5min + 10s - 1ns);
        CHECK(b.wait_until(1h).empty());
    }
    SUBCASE("somebody moves at the deadline: too late") {
        b.hear("door", signal::door_open, 1, 10s);
        CHECK(b.hear("pir-living", signal::motion, 1, 5min + 10s) == kinds{kind::pressed});
    }
    SUBCASE("the door closes: a change of a door is activity") {
        b.hear("door", signal::door_open, 1, 10s);
        b.hear("door", signal::door_open, 0, 20s);
        CHECK(b.wait_until(1h).empty());
    }
}

TEST_CASE("an event while a state is true, and one of two events [rules-16]") {
    bench b{{rule("night_door", while_is(becomes(is(of(signal::door_open))), is(of(signal::bed_occupied), false))),
             rule("visit", one_of(happens(of(signal::visit_started)), happens(of(signal::visit_ended))))}};
    b.hear("door", signal::door_open, 0, 0s);
    CHECK(b.hear("door", signal::door_open, 1, 1s).empty()); // the bed is unknown
    b.hear("door", signal::door_open, 0, 2s);
    b.hear("mat", signal::bed_occupied, 0, 3s);
    CHECK(b.hear("door", signal::door_open, 1, 4s) == kinds{kind::pressed});
    CHECK(b.told.front().rule == rule_id{"night_door"});
    CHECK(b.hear("mat", signal::visit_started, 1, 5s) == kinds{kind::pressed});
    CHECK(b.hear("mat", signal::visit_ended, 1, 6s) == kinds{kind::pressed});
    CHECK(b.told.front().rule == rule_id{"visit"});
}

TEST_CASE("becomes needs a known before [rules-3]") {
    bench b{{rule("up", becomes(is(of(signal::bed_occupied)), false))}};
    CHECK(b.hear("mat", signal::bed_occupied, 0, 0s).empty());
    CHECK(b.hear("mat", signal::bed_occupied, 1, 1s).empty());
    CHECK(b.hear_unknown("mat", signal::bed_occupied, 2s).empty());
    CHECK(b.hear("mat", signal::bed_occupied, 0, 3s).empty());
    CHECK(b.hear("mat", signal::bed_occupied, 1, 4s).empty());
    CHECK(b.hear("mat", signal::bed_occupied, 0, 5s) == kinds{kind::pressed});
}
