#include "gateway/daemon/health/canary.hpp"

#include <doctest/doctest.h>

#include "gateway/daemon/health/limits.hpp"

using namespace anban;
using namespace std::chrono_literals;
using part = canary::part;

namespace {

constexpr mono_time start{1h};

struct way {
    canary bird;
    std::uint64_t number = 0;

    // Every second for so long; gives the last verdict.
    canary::verdict look(mono_time from, std::chrono::seconds over, bool broker = true, bool ear_waits = false) {
        canary::verdict last;
        for (auto t = 0s; t <= over; t += 1s) {
            last = bird.look(from + t, broker, ear_waits);
            if (last.send) number = *last.send;
        }
        return last;
    }
};

} // namespace

TEST_CASE("a canary every 30 s; while they come back in time all is well [daemon-8]") {
    way w;
    for (auto t = start; t < start + 10min; t += 30s) {
        const auto seen = w.bird.look(t, true, false);
        REQUIRE(seen.send);
        CHECK(seen.well);
        CHECK_FALSE(seen.stuck);
        CHECK_FALSE(w.bird.look(t + 1s, true, false).send);
        w.bird.heard(*seen.send, t + 1s);
        w.bird.judged(*seen.send, t + 2s);
        w.bird.passed(*seen.send);
        CHECK_FALSE(w.bird.look(t + 29s, true, false).send);
        CHECK(w.bird.look(t + 29s, true, false).well);
    }
}

TEST_CASE("which part it stuck in is known, and the watchdog goes hungry [daemon-8]") {
    way w;
    SUBCASE("the broker") {
        CHECK_FALSE(w.look(start, 10s).stuck);
        const auto seen = w.look(start + 11s, 0s);
        CHECK(seen.stuck == part::broker);
        CHECK_FALSE(seen.well);
        CHECK(w.look(start + 12s, 60s).send.has_value() == false);
        // It lost one in good health: the next one comes back.
        way again;
        CHECK(again.look(start, 11s).stuck == part::broker);
        (void)again.look(start + 12s, 19s);
        again.bird.heard(again.number, start + 31s);
        again.bird.judged(again.number, start + 31s);
        again.bird.passed(again.number);
        CHECK(again.look(start + 32s, 0s).well);
    }
    SUBCASE("the core") {
        (void)w.look(start, 1s);
        w.bird.heard(w.number, start + 1s);
        CHECK_FALSE(w.look(start + 2s, 9s).stuck);
        const auto seen = w.look(start + 12s, 0s);
        CHECK(seen.stuck == part::core);
        CHECK_FALSE(seen.well);
    }
    SUBCASE("the journal: told at once, fatal only where it stays away, since no restart mends a card") {
        (void)w.look(start, 1s);
        w.bird.heard(w.number, start + 1s);
        w.bird.judged(w.number, start + 1s);
        const auto seen = w.look(start + 2s, 10s);
        CHECK(seen.stuck == part::journal);
        CHECK(seen.well);
        CHECK(w.look(start + 1s + limits::journal_stuck_for, 0s).well);
        CHECK_FALSE(w.look(start + 2s + limits::journal_stuck_for, 0s).well);
        w.bird.passed(w.number);
        CHECK(w.look(start + 3s + limits::journal_stuck_for, 0s).well);
    }
    SUBCASE("an ear that waits for the journal is not the broker's fault") {
        CHECK(w.look(start, 11s, true, true).stuck == part::journal);
    }
}

TEST_CASE("a broker that is gone is told elsewhere: the canary then begins at the core [daemon-8]") {
    way w;
    (void)w.look(start, 5s);
    const auto lost = w.number;
    const auto seen = w.look(start + 6s, 30s, false);
    CHECK(w.number != lost);
    CHECK_FALSE(seen.stuck);
    w.bird.heard(lost, start + 36s); // late, of no interest
    w.bird.judged(w.number, start + 31s);
    w.bird.passed(w.number);
    CHECK(w.look(start + 37s, 10s, false).well);
}

TEST_CASE("one real commit an hour [daemon-8]") {
    canary bird;
    CHECK_FALSE(bird.commit_due(start));
    CHECK_FALSE(bird.commit_due(start + 59min));
    CHECK(bird.commit_due(start + 60min));
    CHECK_FALSE(bird.commit_due(start + 61min));
    CHECK(bird.commit_due(start + 2h));
}
