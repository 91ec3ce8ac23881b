// Conditions that last: thresholds, absences, windows, times of day, and what a rule makes of them.
#include <doctest/doctest.h>

#include "tests/rules/engine/bench.hpp"

using namespace anban;
using namespace anban::testing;
using language::comparison;
using language::window_function;

namespace {

language::alarm_rule low_heart_rate() {
    return rule("bradycardia", lasts(below(signal::heart_rate, 40), 60s),
                lasts(over(signal::heart_rate, 45), 120s));
}

} // namespace

TEST_CASE("a threshold must hold for its whole time and clears with hysteresis [rules-4]") {
    bench b{{low_heart_rate()}};
    CHECK(b.hear("band", signal::heart_rate, 39, 0s).empty());
    CHECK(b.hear("band", signal::heart_rate, 38, 59s).empty());
    SUBCASE("one good value starts it again") {
        CHECK(b.hear("band", signal::heart_rate, 40, 59500ms).empty());
        CHECK(b.wait_until(600s).empty());
    }
    SUBCASE("unknown starts it again too") {
        CHECK(b.hear_unknown("band", signal::heart_rate, 59500ms).empty());
        CHECK(b.hear("band", signal::heart_rate, 30, 59600ms).empty());
        CHECK(b.wait_until(119s).empty());
        CHECK(b.wait_until(2min) == kinds{kind::began});
        CHECK(b.told.front().at == at(119600ms));
    }
    SUBCASE("true for 60 s: told at the deadline, with the cause that armed it and the newest value") {
        CHECK(b.wait_until(60s) == kinds{kind::began});
        CHECK(b.told.front().why.key.sequence == 1);
        CHECK(b.told.front().seen.front().value == 38);
        CHECK(b.hear("band", signal::heart_rate, 43, 70s).empty()); // above the limit, below the clear
        CHECK(b.hear("band", signal::heart_rate, 50, 80s).empty());
        CHECK(b.hear("band", signal::heart_rate, 44, 100s).empty());
        CHECK(b.hear("band", signal::heart_rate, 50, 200s).empty());
        CHECK(b.wait_until(319s).empty());
        CHECK(b.wait_until(320s) == kinds{kind::cleared});
        CHECK(b.told.front().why.key.sequence == 1);
    }
    SUBCASE("unknown ends nothing that has begun") {
        b.wait_until(60s);
        CHECK(b.hear_unknown("band", signal::heart_rate, 61s).empty());
        CHECK(b.wait_until(1h).empty());
        CHECK(b.judge.explain(b.when(1h), rule_id{"bradycardia"}).front().active);
    }
}

TEST_CASE("the four comparisons differ at the limit itself [rules-4]") {
    const auto w = of(signal::spo2);
    bench b{{rule("lt", compare(w, comparison::less, 90)), rule("le", compare(w, comparison::less_equal, 90)),
             rule("gt", compare(w, comparison::greater, 90)),
             rule("ge", compare(w, comparison::greater_equal, 90))}};
    b.hear("band", signal::spo2, 90, 1s);
    CHECK(b.is("lt") == truth::no);
    CHECK(b.is("le") == truth::yes);
    CHECK(b.is("gt") == truth::no);
    CHECK(b.is("ge") == truth::yes);
    b.hear("band", signal::spo2, 89.9, 2s);
    CHECK(b.is("lt") == truth::yes);
    CHECK(b.is("gt") == truth::no);
    b.hear("band", signal::spo2, 90.1, 3s);
    CHECK(b.is("le") == truth::no);
    CHECK(b.is("ge") == truth::yes);
}

TEST_CASE("false wins over unknown in and, true wins in or [rules-16]") {
    bench b{{rule("and", both(below(signal::heart_rate, 40), below(signal::spo2, 90))),
             rule("or", either(below(signal::heart_rate, 40), below(signal::spo2, 90))),
             rule("not", negate(below(signal::heart_rate, 40)))}};
    CHECK(b.is("not") == truth::unknown);
    b.hear("band", signal::heart_rate, 50, 1s);
    CHECK(b.is("and") == truth::no);
    CHECK(b.is("or") == truth::unknown);
    CHECK(b.is("not") == truth::yes);
    b.hear("band", signal::heart_rate, 30, 2s);
    CHECK(b.is("and") == truth::unknown);
    CHECK(b.is("or") == truth::yes);
}

