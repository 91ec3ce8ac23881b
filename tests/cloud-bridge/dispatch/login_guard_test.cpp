#include "cloud-bridge/dispatch/web/login_guard.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "cloud-bridge/dispatch/limits.hpp"

using namespace anban;
using namespace anban::dispatch;
using namespace std::chrono_literals;

namespace {

constexpr mono_time start{100s};
const login_attempt at_desk{"10.0.0.7", "li"};

std::string address(int n) {
    return fmt::format("192.0.{}.{}", n / 250, n % 250);
}

// Guesses as often as it is let.
void hammer(login_guard& guard, const login_attempt& a, mono_time now) {
    for (int i = 0; i < 1'000 && guard.wait_for(a, now) == 0s; ++i) guard.failed(a, now);
}

} // namespace

TEST_CASE("who guesses is slowed down, and nobody else [dispatch-11]") {
    login_guard guard;
    auto now = start;
    const login_attempt guess{"192.0.2.1", "li"};
    for (int i = 0; i < 5; ++i) {
        CHECK(guard.wait_for(guess, now) == 0s);
        guard.failed(guess, now);
        now += 1s;
    }
    CHECK(guard.wait_for(guess, now) == 55s);
    CHECK(guard.wait_for({"192.0.2.1", "zhang"}, now) == 0s);
    CHECK(guard.wait_for(guess, now + 55s) == 0s);
    guard.succeeded(guess);
    CHECK(guard.wait_for(guess, now) == 0s);
}

TEST_CASE("an operator is not locked out by guesses from elsewhere [dispatch-11]") {
    login_guard guard;
    SUBCASE("one attacker, an operator who was never here") {
        hammer(guard, {"192.0.2.1", "li"}, start);
        CHECK(guard.wait_for({"192.0.2.1", "li"}, start) == 60s);
        CHECK(guard.wait_for(at_desk, start) == 0s);
    }
    SUBCASE("a thousand attackers, an operator at the own desk") {
        guard.succeeded(at_desk);
        for (int i = 0; i < 1'000; ++i) hammer(guard, {address(i), "li"}, start);
        CHECK(guard.wait_for(at_desk, start) == 0s);
        CHECK(guard.wait_for({"198.51.100.1", "li"}, start) == 60s); // a place that nobody knows
    }
    SUBCASE("at the own desk the own mistakes still count") {
        guard.succeeded(at_desk);
        for (int i = 0; i < 5; ++i) guard.failed(at_desk, start);
        CHECK(guard.wait_for(at_desk, start) == 60s);
    }
}

TEST_CASE("many names from one peer are slowed down [dispatch-11]") {
    login_guard guard;
    for (int i = 0; i < 20; ++i) {
        const login_attempt guess{"192.0.2.1", fmt::format("name-{}", i)};
        CHECK(guard.wait_for(guess, start) == 0s);
        guard.failed(guess, start);
    }
    CHECK(guard.wait_for({"192.0.2.1", "another"}, start + 1s) == 59s);
    CHECK(guard.wait_for({"192.0.2.1", ""}, start + 1s) == 59s);
    CHECK(guard.wait_for({"192.0.2.2", "another"}, start + 1s) == 0s);
    CHECK(guard.wait_for({"192.0.2.1", "another"}, start + 60s) == 0s);
}

TEST_CASE("many peers together are slowed down, one-time links are not [dispatch-11]") {
    login_guard guard;
    for (int i = 0; i < 60; ++i) guard.failed({address(i), fmt::format("name-{}", i)}, start);
    CHECK(guard.wait_for({"198.51.100.1", "anybody"}, start) == 60s);
    CHECK(guard.wait_for({"198.51.100.1", ""}, start) == 0s);
    CHECK(guard.wait_for({"198.51.100.1", "anybody"}, start + 60s) == 0s);
}

TEST_CASE("links that are wrong count against their peer [dispatch-11]") {
    login_guard guard;
    for (int i = 0; i < 20; ++i) guard.failed({"192.0.2.1", ""}, start);
    CHECK(guard.wait_for({"192.0.2.1", ""}, start) == 60s);
    CHECK(guard.wait_for({"192.0.2.2", ""}, start) == 0s);
}

TEST_CASE("full tables count what does not fit among all, and give way when a minute has passed [dispatch-11]") {
    login_guard guard;
    const auto most = static_cast<int>(dispatch::limits::names_remembered);
    for (int i = 0; i < most; ++i) guard.failed({address(i), fmt::format("name-{}", i)}, start);
    const login_attempt late{"198.51.100.1", "late"};
    for (int i = 0; i < 5; ++i) guard.failed(late, start + 30s);
    CHECK(guard.wait_for(late, start + 30s) == 30s); // among all
    for (int i = 0; i < 5; ++i) guard.failed(late, start + 60s);
    CHECK(guard.wait_for(late, start + 60s) == 60s);
    for (int i = 0; i < most; ++i) guard.succeeded({address(i), "somebody"});
    guard.succeeded(at_desk);
    for (int i = 0; i < 60; ++i) guard.failed({address(i), "li"}, start + 120s);
    CHECK(guard.wait_for(at_desk, start + 120s) == 0s); // the oldest was forgotten, not the newest
}

TEST_CASE("a peer of IPv6 is its network, one of IPv4 itself [dispatch-11]") {
    CHECK(network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2:ffff::1"));
    CHECK(network_of("2001:db8:1:2:3:4:5:6") != network_of("2001:db8:1:3:3:4:5:6"));
    CHECK(network_of("2001:db8::1") == network_of("2001:db8::ffff:1"));
    CHECK(network_of("2001:db8::1") == "2001:db8:0:0::/64");
    CHECK(network_of("::1") == "0:0:0:0::/64");
    CHECK(network_of("::ffff:192.0.2.1") == "192.0.2.1");
    CHECK(network_of("192.0.2.1") == "192.0.2.1");
    CHECK(network_of("").empty());
}
