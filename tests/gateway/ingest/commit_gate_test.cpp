#include "gateway/ingest/commit_gate.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace anban;
using namespace std::chrono_literals;

TEST_CASE("who waits is let go by its own token, before or after it began to wait [ingest-1]") {
    commit_gate gate;
    const auto first = gate.open();
    const auto second = gate.open();
    gate.release(second);
    CHECK(gate.wait(second, 0ms));
    CHECK_FALSE(gate.wait(first, 1ms)); // nobody let it go
    const auto third = gate.open();
    std::jthread other{[&] { gate.release(third); }};
    CHECK(gate.wait(third, 60s));
}
