// What a restart, a reload and a shelf leave as it was.
#include <doctest/doctest.h>

#include "rules/limits.hpp"
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

// Every kind of condition with a memory.
std::vector<language::alarm_rule> one_of_each() {
    const auto hr = of(signal::heart_rate);
    return {built_in_fall(),
            low_heart_rate(),
            rule("mean", window(window_function::mean, hr, 16min, comparison::less, 50)),
            rule("gain", window(window_function::rate, of(signal::weight), 32h, comparison::greater, 2)),
            rule("falls", counted(happens(of(signal::fall)), 16h, comparison::greater_equal, 2)),
            rule("bath", both(last_in(signal::motion, "bathroom"),
                              absent(of(signal::motion, scope::elsewhere, "bathroom"), 2h))),
            rule("quiet", unheard(hr, 1h)),
            rule("out", alone(becomes(is(of(signal::door_open))), happens(of(signal::activity)), 30min)),
            rule("back", followed(becomes(is(of(signal::door_open))), happens(of(signal::visit_ended)), 1h)),
            rule("night", both(is(of(signal::bed_occupied), false), during(3 * 60, 4 * 60))),
            rule("score", compare(of(signal::news2_single), comparison::greater_equal, 3)),
            rule("up", becomes(is(of(signal::bed_occupied)), false))};
}

} // namespace

TEST_CASE("holds and windows survive a restart [F19] [F20] [rules-5]") {
    bench b{{built_in_fall(), low_heart_rate()}};
    b.hear("detector", signal::fall, 1, 10s);
    b.hear("band", signal::heart_rate, 35, 10s);
    b.wait_until(15s);
    SUBCASE("in time, they fire at their original deadline") {
        b.restart(100s, 3s); // 5 s into the hold, 3 s away
        CHECK(b.wait_until(111999ms).empty());
        CHECK(b.wait_until(112s) == kinds{kind::confirmed});
        CHECK_FALSE(b.told.front().late);
        CHECK(b.told.front().why.key.sequence == 1);
        CHECK(b.told.front().why.device == device_id{"detector"});
        CHECK(b.wait_until(152s) == kinds{kind::began});
        CHECK(b.told.front().why.key.sequence == 2);
    }
    SUBCASE("what ran out meanwhile fires at once and says how late it is") {
        b.restart(100s, 1h);
        CHECK(b.wait_until(100s) == kinds{kind::confirmed, kind::began});
        REQUIRE(b.told.front().late);
        CHECK(*b.told.front().late == 1h - 15s);
        CHECK(*b.told.back().late == 1h - 55s);
    }
    SUBCASE("without any clock a hold fires at once and a time goes on with what remained") {
        b.restart(100s, std::nullopt);
        CHECK(b.wait_until(100s) == kinds{kind::confirmed});
        CHECK_FALSE(b.told.front().late);
        CHECK(b.wait_until(155s - 1ns).empty());
        CHECK(b.wait_until(155s) == kinds{kind::began});
    }
    SUBCASE("a restart at nine tenths of the time, and another one at once") {
        b.wait_until(64s);
        b.restart(7s, 1s);
        b.restart(9s, 1s);
        CHECK(b.wait_until(13s - 1ns).empty());
        CHECK(b.wait_until(13s) == kinds{kind::began});
    }
    SUBCASE("damaged state is refused and changes nothing") {
        const std::string saved = b.judge.snapshot(b.when(15s));
        engine fresh = b.load();
        CHECK_FALSE(fresh.restore("something else", b.when(100s), 0s));
        CHECK_FALSE(fresh.restore("", b.when(100s), 0s));
        for (std::size_t cut = 0; cut < saved.size(); ++cut) {
            CHECK_FALSE(fresh.restore(saved.substr(0, cut), b.when(100s), 0s));
        }
        condition_changes told;
        fresh.advance(b.when(1h), told);
        CHECK(told.empty());
    }
    SUBCASE("state of a rule that changed starts afresh, of one that is gone is left out") {
        const std::string saved = b.judge.snapshot(b.when(15s));
        language::alarm_rule changed = low_heart_rate();
        changed.when.nodes.front().against.value = 41;
        bench other{{changed}};
        REQUIRE(other.judge.restore(saved, other.when(15s), 0s));
        CHECK(other.wait_until(75s - 1ns).empty());
        CHECK(other.wait_until(75s) == kinds{kind::began}); // the value is known, its time counts from the load
    }
}

