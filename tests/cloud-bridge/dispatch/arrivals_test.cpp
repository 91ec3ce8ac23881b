#include "cloud-bridge/dispatch/desk/arrivals.hpp"

#include <doctest/doctest.h>

#include "cloud-bridge/dispatch/limits.hpp"

using namespace anban;
using namespace anban::dispatch;

TEST_CASE("life safety overtakes a backlog and keeps a place when the rest is full [dispatch-1]") {
    arrivals waiting;
    const auto put = [&](lane via) { return waiting.put({gateway_id("gw"), std::string(name_of(via)), {}}, via); };
    CHECK(put(lane::p2) == arrivals::put_result::first);
    std::size_t queued = 1;
    while (put(lane::p2) == arrivals::put_result::queued) ++queued;
    CHECK(queued == dispatch::limits::arrivals_waiting - dispatch::limits::arrivals_p0_reserve);
    CHECK(put(lane::p1) == arrivals::put_result::dropped);
    CHECK(waiting.dropped() == 2);
    CHECK(put(lane::p0) == arrivals::put_result::queued);
    CHECK(waiting.take()->bytes == "p0");
    CHECK(waiting.take()->bytes == "p2");
    while (waiting.take()) {
    }
    CHECK(put(lane::p3) == arrivals::put_result::first);
}