TEST_CASE("what a device said is unknown once it is silent [rules-16]") {
    installation h = home_of_one();
    h.devices[0].reports_every = 60s;
    bench b{{rule("low", below(signal::heart_rate, 40))}, h};
    CHECK(b.hear("band", signal::heart_rate, 30, 10s) == kinds{kind::began});
    b.hear("band", signal::spo2, 99, 60s); // anything that is heard of it counts
    CHECK(b.wait_until(120s - 1ns).empty());
    CHECK(b.is("low") == truth::yes);
    CHECK(b.wait_until(120s).empty());
    CHECK(b.is("low") == truth::unknown);
    CHECK(b.judge.blind(b.when(120s)).size() == 1);
    CHECK(b.judge.blind(b.when(120s)).front().nodes.back().lacks == "heart_rate");
    CHECK(b.hear("band", signal::heart_rate, 50, 200s) == kinds{kind::cleared});
    CHECK(b.judge.blind(b.when(200s)).empty());
}

TEST_CASE("a late reading is judged as of its event, one out of order changes nothing [rules-16]") {
    bench b{{rule("low", lasts(below(signal::heart_rate, 40), 60s))}};
    b.hear("band", signal::spo2, 99, 100s);
    SUBCASE("late") {
        CHECK(b.hear(b.said("band", signal::heart_rate, 30, 95s), 110s).empty());
        CHECK(b.wait_until(155s) == kinds{kind::began});
        CHECK(b.told.front().at == at(155s));
    }
    SUBCASE("so late that its time is over") {
        CHECK(b.hear(b.said("band", signal::heart_rate, 30, 20s), 110s) == kinds{kind::began});
        CHECK(b.told.front().at == at(80s));
    }
    SUBCASE("out of order") {
        b.hear("band", signal::heart_rate, 50, 111s);
        CHECK(b.hear(b.said("band", signal::heart_rate, 30, 20s), 112s).empty());
        CHECK(b.is("low") == truth::no);
    }
    SUBCASE("no further back than ten minutes") {
        CHECK(b.hear(b.said("band", signal::heart_rate, 30, 0s), 11min) == kinds{kind::began});
        CHECK(b.told.front().at == at(2min));
    }
}

TEST_CASE("in the bathroom for long: the last motion was there and none since elsewhere [rules-16]") {
    bench b{{rule("long_bathroom", both(last_in(signal::motion, "bathroom"),
                                        absent(of(signal::motion, scope::elsewhere, "bathroom"), 4h)))}};
    b.hear("pir-living", signal::motion, 1, 0s);
    b.hear("pir-living", signal::motion, 0, 30s);
    b.hear("pir-bath", signal::motion, 1, 1min);
    SUBCASE("told four hours after the last motion elsewhere ended") {
        CHECK(b.wait_until(4h + 30s - 1ns).empty());
        CHECK(b.wait_until(4h + 30s) == kinds{kind::began});
        CHECK(b.told.front().room == room_id{"bathroom"});
        CHECK(b.hear("pir-living", signal::motion, 1, 5h) == kinds{kind::cleared});
    }
    SUBCASE("somebody comes out") {
        b.hear("pir-living", signal::motion, 1, 3h);
        CHECK(b.wait_until(6h).empty());
    }
    SUBCASE("a sensor that nobody hears proves no absence") {
        CHECK(b.wait_until(4h + 30s) == kinds{kind::began});
        CHECK(b.wait_until(26h).empty());
        CHECK(b.is("long_bathroom") == truth::unknown);
    }
}

TEST_CASE("an absence is proven by any source that is heard all the while [rules-16]") {
    installation h = home_of_one();
    h.devices[3].reports_every = 1h;
    h.devices[4].reports_every = 1h;
    bench b{{rule("still", absent(of(signal::motion), 2h))}, h};
    CHECK(b.wait_until(3h).empty());
    CHECK(b.is("still") == truth::unknown);
    for (int i = 0; i < 5; ++i) b.hear("pir-bath", signal::motion, 0, 3h + i * 30min);
    CHECK(b.judge.explain(b.when(5h), rule_id{"still"}).front().active);
    b.wait_until(6h);
    CHECK(b.is("still") == truth::unknown);
    b.hear("pir-living", signal::battery, 90, 6h + 1min); // it provides motion, and was heard
    CHECK(b.is("still") == truth::unknown);
    b.hear("pir-living", signal::battery, 90, 7h);
    b.hear("pir-living", signal::battery, 90, 7h + 50min);
    b.wait_until(8h + 1min - 1ns);
    CHECK(b.is("still") == truth::unknown);
    b.wait_until(8h + 1min);
    CHECK(b.is("still") == truth::yes);
}

