#include "rules/engine.hpp"

#include <doctest/doctest.h>

using namespace anban;
using namespace std::chrono_literals;
using kind = condition_change::kind;

namespace {

const subject wang{subject::kind::resident, "r-wang"};
const subject li{subject::kind::resident, "r-li"};

mono_time at(std::chrono::nanoseconds since_start) {
    return mono_time{since_start};
}

reading said(signal what, double value, std::chrono::nanoseconds when, subject who = wang, std::uint32_t n = 1) {
    reading r;
    r.what = what;
    r.value = value;
    r.from = {device_id{"d-1"}, {7, n}};
    r.who = std::move(who);
    r.at = at(when);
    return r;
}

rule low_heart_rate() {
    rule r;
    r.id = rule_id{"bradycardia"};
    r.pack = "cardiac";
    r.when = comparison{signal::heart_rate, comparison::op::less, 40};
    r.for_at_least = 60s;
    r.clear = comparison{signal::heart_rate, comparison::op::greater, 45};
    r.clear_for = 120s;
    return r;
}

struct bench {
    engine judge;
    condition_changes told;

    explicit bench(std::vector<std::string> packs = {"cardiac"}) : judge(make(std::move(packs))) {}

    static engine make(std::vector<std::string> packs) {
        rule_set set = built_in_rules();
        set.rules.push_back(low_heart_rate());
        return engine{set, {{wang, packs}, {li, {}}, {subject{}, {}}}};
    }

    std::vector<kind> hear(const reading& r) {
        told.clear();
        judge.step(r.at, r, told);
        return kinds();
    }
    std::vector<kind> wait_until(std::chrono::nanoseconds t) {
        told.clear();
        judge.advance(at(t), told);
        return kinds();
    }
    [[nodiscard]] std::vector<kind> kinds() const {
        std::vector<kind> all;
        for (const auto& c : told) all.push_back(c.what);
        return all;
    }
};

using kinds = std::vector<kind>;

} // namespace

TEST_CASE("a press needs no rule file and is told each time [rules-2]") {
    bench b{{}};
    CHECK(b.hear(said(signal::sos, 1, 1s)) == kinds{kind::pressed});
    CHECK(b.told.front().rule == rule_id{"sos"});
    CHECK(b.hear(said(signal::sos, 1, 2s, wang, 2)) == kinds{kind::pressed});
    CHECK(b.told.front().why.key.sequence == 2);
}

TEST_CASE("a fall is told as suspected at once and confirmed after its hold [rules-3]") {
    bench b;
    CHECK(b.hear(said(signal::fall, 1, 10s)) == kinds{kind::suspected});
    const cause began = b.told.front().why;
    REQUIRE(b.judge.next_deadline());
    CHECK(*b.judge.next_deadline() == at(30s));
    CHECK(b.wait_until(30s - 1ns).empty());
    CHECK(b.wait_until(30s) == kinds{kind::confirmed});
    CHECK(b.told.front().why == began);
    CHECK(b.told.front().at == at(30s));
    CHECK_FALSE(b.judge.next_deadline());
}

TEST_CASE("only its own declared condition ends a hold [rules-3]") {
    bench b;
    SUBCASE("the wearer withdraws it") {
        b.hear(said(signal::fall, 1, 10s));
        CHECK(b.hear(said(signal::cancel, 1, 15s)) == kinds{kind::cancelled});
        CHECK(b.wait_until(60s).empty());
    }
    SUBCASE("somebody else's cancel ends nothing") {
        b.hear(said(signal::fall, 1, 10s));
        CHECK(b.hear(said(signal::cancel, 1, 15s, li)).empty());
        CHECK(b.wait_until(60s) == kinds{kind::confirmed});
    }
    SUBCASE("back in the own bed: from known empty to occupied") {
        b.hear(said(signal::bed_occupied, 0, 5s));
        b.hear(said(signal::fall, 1, 10s));
        CHECK(b.hear(said(signal::bed_occupied, 1, 20s)) == kinds{kind::cancelled});
    }
    SUBCASE("a mat that was unknown or occupied all along ends nothing") {
        b.hear(said(signal::fall, 1, 10s));
        CHECK(b.hear(said(signal::bed_occupied, 1, 20s)).empty());
        CHECK(b.wait_until(60s) == kinds{kind::confirmed});
    }
    SUBCASE("an unknown value ends nothing") {
        b.hear(said(signal::bed_occupied, 0, 5s));
        b.hear(said(signal::fall, 1, 10s));
        reading unknown = said(signal::bed_occupied, 1, 20s);
        unknown.how = quality::unknown;
        CHECK(b.hear(unknown).empty());
        CHECK(b.wait_until(60s) == kinds{kind::confirmed});
    }
    SUBCASE("a cancel at the deadline itself is too late") {
        b.hear(said(signal::fall, 1, 10s));
        CHECK(b.hear(said(signal::cancel, 1, 30s)) == kinds{kind::confirmed});
    }
}

