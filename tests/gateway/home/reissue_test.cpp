// A box joins anew: its outbox still holds what it made under its former id.
#include <doctest/doctest.h>

#include "tests/gateway/home/world.hpp"

using namespace anban;
using namespace anban::test;

namespace {

std::string maker(const deliver& d) {
    return wire::decode(d.envelope)->from.gateway.str();
}

house renamed() {
    house h = small_home();
    h.gateway = gateway_id{"gw-2"};
    return h;
}

// Two presses whose revisions nobody has acknowledged.
std::vector<deliver> two_presses(world& w) {
    std::vector<deliver> sent = all<deliver>(w.press(1));
    w.commit();
    w.pass(2s);
    sent.push_back(all<deliver>(w.press(2)).front());
    w.commit();
    return sent;
}

} // namespace

TEST_CASE("what was made under a former id is said again under the new one, once, in order [home-24]") {
    world w;
    const auto before = two_presses(w);
    w.crash();
    w.rename(renamed());
    w.boot();
    CHECK(all<deliver>(w.tell(tick{})).empty()); // after its commit
    const auto again = all<deliver>(w.commit());
    REQUIRE(again.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(maker(again[i]) == "gw-2");
        CHECK(again[i].alarm == before[i].alarm);
        CHECK(again[i].via == before[i].via);
        CHECK(again[i].revision > before[1].revision);
        CHECK(decoded(again[i]).news->from == decoded(before[i]).news->from);
        CHECK(decoded(again[i]).press_count == decoded(before[i]).press_count);
    }
    CHECK(again[0].revision < again[1].revision);
    CHECK(w.core().alarms().front().newest.number == again[1].revision);
    CHECK(w.core().undelivered() == 2);

    // The answers are those of the presses, and the outbox is empty in the end, on the disk as well.
    w.acknowledge(again[0]);
    CHECK(answers(w.acknowledge(again[1])) == std::vector{answer::stored});
    w.commit();
    CHECK(w.core().undelivered() == 0);
    w.crash();
    w.boot();
    CHECK(all<deliver>(w.tell(uplink_attached{})).empty());
}

TEST_CASE("a crash while what was made under a former id is said again loses nothing [home-24]") {
    world w;
    two_presses(w);
    w.crash();
    w.rename(renamed());
    w.boot();
    w.tell(tick{});
    w.crash(); // before the commit
    w.boot();
    w.tell(tick{});
    w.commit();
    CHECK(w.core().undelivered() == 2);
    w.crash(); // after it
    w.boot();
    const auto handed = all<deliver>(w.tell(uplink_attached{}));
    REQUIRE(handed.size() == 2);
    for (const auto& d : handed) CHECK(maker(d) == "gw-2");
}

TEST_CASE("the centre's word that an id is not ours is followed where it is so, and a fault where not [home-24]") {
    world w;
    const auto sent = two_presses(w);
    SUBCASE("the house was renamed while it ran") {
        w.tell(house_changed{renamed(), rule_packs{}});
        const auto again = all<deliver>(w.commit());
        REQUIRE(again.size() == 2);
        CHECK(maker(again[0]) == "gw-2");
        CHECK(all<forget>(
                  w.tell(centre_nack{.alarm = sent[0].alarm, .revision = sent[0].revision, .other_gateway = true}))
                  .empty());
    }
    SUBCASE("it was made by us: somebody's certificate is another's") {
        const auto out = w.tell(centre_nack{.alarm = sent[0].alarm,
                                            .revision = sent[0].revision,
                                            .other_gateway = true,
                                            .why = "it was made by gw-1"});
        CHECK(all<forget>(out).empty());
        CHECK(w.core().undelivered() == 2);
        REQUIRE_FALSE(w.core().faults().empty());
        CHECK(w.core().faults().front().key == "centre.refuses");
    }
}