TEST_CASE("nothing heard of a signal is known at all times [rules-16]") {
    bench b{{rule("quiet", unheard(of(signal::heart_rate), 1h))}};
    CHECK(b.wait_until(1h - 1ns).empty());
    CHECK(b.wait_until(1h) == kinds{kind::began}); // the load counts as a reading
    CHECK(b.hear("band", signal::spo2, 99, 61min).empty());
    CHECK(b.hear_unknown("band", signal::heart_rate, 62min).empty());
    CHECK(b.hear("band", signal::heart_rate, 70, 63min) == kinds{kind::cleared});
    b.hear("band", signal::heart_rate, 70, 64min);
    CHECK(b.wait_until(124min - 1ns).empty());
    CHECK(b.wait_until(124min) == kinds{kind::began});
    CHECK(b.told.front().why.key.sequence == 4);
}

TEST_CASE("windows: mean, sum, extremes, count and rate over sixteen panes [rules-16]") {
    const auto hr = of(signal::heart_rate);
    SUBCASE("a mean forgets a pane at a time") {
        bench b{{rule("mean", window(window_function::mean, hr, 16min, comparison::less, 50))}};
        CHECK(b.hear("band", signal::heart_rate, 80, 30s).empty());
        CHECK(b.hear("band", signal::heart_rate, 10 + 20, 90s).empty()); // mean 55
        CHECK(b.hear("band", signal::heart_rate, 30, 100s) == kinds{kind::began});
        CHECK(b.hear("band", signal::heart_rate, 70, 110s) == kinds{kind::cleared}); // 52.5
        CHECK(b.wait_until(16min) == kinds{kind::began});                            // the 80 has gone
        CHECK(b.told.front().at == at(16min));
        CHECK(b.wait_until(17min).empty());
        CHECK(b.is("mean") == truth::unknown);
    }
    SUBCASE("fewer readings than asked for are unknown") {
        bench b{{rule("mean", window(window_function::mean, hr, 16min, comparison::less, 50, 3))}};
        b.hear("band", signal::heart_rate, 30, 1s);
        b.hear("band", signal::heart_rate, 30, 2s);
        CHECK(b.is("mean") == truth::unknown);
        CHECK(b.hear("band", signal::heart_rate, 30, 3s) == kinds{kind::began});
    }
    SUBCASE("least, most, sum, count") {
        bench b{{rule("least", window(window_function::least, hr, 16min, comparison::less, 50)),
                 rule("most", window(window_function::most, hr, 16min, comparison::greater, 90)),
                 rule("sum", window(window_function::sum, hr, 16min, comparison::greater, 120)),
                 rule("count", window(window_function::count, hr, 16min, comparison::greater_equal, 3))}};
        CHECK(b.hear("band", signal::heart_rate, 60, 1s).empty());
        CHECK(b.hear("band", signal::heart_rate, 40, 2s) == kinds{kind::began});
        CHECK(b.hear("band", signal::heart_rate, 95, 61s) == kinds{kind::began, kind::began, kind::began});
        CHECK(b.wait_until(16min) == kinds{kind::cleared, kind::cleared, kind::cleared});
        b.wait_until(17min);
        CHECK(b.is("count") == truth::unknown);
    }
    SUBCASE("weight gained a day") {
        bench b{{rule("gain", window(window_function::rate, of(signal::weight), 32h, comparison::greater, 2))}};
        b.hear("band", signal::weight, 70, 0s);
        CHECK(b.is("gain") == truth::unknown);
        b.hear("band", signal::weight, 71, 12h);
        CHECK(b.is("gain") == truth::no);
        CHECK(b.hear("band", signal::weight, 72.25, 24h) == kinds{kind::began});
        CHECK(b.judge.explain(b.when(24h), rule_id{"gain"}).front().nodes.front().value == doctest::Approx(2.25));
    }
    SUBCASE("a late reading goes into its own pane") {
        bench b{{rule("least", window(window_function::least, hr, 16min, comparison::less, 50))}};
        b.hear("band", signal::heart_rate, 60, 9min);
        CHECK(b.hear(b.said("band", signal::heart_rate, 40, 30s), 9min) == kinds{kind::began});
        CHECK(b.wait_until(16min) == kinds{kind::cleared});
    }
}

