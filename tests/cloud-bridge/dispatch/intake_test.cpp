#include <doctest/doctest.h>

#include "tests/cloud-bridge/dispatch/desk_world.hpp"

using namespace anban;
using namespace anban::dispatch;
using namespace anban::dispatch::testing;

TEST_CASE("a revision is shown before it is written and acknowledged only after the commit [dispatch-1]") {
    world w;
    w.hear(sos(1, 1));
    CHECK(w.order == std::vector<std::string>{"show", "write", "write"}); // the second: last sign of life
    CHECK(w.sent.empty());
    CHECK_FALSE(w.file(1).newest_is_stored());

    w.now += 40ms;
    w.commit();
    const auto acks = w.all_sent<wire::ack>();
    REQUIRE(acks.size() == 1);
    CHECK(acks[0].alarm == alarm_number(1));
    CHECK(acks[0].revision == revision_number{1, 1});
    CHECK(acks[0].hash_prefix == wire::hash_prefix(bytes_of(gw1, sos(1, 1))));
    CHECK(acks[0].committed.at == w.now);
    CHECK(w.published[0].topic == "anban/1/dn/gw-0001/ack");
    REQUIRE(w.shown.size() == 1);
    CHECK(w.file(1).newest_is_stored());
}

TEST_CASE("a copy is acknowledged again and has no effect [dispatch-2]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    const auto stored = w.now;
    w.now += 5s;
    w.hear(sos(1, 1));
    const auto acks = w.all_sent<wire::ack>();
    REQUIRE(acks.size() == 1);
    CHECK(acks[0].committed.at == stored);
    CHECK(w.shown.empty());
    CHECK(w.kept.waiting.empty());
    CHECK(w.file(1).presses_total == 1);
}

TEST_CASE("a copy that comes before the commit waits for it [dispatch-2]") {
    world w;
    w.hear(sos(1, 1));
    w.hear(sos(1, 1));
    CHECK(w.order.empty());
    w.commit();
    CHECK(w.all_sent<wire::ack>().size() == 1);
    CHECK(w.kept.revisions.size() == 1);
}

TEST_CASE("a copy after a restart is known [dispatch-2]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    w.restart();
    w.hear(sos(1, 1));
    CHECK(w.all_sent<wire::ack>().size() == 1);
    CHECK(w.file(1).presses_total == 1);
    CHECK(w.kept.revisions.size() == 1);
}

TEST_CASE("what was not committed before a crash is taken as new [dispatch-1]") {
    world w;
    w.hear(sos(1, 1));
    w.restart();
    CHECK(w.d->find(alarm_number(1).hex()) == nullptr);
    w.hear(sos(1, 1));
    CHECK(w.shown.size() == 1);
    w.commit();
    CHECK(w.all_sent<wire::ack>().size() == 1);
    CHECK(w.kept.presses.size() == 1);
}

TEST_CASE("a newer revision updates the alarm, an older one is only recorded [dispatch-2]") {
    world w;
    w.hear_and_commit(sos(1, 3));
    CHECK(w.file(1).newest.press_count == 3);
    w.hear_and_commit(sos(1, 2));
    CHECK(w.file(1).newest.press_count == 3);
    CHECK(w.file(1).revisions.size() == 2);
    CHECK(w.file(1).presses_total == 2);
    auto next_start = sos(1, 1);
    next_start.number = {2, 1};
    next_start.press_count = 9;
    next_start.news.reset();
    w.hear_and_commit(next_start);
    CHECK(w.file(1).newest.press_count == 9);
    CHECK(w.d->list(which::open, 10).size() == 1);
}

TEST_CASE("another content under a known number is kept and shown, and changes nothing [dispatch-2]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    auto other = sos(1, 1);
    other.title_en = "something else";
    other.news = press_number(77);
    w.hear(other);
    CHECK(w.shown.size() == 1);
    w.commit();
    const auto acks = w.all_sent<wire::ack>();
    REQUIRE(acks.size() == 1);
    CHECK(acks[0].hash_prefix == wire::hash_prefix(bytes_of(gw1, other)));
    CHECK(w.file(1).conflicts == 1);
    CHECK(w.file(1).newest.title_en == "SOS");
    CHECK(w.file(1).presses_total == 2); // its press is a press

    w.hear_and_commit(other);
    CHECK(w.all_sent<wire::ack>().size() == 1);
    CHECK(w.file(1).conflicts == 1);
    w.restart();
    CHECK(w.file(1).conflicts == 1);
}

TEST_CASE("a conflict's unseen press reopens a closed alarm [dispatch-4]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    w.must(1, take(0));
    w.must(1, close(1, 1));
    auto other = sos(1, 1);
    other.news = press_number(77);
    w.hear_and_commit(other);
    CHECK(w.file(1).now.at == alarm_progress::open);
}

TEST_CASE("press records are unique by gateway, device, boot and sequence [dispatch-2]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    auto same_press = sos(1, 2);
    same_press.news = sos(1, 1).news;
    w.hear_and_commit(same_press);
    CHECK(w.file(1).presses_total == 1);
    CHECK(w.file(1).ring == revision_number{1, 1}); // nothing that rings again

    auto other_home = sos(9, 1);
    other_home.news = sos(1, 1).news;
    w.hear(gw2, bytes_of(gw2, other_home));
    w.commit();
    CHECK(w.file(9, gw2).presses_total == 1);
    CHECK(w.kept.presses.size() == 2);
}

