#include "cloud-bridge/uplink/announcement.hpp"

#include <doctest/doctest.h>

#include "cloud-bridge/uplink/limits.hpp"

using namespace anban;
using namespace anban::uplink;
using namespace std::chrono_literals;

namespace {

constexpr mono_time start{100s};

struct chances {
    double next = 1.0;
    [[nodiscard]] announcement make() {
        return announcement{[this] { return next; }};
    }
};

} // namespace

TEST_CASE("a birth that the centre has not answered is said again, ever more rarely [uplink-11]") {
    chances c;
    auto a = c.make();
    CHECK_FALSE(a.next_deadline());
    auto now = start;
    for (const auto wait : {5s, 10s, 20s, 40s, 60s, 60s}) {
        a.sent(now, 7);
        CHECK(a.next_deadline() == now + wait);
        now = *a.next_deadline();
    }
    c.next = 0;
    a.sent(now, 7);
    CHECK(a.next_deadline() == now + 1s); // never a storm
}

TEST_CASE("the centre's greeting ends it, and nothing else does [uplink-11]") {
    chances c;
    auto a = c.make();
    a.sent(start, 7);
    SUBCASE("greeted") {
        CHECK_FALSE(a.greeted(7));
        CHECK_FALSE(a.next_deadline());
        CHECK_FALSE(a.greeted(7)); // the answer to a repeat that was under way
        a.sent(start + 1h, 7);     // anband came back: it begins anew
        CHECK(a.next_deadline() == start + 1h + 5s);
    }
    SUBCASE("an answer to an earlier session asks for this one") {
        CHECK(a.greeted(6));
        CHECK(a.next_deadline());
    }
    SUBCASE("a centre that has not met us asks, also when another had greeted") {
        CHECK_FALSE(a.greeted(7));
        CHECK(a.greeted(0));
    }
    SUBCASE("the session ended") {
        a.ended();
        CHECK_FALSE(a.next_deadline());
        CHECK_FALSE(a.greeted(0));
        a.sent(start, 8);
        CHECK(a.next_deadline() == start + 5s);
    }
}