TEST_CASE("a restart in the middle changes no story [rules-5]") {
    // The same inputs through an engine that lives on and through one that is replaced before each of them.
    bench lives{one_of_each()};
    bench dies{one_of_each()};
    const auto compare_told = [&](int step) {
        std::string all = std::to_string(step) + ":";
        for (const auto& c : lives.told)
            all += " " + c.rule.str() + "/" + std::to_string(static_cast<int>(c.what));
        all += " |";
        for (const auto& c : dies.told) all += " " + c.rule.str() + "/" + std::to_string(static_cast<int>(c.what));
        INFO(all);
        REQUIRE(lives.told.size() == dies.told.size());
        for (std::size_t i = 0; i < lives.told.size(); ++i) {
            const auto& a = lives.told[i];
            const auto& c = dies.told[i];
            CHECK(a.what == c.what);
            CHECK(a.rule == c.rule);
            CHECK(a.at == c.at);
            CHECK(a.why == c.why);
            CHECK(a.room == c.room);
            CHECK(a.chatter == c.chatter);
            CHECK(a.seen == c.seen);
        }
    };
    std::uint32_t seed = 12345;
    const auto draw = [&seed](std::uint32_t below) {
        seed = seed * 1664525U + 1013904223U;
        return (seed >> 8U) % below;
    };
    std::chrono::nanoseconds now{0};
    std::size_t told = 0;
    for (int step = 0; step < 600; ++step) {
        now += std::chrono::seconds{1 + draw(900)};
        struct what_is_said {
            const char* device;
            signal what;
            double value;
        };
        const std::array<what_is_said, 12> possible{{{"band", signal::heart_rate, 30 + draw(40) * 1.0},
                                                     {"band", signal::heart_rate, 35},
                                                     {"band", signal::weight, 70 + draw(5) * 1.0},
                                                     {"band", signal::respiration, 5 + draw(22) * 1.0},
                                                     {"detector", signal::fall, 1},
                                                     {"detector", signal::cancel, 1},
                                                     {"mat", signal::bed_occupied, draw(2) * 1.0},
                                                     {"pir-bath", signal::motion, draw(2) * 1.0},
                                                     {"pir-living", signal::motion, draw(2) * 1.0},
                                                     {"door", signal::door_open, draw(2) * 1.0},
                                                     {"mat", signal::visit_ended, 1},
                                                     {"pir-bath", signal::motion, 1}}};
        const auto& said = possible[draw(possible.size())];
        const auto late =
            std::min<std::chrono::nanoseconds>(now, std::chrono::seconds{draw(3) == 0 ? draw(500) : 0});
        const reading r = lives.said(said.device, said.what, said.value, now - late);
        dies.restart_in_place();
        (void)lives.hear(r, now);
        (void)dies.hear(r, now);
        compare_told(step);
        told += lives.told.size();
    }
    CHECK(told > 100);
}

TEST_CASE("a home of two with every pack's state fits in one journal record [rules-5]") {
    bench b{one_of_each(), home_of_two(), {wang, li}};
    for (int i = 0; i < 200; ++i) {
        const auto t = i * 37s;
        for (const char* device : {"band", "band-li", "mat", "mat-li", "pir-bath", "door"}) {
            b.hear(device, signal::heart_rate, 60 + i % 9, t);
            b.hear(device, signal::motion, i % 2, t);
            b.hear(device, signal::weight, 70.125 + i, t);
        }
    }
    const std::size_t bytes = b.judge.snapshot(b.when(3h)).size();
    CHECK(bytes < limits::journal_record_bytes / 3);
}

