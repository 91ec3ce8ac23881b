// Faults that people reported of other systems, in the core of this one.
#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "rules/limits.hpp"
#include "tests/gateway/home/world.hpp"

using namespace anban;
using namespace anban::test;

TEST_CASE("[F6] a button that fires again and again is never suppressed, and suspected [home-13] [home-38]") {
    world w;
    const auto suspects = [&] {
        std::vector<fault> found;
        for (const fault& f : w.core().faults()) {
            if (f.key.starts_with("device.chatters.")) found.push_back(f);
        }
        return found;
    };
    for (std::uint32_t n = 1; n <= 60; ++n) {
        CHECK(all<deliver>(w.press(n)).size() == 1);
        w.commit();
        CHECK(suspects().size() == (n < 3 ? 0U : 1U));
        w.pass(1s);
    }
    // One alarm, each press counted, and the key under suspicion beside it.
    REQUIRE(w.core().alarms().size() == 1);
    const alarm_revision& newest = w.core().alarms().front().newest;
    CHECK(newest.press_count == 60);
    CHECK(newest.because.ends_with("; three times within a minute: it chatters"));
    REQUIRE(suspects().size() == 1);
    CHECK(suspects().front().what_en.contains("60 times"));
    CHECK(suspects().front().what_zh.contains("60 次"));
    w.pass(limits::chatter_quiet);
    w.tell(tick{});
    CHECK(suspects().empty());
    CHECK(all<deliver>(w.press(61)).size() == 1);
    CHECK(suspects().empty());
    CHECK_FALSE(w.core().alarms().front().newest.because.contains("chatters"));
}

TEST_CASE("[F6] who presses now and then, or a copy of a press, puts no key under suspicion [home-38]") {
    world w;
    for (std::uint32_t n = 1; n <= 6; ++n) {
        (void)w.press(n);
        w.commit();
        (void)w.press(n); // asks for its answer again
        w.pass(30s);
    }
    CHECK(std::ranges::none_of(w.core().faults(),
                               [](const fault& f) { return f.key.starts_with("device.chatters."); }));
}

TEST_CASE("[F17] a configuration pushed while 1,000 wait for a link loses none of them [home-22]") {
    world w;
    constexpr std::size_t waiting = 1'000;
    std::set<std::pair<alarm_id, revision_number>> said;
    for (std::uint32_t i = 1; i <= waiting; ++i) {
        for (const deliver& d : all<deliver>(w.press(i))) said.emplace(d.alarm, d.revision);
        w.pass(2s);
    }
    w.commit();
    REQUIRE(said.size() == waiting);
    w.tell(house_changed{small_home(), {}});
    house other = small_home();
    other.devices.pop_back();
    other.residents.pop_back();
    w.tell(house_changed{other, {}});
    w.commit();
    w.crash();
    w.boot();
    w.tell(house_changed{small_home(), {}});
    const auto again = all<deliver>(w.tell(uplink_attached{}));
    std::set<std::pair<alarm_id, revision_number>> handed;
    for (const deliver& d : again) handed.emplace(d.alarm, d.revision);
    CHECK(handed == said);
    for (const deliver& d : again) w.acknowledge(d);
    CHECK(w.core().undelivered() == 0);
}

TEST_CASE("[F29] a duplicate is known by its number, whatever the broker says of it [home-13]") {
    world w;
    REQUIRE(all<deliver>(w.press(1)).size() == 1);
    w.commit();
    for (const auto later : {0s, 1s, 30s, 300s}) {
        w.pass(later);
        CHECK(all<deliver>(w.press(1)).empty()); // the message of a driver has no DUP at all
    }
    CHECK(all<deliver>(w.press(2)).size() == 1);
}
