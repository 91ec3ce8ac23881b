#include "cloud-bridge/dispatch/web/event_feed.hpp"

#include <doctest/doctest.h>

#include "cloud-bridge/dispatch/limits.hpp"

using namespace anban::dispatch;

namespace {

event_feed make(std::uint32_t start = 7) {
    return {start, [] { return std::string("{\"server_time\":\"t\"}"); }};
}

bool always() {
    return true;
}

std::vector<std::string> all(stream_source& s) {
    std::vector<std::string> list;
    while (auto next = s.next()) list.push_back(*next);
    return list;
}

} // namespace

TEST_CASE("a console is greeted first and then hears each change with its id [dispatch-15]") {
    auto feed = make();
    feed.publish("alarm", "a", "{\"x\":0}");
    const auto console = feed.listen("", "{\"version\":\"1\"}", always);
    int woken = 0;
    console->wake = [&] { ++woken; };
    CHECK(all(*console) ==
          std::vector<std::string>{
              "retry: 1000\nevent: hello\nid: 7-1\ndata: {\"version\":\"1\",\"resumed\":false}\n\n"});
    feed.publish("alarm", "a", "{\"x\":1}");
    CHECK(woken == 1);
    CHECK(all(*console) == std::vector<std::string>{"event: alarm\nid: 7-2\ndata: {\"x\":1}\n\n"});
    CHECK(console->sign_of_life() == ": beat\nevent: beat\ndata: {\"server_time\":\"t\"}\n\n");
}

TEST_CASE("a console that comes back gets what it missed, or learns that it must read anew [dispatch-15]") {
    auto feed = make();
    for (int i = 0; i < 5; ++i) feed.publish("alarm", std::to_string(i), "{}");
    const auto resumed = [&](const std::string& id) {
        const auto list = all(*feed.listen(id, "{\"v\":1}", always));
        const bool says = list[0].find("\"resumed\":true") != std::string::npos;
        CHECK((says || list.size() == 1));
        return says ? static_cast<int>(list.size()) - 1 : -1;
    };
    CHECK(resumed("7-3") == 2);
    CHECK(resumed("7-5") == 0);
    CHECK(resumed("7-0") == 5);
    CHECK(resumed("7-6") == -1); // from a future that never was
    CHECK(resumed("6-3") == -1); // of an earlier start
    for (const auto* bad : {"", "7", "7-", "-3", "7-x", "x-3", "7-3x", "99999999999-1"}) CHECK(resumed(bad) == -1);
    for (std::size_t i = 0; i < limits::stream_replay; ++i) feed.publish("alarm", "z", "{}");
    CHECK(resumed("7-3") == -1);
}

TEST_CASE("a slow console gets the newest state of each alarm, and one that is lost is cut off [dispatch-15]") {
    auto feed = make();
    const auto slow = feed.listen("", "{\"v\":1}", always);
    for (int i = 0; i < 10'000; ++i) feed.publish("alarm", i % 2 == 0 ? "a" : "b", std::to_string(i));
    const auto list = all(*slow);
    REQUIRE(list.size() == 3);
    CHECK(list[1].find("data: 9998\n") != std::string::npos);
    CHECK(list[2].find("data: 9999\n") != std::string::npos);
    CHECK_FALSE(slow->cut_off());
    for (std::size_t i = 0; i <= limits::stream_backlog; ++i) feed.publish("alarm", std::to_string(i), "{}");
    CHECK(slow->cut_off());
    CHECK_FALSE(slow->next());
}

TEST_CASE("a console that is welcome no more is cut off [dispatch-15]") {
    auto feed = make();
    bool welcome = true;
    const auto console = feed.listen("", "{}", [&] { return welcome; });
    int woken = 0;
    console->wake = [&] { ++woken; };
    CHECK_FALSE(console->cut_off());
    welcome = false;
    feed.look_again();
    CHECK(woken == 1);
    CHECK(console->cut_off());
}

TEST_CASE("what has gone to a console is told once it is written [dispatch-15]") {
    std::vector<std::string> told;
    event_feed feed(7, [] { return std::string("{}"); }, [&](const std::string& about) { told.push_back(about); });
    feed.publish("alarm", "a", "{}");
    const auto console = feed.listen("7-0", "{}", always);
    for (const auto* expected : {"", "a"}) {
        CHECK(console->next());
        CHECK(told.empty());
        console->written();
        CHECK(told == (*expected == 0 ? std::vector<std::string>{} : std::vector<std::string>{expected}));
    }
    console->written();
    CHECK(told.size() == 1);
}

TEST_CASE("only so many consoles listen at a time [dispatch-15]") {
    auto feed = make();
    std::vector<std::shared_ptr<stream_source>> consoles;
    for (std::size_t i = 0; i < limits::streams; ++i) consoles.push_back(feed.listen("", "{\"v\":1}", always));
    CHECK_FALSE(feed.listen("", "{\"v\":1}", always));
    consoles.pop_back();
    CHECK(feed.listen("", "{\"v\":1}", always));
}