TEST_CASE("a count of events over a time [rules-16]") {
    bench b{{rule("falls", counted(happens(of(signal::fall)), 16h, comparison::greater_equal, 3))}};
    CHECK(b.is("falls") == truth::unknown); // before the load is judged
    b.wait_until(1s);
    CHECK(b.is("falls") == truth::no);
    b.hear("detector", signal::fall, 1, 10min);
    b.hear("detector", signal::fall, 1, 2h);
    CHECK(b.hear("detector", signal::fall, 1, 3h) == kinds{kind::began});
    CHECK(b.wait_until(16h - 1ns).empty());
    CHECK(b.wait_until(16h) == kinds{kind::cleared});
}

TEST_CASE("times of day are local, and unknown without a synchronised clock [F35] [rules-17]") {
    bench b{
        {rule("out_of_bed", both(lasts(is(of(signal::bed_occupied), false), 30min), during(22 * 60, 6 * 60)))}};
    SUBCASE("out of bed at night") {
        b.hear("mat", signal::bed_occupied, 0, 21h);
        CHECK(b.wait_until(22h - 1ns).empty());
        CHECK(b.wait_until(22h) == kinds{kind::began});
        CHECK(b.wait_until(30h - 1ns).empty());
        CHECK(b.wait_until(30h) == kinds{kind::cleared});
        b.hear("mat", signal::bed_occupied, 0, 40h);
        CHECK(b.wait_until(46h) == kinds{kind::began});
    }
    SUBCASE("without a synchronised clock nobody knows") {
        b.quality_of_clock = clock_quality::restored;
        b.hear("mat", signal::bed_occupied, 0, 21h);
        CHECK(b.wait_until(23h).empty());
        CHECK(b.is("out_of_bed") == truth::unknown);
        b.quality_of_clock = clock_quality::synchronised;
        CHECK(b.wait_until(23h + 1s) == kinds{kind::began});
    }
    SUBCASE("a step of the clock is taken into account") {
        b.hear("mat", signal::bed_occupied, 0, 12h);
        b.wall_ahead = 11h;
        CHECK(b.wait_until(13h) == kinds{kind::began});
        b.wall_ahead = std::chrono::microseconds{0};
        CHECK(b.wait_until(13h + 1s) == kinds{kind::cleared});
    }
}

TEST_CASE("inhibited by a broader condition: told once, and begun when the reason ends [rules-18]") {
    language::alarm_rule narrow = rule("low", below(signal::heart_rate, 40));
    narrow.inhibited_by = {rule_id{"low_battery"}};
    bench b{{rule("low_battery", is(of(signal::battery_low))), narrow}};
    b.hear("band", signal::battery_low, 1, 1s);
    CHECK(b.hear("band", signal::heart_rate, 30, 2s) == kinds{kind::held_down});
    CHECK(b.told.front().held == held_reason::inhibited);
    CHECK(b.told.front().held_by == "low_battery");
    CHECK(b.hear("band", signal::heart_rate, 31, 3s).empty());
    SUBCASE("still true when the reason ends") {
        CHECK(b.hear("band", signal::battery_low, 0, 10s) == kinds{kind::cleared, kind::began});
        CHECK(b.told.back().at == at(10s));
    }
    SUBCASE("over before the reason ends") {
        CHECK(b.hear("band", signal::heart_rate, 50, 4s).empty());
        CHECK(b.hear("band", signal::battery_low, 0, 10s) == kinds{kind::cleared});
    }
    SUBCASE("what is active already stays so") {
        b.hear("band", signal::battery_low, 0, 10s);
        CHECK(b.hear("band", signal::battery_low, 1, 11s) == kinds{kind::began});
        CHECK(b.judge.explain(b.when(11s), rule_id{"low"}).front().active);
        CHECK(b.hear("band", signal::heart_rate, 50, 12s) == kinds{kind::cleared});
    }
}

TEST_CASE("another rule as a condition [rules-16]") {
    bench b{{built_in_fall(), rule("fall_and_low", both(condition("fall"), below(signal::heart_rate, 40)))}};
    b.hear("band", signal::heart_rate, 30, 1s);
    CHECK(b.hear("detector", signal::fall, 1, 2s) == kinds{kind::suspected, kind::began});
    CHECK(b.hear("detector", signal::cancel, 1, 3s) == kinds{kind::cancelled, kind::cleared});
    b.hear("detector", signal::fall, 1, 4s);
    CHECK(b.wait_until(30s) == kinds{kind::confirmed});
    b.close("fall", 31s);
    CHECK(b.wait_until(32s) == kinds{kind::cleared});
    CHECK(b.told.front().at == at(31s));
}

