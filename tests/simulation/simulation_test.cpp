// That the simulation is worth something: it repeats itself, and it finds what was put in on purpose. And what it
// has found in the house, as stories of their own.
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/simulation/shrink.hpp"

using namespace anban::simulation;

namespace {

script story_of(std::uint64_t seed, std::vector<deed> deeds, sim_time trouble_ends = 20min) {
    script s;
    s.seed = seed;
    s.trouble_ends = trouble_ends;
    s.ends = trouble_ends + 45min;
    s.deeds = std::move(deeds);
    return s;
}

void must_hold(const script& s) {
    const run_result r = live(s, {.aloud = std::getenv("ANBAN_TRACE") != nullptr});
    CAPTURE(s.seed);
    INFO((r.broken ? r.broken->what : ""));
    CHECK_FALSE(r.broken.has_value());
}

// Within 10,000 steps of some seed, by what it breaks; the same steps without it break nothing.
void must_be_found(defect wrong, const std::vector<invariant>& by) {
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        const script s = draw_script(seed, true);
        const run_result r = live(s, {.wrong = wrong, .steps = 10'000});
        if (!r.broken) continue;
        MESSAGE(name_of(wrong), " found in seed ", seed, " after ", r.steps, " steps: ", r.broken->what);
        CHECK(std::ranges::find(by, r.broken->of) != by.end());
        CHECK_FALSE(live(s, {.steps = 10'000}).broken.has_value());
        return;
    }
    FAIL("no seed has found it");
}

} // namespace

TEST_CASE("a seed decides everything: two lives of it are the same, step by step") {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const script s = draw_script(seed, true);
        const run_result one = live(s, {});
        const run_result again = live(s, {});
        CHECK(one.steps == again.steps);
        CHECK(one.digest == again.digest);
        CHECK(one.digest != live(draw_script(seed + 100, true), {}).digest);
    }
}

TEST_CASE("fifty lives keep every promise [sim-1] [sim-2] [sim-3] [sim-4] [sim-5] [sim-6] [sim-7] [sim-8] [sim-9] "
          "[sim-10]") {
    run_result sum;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        const run_result r = live(draw_script(seed, true), {});
        CAPTURE(seed);
        INFO((r.broken ? r.broken->what : ""));
        CHECK_FALSE(r.broken.has_value());
        for (std::size_t i = 1; i <= invariants; ++i) sum.checked[i] += r.checked[i];
        for (std::size_t i = 0; i < deed_kinds; ++i) sum.deeds[i] += r.deeds[i];
    }
    for (std::size_t i = 1; i <= invariants; ++i) CHECK(sum.checked[i] > 50);
    for (std::size_t i = 0; i < deed_kinds; ++i) {
        CAPTURE(name_of(static_cast<deed_kind>(i)));
        CHECK(sum.deeds[i] > 0);
    }
}

TEST_CASE("an answer before its commit is found [sim-2]") {
    must_be_found(defect::answer_before_commit, {invariant::honest});
}

TEST_CASE("an alarm's id that is drawn at each start is found [sim-1]") {
    must_be_found(defect::drawn_id, {invariant::exactly_once});
}

TEST_CASE("an outbox that takes the broker's word for the centre's is found [sim-1] [sim-2]") {
    must_be_found(defect::forgotten_on_puback, {invariant::exactly_once, invariant::honest});
}

TEST_CASE("a deadline that is not in the journal is found [sim-6]") {
    must_be_found(defect::deadline_not_persisted, {invariant::deadlines});
}

TEST_CASE("a revision's number that is used again after a crash is found [sim-4]") {
    must_be_found(defect::revision_reused, {invariant::revisions});
}

TEST_CASE("a retained press that is taken for a live one is found [sim-10]") {
    must_be_found(defect::retained_press_is_an_edge, {invariant::nothing_invented});
}

TEST_CASE("a long story is shrunk to what breaks it") {
    const run_options options{.wrong = defect::answer_before_commit};
    const script whole = draw_script(1, true);
    REQUIRE(live(whole, options).broken.has_value());
    const shrunk least = shrink(whole, options);
    CHECK(least.result.broken.has_value());
    CHECK(least.story.deeds.size() == 1); // one press says it all
    CHECK(live(least.story, options).broken->of == live(whole, options).broken->of);
}

// ---- What was found
// ---------------------------------------------------------------------------------------------

TEST_CASE("a fall that is certain while an older one is being closed leaves both sides of one mind [sim-3]") {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        for (const auto later : {20s, 45s, 70s, 95s, 120s}) {
            must_hold(story_of(seed, {{60s, deed_kind::fall}, {60s + later, deed_kind::fall}}));
        }
    }
}

TEST_CASE("two starts in a row that no disk can count don't share a number [sim-4]") {
    for (const auto kind : {deed_kind::sync_errors, deed_kind::disk_errors, deed_kind::read_only}) {
        must_hold(story_of(1290, {{300s, deed_kind::link_black_hole, 15min},
                                  {310s, kind, 14min},
                                  {320s, deed_kind::press},
                                  {400s, deed_kind::cut_box},
                                  {560s, deed_kind::cut_box}}));
    }
}

TEST_CASE("a press is told once, also where its past is judged again when the time is known [sim-1]") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        for (const auto later : {4s, 7s, 10s, 13s}) {
            must_hold(story_of(seed, {{60s, deed_kind::fall},
                                      {61s, deed_kind::cut_box},
                                      {60s + later, deed_kind::fall_cancelled, {}, 6'000}}));
        }
    }
}

TEST_CASE("a press told again after a power cut can be closed by whoever saw it before [sim-5]") {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        must_hold(story_of(seed, {{60s, deed_kind::slow_disk, 15min},
                                  {100s, deed_kind::press},
                                  {100s + 400ms, deed_kind::link_down, 8min},
                                  {104s, deed_kind::cut_box}}));
    }
}

TEST_CASE("an alarm that is told anew after it was closed is not left open at the gateway alone [sim-3]") {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        must_hold(story_of(seed, {{50s, deed_kind::read_only, 14s},
                                  {55s, deed_kind::link_slow, 20s},
                                  {60s, deed_kind::press},
                                  {61s, deed_kind::lan_down, 8min},
                                  {63s, deed_kind::cut_box},
                                  {64s, deed_kind::link_down, 5min}}));
    }
}

TEST_CASE("on a dead disk an older press that is taken says nothing of a newer one [sim-2]") {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        must_hold(story_of(seed, {{50s, deed_kind::disk_errors, 10min},
                                  {60s, deed_kind::press},
                                  {61s, deed_kind::link_slow, 5min},
                                  {64s, deed_kind::press},
                                  {67s, deed_kind::press},
                                  {70s, deed_kind::press},
                                  {73s, deed_kind::press}}));
    }
}

TEST_CASE("a hold that ran out while the box was off is told under a number of its own by each start [sim-4]") {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        for (const auto fails : {2ms, 5ms, 8ms, 11ms}) {
            must_hold(story_of(seed, {{60s, deed_kind::fall},
                                      {60s + fails, deed_kind::disk_errors, 15min},
                                      {70s, deed_kind::cut_box},
                                      {280s, deed_kind::cut_box}}));
        }
    }
}

TEST_CASE("a fall whose withdrawal no disk had is confirmed after a crash: when in doubt, raise [sim-6]") {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        must_hold(story_of(seed, {{60s, deed_kind::fall_cancelled, {}, 14'500},
                                  {60s + 100ms, deed_kind::read_only, 5min},
                                  {88s, deed_kind::fall_cancelled, {}, 14'500},
                                  {92s, deed_kind::kill_anband}}));
    }
}