TEST_CASE("a press marked as a repeat is recorded and does not ring [dispatch-2]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    auto repeat = sos(1, 2);
    repeat.news->repeat = true;
    w.hear_and_commit(repeat);
    CHECK(w.file(1).presses_total == 2);
    CHECK(w.file(1).ring == revision_number{1, 1});
}

TEST_CASE("a suspicion that is confirmed rings [dispatch-4]") {
    world w;
    auto suspected = sos(1, 1);
    suspected.phase = alarm_phase::suspected;
    suspected.of = alarm_class::suspected;
    w.hear_and_commit(suspected);
    w.must(1, take(0));
    auto confirmed = sos(1, 2, false);
    w.hear_and_commit(confirmed);
    CHECK(w.file(1).ring == revision_number{1, 2});
    CHECK(w.ask(1, close(1, 1)) == refusal::newer_press);
}

TEST_CASE("a message under another's name is refused and counted, and its sender stays a stranger [dispatch-5]") {
    world w;
    w.hear(gw2, bytes_of(gw1, sos(1, 1)));
    const auto nacks = w.all_sent<wire::nack>();
    REQUIRE(nacks.size() == 1);
    CHECK(w.published[0].topic == "anban/1/dn/gw-0002/ack"); // never to whom it names
    CHECK(nacks[0].reason == wire::nack_reason::other_gateway);
    CHECK(nacks[0].alarm == alarm_number(1));
    CHECK(nacks[0].revision == revision_number{1, 1});
    CHECK(nacks[0].why == "it was made by gw-0001, not by gw-0002");
    CHECK(w.shown.empty());
    CHECK(w.d->find(alarm_number(1).hex()) == nullptr);
    CHECK(w.d->gateways().at(gw2).refused == 1);
    w.hear(gw2, bytes_of(gw1, wire::birth{.session = 5, .start = 1}, lane::p2));
    CHECK(w.sent.empty());
    CHECK_FALSE(w.d->gateways().contains(gw1));
}

TEST_CASE("what can't be read is answered, counted and harms nothing [dispatch-5]") {
    world w;
    for (const std::string& bad : {std::string("not protobuf"), std::string(), std::string(9'000, 'x'),
                                   bytes_of(gw1, sos(1, 1)).substr(0, 20)}) {
        w.hear(gw1, bad);
        const auto nacks = w.all_sent<wire::nack>();
        REQUIRE(nacks.size() == 1);
        CHECK(nacks[0].reason == wire::nack_reason::bad_envelope);
    }
    CHECK(w.d->gateways().at(gw1).refused == 4);
    w.hear_and_commit(sos(1, 1));
    CHECK(w.all_sent<wire::ack>().size() == 1);
}

TEST_CASE("another home's alarm of the same id stands beside it under its own name [dispatch-5]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    w.hear(gw2, bytes_of(gw2, sos(1, 1)));
    w.commit();
    const auto id = alarm_number(1).hex();
    REQUIRE(w.d->find(id) != nullptr);
    CHECK(w.d->find(id)->key.gateway == gw1);
    REQUIRE(w.d->find(id + "@gw-0002") != nullptr);
    CHECK(w.d->find(id + "@gw-0002")->key.gateway == gw2);
    CHECK(w.d->list(which::open, 10).size() == 2);
    w.restart();
    CHECK(w.d->find(id)->key.gateway == gw1);
    CHECK(w.d->find(id + "@gw-0002")->key.gateway == gw2);
}

TEST_CASE(
    "a store that is full or can't be read delays nothing on the screen and keeps nothing back [dispatch-1]") {
    world w;
    SUBCASE("full") {
        w.kept.capacity = 0;
    }
    SUBCASE("unreadable") {
        w.kept.unreadable = true;
    }
    w.hear(sos(1, 1));
    REQUIRE(w.shown.size() == 1);
    REQUIRE(w.shown[0].instead);
    CHECK_FALSE(w.shown[0].instead->newest_is_stored());
    const auto nacks = w.all_sent<wire::nack>();
    REQUIRE(nacks.size() == 1);
    CHECK(nacks[0].reason == wire::nack_reason::busy);
    CHECK(nacks[0].retry_after_ms > 0);

    w.kept.capacity = 10;
    w.kept.unreadable = false;
    w.hear_and_commit(sos(1, 1));
    CHECK(w.all_sent<wire::ack>().size() == 1);
    CHECK(w.kept.presses.size() == 1);
}

TEST_CASE("an alarm remembers its newest revisions only, and still knows a copy of an old one [dispatch-2]") {
    world w;
    const auto most = static_cast<std::uint32_t>(dispatch::limits::revisions_kept) + 50;
    for (std::uint32_t n = 1; n <= most; ++n) w.hear_and_commit(sos(1, n));
    CHECK(w.file(1).revisions.size() <= dispatch::limits::revisions_kept + 1);
    CHECK(w.file(1).presses.size() == dispatch::limits::presses_kept);
    CHECK(w.file(1).presses_total == most);
    w.hear(sos(1, 1));
    CHECK(w.all_sent<wire::ack>().size() == 1);
    CHECK(w.file(1).presses_total == most);
    CHECK(w.file(1).revisions_total == most);
}