TEST_CASE("three beginnings within a minute are chatter [rules-18]") {
    bench b{{rule("low", below(signal::heart_rate, 40))}};
    for (int i = 0; i < 2; ++i) {
        b.hear("band", signal::heart_rate, 30, i * 20s);
        CHECK_FALSE(b.told.front().chatter);
        b.hear("band", signal::heart_rate, 50, i * 20s + 10s);
    }
    SUBCASE("the third") {
        b.hear("band", signal::heart_rate, 30, 60s - 1ns);
        CHECK(b.told.front().chatter);
    }
    SUBCASE("a minute later it is none") {
        b.hear("band", signal::heart_rate, 30, 60s);
        CHECK_FALSE(b.told.front().chatter);
    }
}

TEST_CASE("a condition that is still true after a person closed it must last anew [F30] [rules-4]") {
    SUBCASE("a time runs anew from the close") {
        bench b{{low_heart_rate()}};
        b.hear("band", signal::heart_rate, 30, 0s);
        CHECK(b.wait_until(60s) == kinds{kind::began});
        b.close("bradycardia", 70s);
        CHECK(b.hear("band", signal::heart_rate, 30, 71s).empty());
        CHECK(b.wait_until(130s - 1ns).empty());
        CHECK(b.wait_until(130s) == kinds{kind::began});
        CHECK(b.told.front().at == at(130s));
    }
    SUBCASE("a bare threshold begins with the next reading, and not before") {
        bench b{{rule("low", below(signal::heart_rate, 40))}};
        b.hear("band", signal::heart_rate, 30, 0s);
        b.close("low", 70s);
        CHECK(b.wait_until(80s).empty());
        CHECK(b.hear("band", signal::spo2, 99, 81s).empty());
        CHECK(b.hear("band", signal::heart_rate, 30, 82s) == kinds{kind::began});
        CHECK(b.told.front().at == at(82s));
        CHECK(b.told.front().why.key.sequence == 3);
    }
    SUBCASE("over by then: nothing is told") {
        bench b{{rule("low", below(signal::heart_rate, 40))}};
        b.hear("band", signal::heart_rate, 30, 0s);
        b.close("low", 70s);
        CHECK(b.hear("band", signal::heart_rate, 50, 82s).empty());
        CHECK(b.hear("band", signal::heart_rate, 30, 83s) == kinds{kind::began});
    }
    SUBCASE("an absence counts from the close") {
        bench b{{rule("still", absent(of(signal::motion), 1h))}};
        b.hear("pir-bath", signal::motion, 1, 0s);
        b.hear("pir-bath", signal::motion, 0, 1min);
        CHECK(b.wait_until(61min) == kinds{kind::began});
        b.close("still", 70min);
        CHECK(b.wait_until(130min - 1ns).empty());
        CHECK(b.wait_until(130min) == kinds{kind::began});
    }
}

TEST_CASE("two residents: a shared room speaks for both, a band for its wearer alone [rules-19]") {
    bench b{{rule("low", below(signal::heart_rate, 40)),
             rule("bath", is(of(signal::motion, scope::in_room, "bathroom"))),
             rule("any", is(of(signal::motion)))},
            home_of_two(),
            {wang, li}};
    CHECK(b.hear("band-li", signal::heart_rate, 30, 1s) == kinds{kind::began});
    CHECK(b.told.front().who == li);
    CHECK(b.hear("pir-bath", signal::motion, 1, 2s) == kinds{kind::began, kind::began});
    CHECK(b.told.front().rule == rule_id{"bath"});
    CHECK(b.told.front().who == wang);
    CHECK(b.told.back().who == li);
    CHECK(b.is("any") == truth::unknown); // in a home of several: the resident's own only
}

TEST_CASE("ties go by rule order, and the same readings give the same story [rules-6]") {
    const auto story = [] {
        bench b{{built_in_fall(), low_heart_rate()}, home_of_two(), {wang, li}};
        b.hear("band", signal::heart_rate, 30, 0s);
        b.hear("detector-li", signal::fall, 1, 40s);
        b.hear("detector", signal::fall, 1, 40s);
        b.wait_until(60s);
        std::string text;
        for (const auto& c : b.told) text += c.rule.str() + "/" + c.who.id + " ";
        return text;
    };
    CHECK(story() == "fall/r-wang fall/r-li bradycardia/r-wang ");
    CHECK(story() == story());
}
