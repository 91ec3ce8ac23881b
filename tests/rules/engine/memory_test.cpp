// What judging costs in memory. A program of its own: it counts every allocation.
#include <atomic>
#include <cstdlib>
#include <new>

#include <doctest/doctest.h>

#include "tests/rules/engine/bench.hpp"

using namespace anban;
using namespace anban::testing;

namespace {
std::atomic<std::size_t> allocations{0};
} // namespace

void* operator new(std::size_t bytes) {
    ++allocations;
    if (void* place = std::malloc(bytes)) return place;
    throw std::bad_alloc{};
}
void operator delete(void* place) noexcept {
    std::free(place);
}
void operator delete(void* place, std::size_t) noexcept {
    std::free(place);
}

TEST_CASE("judging allocates nothing [rules-20]") {
    using language::comparison;
    using language::window_function;
    bench b{{built_in_fall(),
             rule("low", lasts(below(signal::heart_rate, 40), 1h), lasts(over(signal::heart_rate, 45), 1h)),
             rule("bath", both(last_in(signal::motion, "bathroom"),
                               absent(of(signal::motion, scope::elsewhere, "bathroom"), 4h))),
             rule("mean", window(window_function::mean, of(signal::heart_rate), 10min, comparison::less, 20)),
             rule("usual", against_baseline(signal::heart_rate, comparison::greater, 100)),
             rule("night", both(is(of(signal::bed_occupied), false), during(12 * 60, 13 * 60))),
             rule("score", compare(of(signal::news2), comparison::greater_equal, 21)),
             rule("count", counted(happens(of(signal::activity)), 1h, comparison::greater_equal, 1e9))}};
    std::vector<std::pair<reading, instant>> story;
    for (int i = 0; i < 2000; ++i) {
        const auto t = std::chrono::seconds{i * 7};
        const auto add = [&](const char* device, signal what, double value) {
            story.emplace_back(b.said(device, what, value, t), b.when(t));
        };
        add("band", signal::heart_rate, 50 + i % 30);
        add("pir-bath", signal::motion, i % 3 == 0);
        add("pir-living", signal::motion, i % 5 == 0);
        add("mat", signal::bed_occupied, i % 11 == 0);
        add("door", signal::door_open, i % 2);
    }
    condition_changes told;
    told.reserve(16);
    b.judge.advance(story.front().second, told);
    const std::size_t before = allocations;
    for (const auto& [said, when] : story) b.judge.step(when, said, told);
    CHECK(allocations - before == 0);
    CHECK(told.empty());
}

TEST_CASE("a rule and resident take at most 512 bytes, a rate 1.2 KiB [rules-20]") {
    using language::comparison;
    using language::window_function;
    const auto hr = of(signal::heart_rate);
    const auto largest = [](language::alarm_rule r) { return bench{{std::move(r)}}.judge.largest_state_bytes(); };
    CHECK(largest(built_in_fall()) <= 512);
    CHECK(largest(rule("low", lasts(below(signal::heart_rate, 40), 1h),
                       lasts(over(signal::heart_rate, 45), 1h))) <= 512);
    CHECK(largest(rule("mean", window(window_function::mean, hr, 10min, comparison::less, 20))) <= 512);
    CHECK(largest(rule("bath", both(last_in(signal::motion, "bathroom"),
                                    absent(of(signal::motion, scope::elsewhere, "bathroom"), 4h)))) <= 512);
    CHECK(largest(rule("gain", window(window_function::rate, of(signal::weight), 72h, comparison::greater, 2))) <=
          1228);
}