TEST_CASE("a threshold must hold for its whole time and clears with hysteresis [rules-4]") {
    bench b;
    CHECK(b.hear(said(signal::heart_rate, 39, 0s)).empty());
    CHECK(b.hear(said(signal::heart_rate, 38, 59s)).empty());
    SUBCASE("one good value starts it again") {
        CHECK(b.hear(said(signal::heart_rate, 40, 59500ms)).empty());
        CHECK(b.wait_until(600s).empty());
    }
    SUBCASE("true for 60 s: told at the deadline, with the cause that armed it and the newest value") {
        CHECK(b.wait_until(60s) == kinds{kind::began});
        CHECK(b.told.front().why.key.sequence == 1);
        CHECK(b.told.front().seen.front().value == 38);
        CHECK(b.hear(said(signal::heart_rate, 43, 70s)).empty()); // above the limit, below the clear
        CHECK(b.hear(said(signal::heart_rate, 50, 80s)).empty());
        CHECK(b.hear(said(signal::heart_rate, 44, 100s)).empty());
        CHECK(b.hear(said(signal::heart_rate, 50, 200s)).empty());
        CHECK(b.wait_until(319s).empty());
        CHECK(b.wait_until(320s) == kinds{kind::cleared});
    }
    SUBCASE("a resident without the pack has no such rule") {
        CHECK(b.hear(said(signal::heart_rate, 30, 100s, li)) == kinds{kind::began}); // wang's own deadline only
        CHECK(b.told.front().who == wang);
        CHECK(b.wait_until(600s).empty());
    }
}

TEST_CASE("holds and windows survive a restart [rules-5]") {
    bench before;
    before.hear(said(signal::fall, 1, 10s));
    before.hear(said(signal::heart_rate, 35, 10s));
    const std::string saved = before.judge.snapshot(at(15s));
    bench after;
    SUBCASE("in time, they fire at their original deadline") {
        REQUIRE(after.judge.restore(saved, at(100s), 3s)); // 5 s into the hold, 3 s away
        CHECK(after.wait_until(111999ms).empty());
        CHECK(after.wait_until(112s) == kinds{kind::confirmed});
        CHECK_FALSE(after.told.front().late);
        CHECK(after.told.front().why.key.boot == 7);
        CHECK(after.wait_until(152s) == kinds{kind::began});
    }
    SUBCASE("what ran out meanwhile fires at once and says how late it is") {
        REQUIRE(after.judge.restore(saved, at(100s), 1h));
        CHECK(after.wait_until(100s) == kinds{kind::confirmed, kind::began});
        REQUIRE(after.told.front().late);
        CHECK(*after.told.front().late == 1h - 15s);
    }
    SUBCASE("without any clock a hold fires at once and a window goes on with what remained") {
        REQUIRE(after.judge.restore(saved, at(100s), std::nullopt));
        CHECK(after.wait_until(100s) == kinds{kind::confirmed});
        CHECK(after.wait_until(155s - 1ns).empty());
        CHECK(after.wait_until(155s) == kinds{kind::began});
    }
    SUBCASE("damaged state is refused and changes nothing") {
        CHECK_FALSE(after.judge.restore("something else", at(100s), 0s));
        CHECK_FALSE(after.judge.restore(saved.substr(0, saved.size() - 5), at(100s), 0s));
        CHECK_FALSE(after.judge.next_deadline());
    }
    SUBCASE("state of a rule that is gone is left out") {
        bench without{{}};
        REQUIRE(without.judge.restore(saved, at(100s), 0s));
        CHECK(without.wait_until(1h) == kinds{kind::confirmed});
    }
}

TEST_CASE("ties go by rule order, and the same readings give the same story [rules-6]") {
    const auto story = [] {
        bench b;
        b.hear(said(signal::heart_rate, 30, 0s));
        b.hear(said(signal::fall, 1, 40s));
        b.hear(said(signal::fall, 1, 40s, li, 2));
        condition_changes told;
        b.judge.advance(at(60s), told);
        std::string text;
        for (const auto& c : told) text += c.rule.str() + "/" + c.who.id + " ";
        return text;
    };
    CHECK(story() == "fall/r-wang fall/r-li bradycardia/r-wang ");
    CHECK(story() == story());
}

TEST_CASE("a condition that is still true after a person closed it begins anew with the next reading [rules-4]") {
    bench b;
    b.hear(said(signal::heart_rate, 30, 0s));
    CHECK(b.wait_until(60s) == kinds{kind::began});
    b.judge.close(rule_id{"bradycardia"}, wang);
    CHECK(b.hear(said(signal::heart_rate, 30, 61s, wang, 9)).empty());
    CHECK(b.wait_until(121s) == kinds{kind::began});
    CHECK(b.told.front().why.key.sequence == 9);
}

TEST_CASE("a real fall while a test's hold runs is a fall of its own [rules-3]") {
    bench b;
    reading drill = said(signal::fall, 1, 10s);
    drill.test = true;
    b.hear(drill);
    CHECK(b.hear(said(signal::fall, 1, 20s, wang, 2)) == kinds{kind::suspected});
    CHECK_FALSE(b.told.front().test);
    CHECK(b.wait_until(60s) == kinds{kind::confirmed});
    CHECK_FALSE(b.told.front().test);
}