TEST_CASE("a shelf has an owner, a reason and an end, and tells at its end what is still true [F30] [rules-18]") {
    bench b{{built_in_fall(), rule("low", below(signal::heart_rate, 40)),
             rule("visit", happens(of(signal::visit_ended)))}};
    b.wait_until(1s);
    const auto shelve = [&](const char* id, std::chrono::nanoseconds until) {
        return b.judge.put_on_shelf(b.when(1s), {.rule = rule_id{id},
                                                 .who = wang,
                                                 .how = held_reason::shelved,
                                                 .owner = "nurse 7",
                                                 .reason = "band is being replaced",
                                                 .until = at(until)});
    };
    SUBCASE("refused") {
        CHECK(shelve("fall", 1h).error() == shelf_refusal::life_safety);
        CHECK(shelve("sos", 1h).error() == shelf_refusal::life_safety);
        CHECK(shelve("no-such-rule", 1h).error() == shelf_refusal::no_such_rule);
        CHECK(shelve("low", 1s).error() == shelf_refusal::no_end);
        CHECK(shelve("low", 24h * 40).error() == shelf_refusal::no_end);
        const shelf nobodys{.rule = rule_id{"low"}, .who = wang, .until = at(1h)};
        CHECK(b.judge.put_on_shelf(b.when(1s), nobodys).error() == shelf_refusal::no_owner);
        CHECK(b.judge.shelves().empty());
    }
    SUBCASE("begins on the shelf, is still true at its end") {
        REQUIRE(shelve("low", 1h));
        CHECK(b.hear("band", signal::heart_rate, 30, 2s) == kinds{kind::held_down});
        CHECK(b.told.front().held == held_reason::shelved);
        CHECK(b.told.front().held_by == "nurse 7: band is being replaced");
        CHECK(b.judge.shelves().size() == 1);
        b.restart(10s, 0s);
        CHECK(b.judge.shelves().front().owner == "nurse 7");
        CHECK(b.wait_until(1h + 8s) == kinds{kind::began});
        CHECK(b.judge.shelves().empty());
    }
    SUBCASE("active before it: stays so, and is told again at its end") {
        CHECK(b.hear("band", signal::heart_rate, 30, 1s) == kinds{kind::began});
        REQUIRE(shelve("low", 1h));
        CHECK(b.hear("band", signal::heart_rate, 31, 2s).empty());
        CHECK(b.wait_until(1h) == kinds{kind::began});
        CHECK(b.told.front().at == at(1h));
    }
    SUBCASE("taken off before its end") {
        REQUIRE(shelve("low", 1h));
        b.hear("band", signal::heart_rate, 30, 2s);
        b.told.clear();
        b.judge.take_off_shelf(b.when(10s), rule_id{"low"}, wang, b.told);
        CHECK(b.said_kinds() == kinds{kind::began});
        CHECK(b.wait_until(2h).empty());
    }
    SUBCASE("an event on the shelf is told as held down, each time") {
        REQUIRE(shelve("visit", 1h));
        CHECK(b.hear("mat", signal::visit_ended, 1, 2s) == kinds{kind::held_down});
        CHECK(b.hear("mat", signal::visit_ended, 1, 3s) == kinds{kind::held_down});
        CHECK(b.hear("mat", signal::visit_ended, 1, 1h + 1s) == kinds{kind::pressed});
    }
    SUBCASE("the green key may be shelved, the red one never") {
        REQUIRE(shelve("service", 1h));
        CHECK(b.hear("band", signal::service, 1, 2s) == kinds{kind::held_down});
        CHECK(b.hear("band", signal::sos, 1, 2s) == kinds{kind::pressed});
    }
}

TEST_CASE("a resident's own baseline: the median of the days before and their spread [rules-16]") {
    bench b{{rule("usual", against_baseline(signal::heart_rate, comparison::greater, 3))}};
    const auto day = [&](int d, double value) {
        for (int i = 0; i < 5; ++i) b.hear("band", signal::heart_rate, value + i - 2, d * 24h + 8h + i * 1min);
    };
    for (int d = 0; d < 5; ++d) {
        day(d, 60 + d % 2);
        CHECK(b.is("usual") == truth::unknown);
    }
    b.wait_until(5 * 24h - 1ns);
    CHECK(b.is("usual") == truth::unknown);
    b.wait_until(5 * 24h); // midnight: five days are known
    CHECK(b.is("usual") == truth::no);
    SUBCASE("restarts and reboots keep it") {
        b.wall_ahead = 5 * 24h; // the box booted anew, its wall clock goes on
        b.restart(3s, 0s);
        CHECK(b.hear("band", signal::heart_rate, 66, 4s).empty());
        CHECK(b.hear("band", signal::heart_rate, 75, 5s) == kinds{kind::began});
    }
    SUBCASE("without a synchronised clock it stays as it was, and nothing is added") {
        b.quality_of_clock = clock_quality::restored;
        for (int d = 5; d < 8; ++d) day(d, 100);
        CHECK(b.is("usual") == truth::yes);
        b.quality_of_clock = clock_quality::synchronised;
        CHECK(b.hear("band", signal::heart_rate, 62, 9 * 24h) == kinds{kind::cleared});
    }
}

TEST_CASE(
    "where the state is too large for a record, holds and alarms are kept and values learned anew [rules-5]") {
    installation h = home_of_one();
    for (int i = 0; i < 250; ++i) h.devices.push_back(installed("sensor-" + std::to_string(i), {}, "hall"));
    std::vector<language::alarm_rule> rules{built_in_fall()};
    for (const signal_facts& f : all_signals()) {
        if (f.kind == signal_kind::quantity && !f.computed) {
            rules.push_back(rule("low-" + std::string{f.name}, below(f.what, f.least)));
        }
    }
    bench b{rules, h};
    for (const auto& d : h.devices) {
        for (const signal_facts& f : all_signals()) {
            if (f.kind == signal_kind::quantity && !f.computed) b.hear(d.id.str(), f.what, f.most, 1s);
        }
    }
    b.hear("detector", signal::fall, 1, 10s);
    const std::string saved = b.judge.snapshot(b.when(10s));
    CHECK(saved.size() <= limits::rule_state_bytes);
    b.restart(10s, 0s);
    CHECK(b.is("low-heart_rate") == truth::unknown);
    b.hear("band", signal::heart_rate, 70, 11s);
    CHECK(b.is("low-heart_rate") == truth::no);
    CHECK(b.wait_until(1min) == kinds{kind::confirmed});
}
