#include <doctest/doctest.h>

#include "tests/cloud-bridge/dispatch/desk_world.hpp"

using namespace anban;
using namespace anban::dispatch;
using namespace anban::dispatch::testing;

TEST_CASE("a deed holds at once, and is answered and told to the gateway after its commit [dispatch-6]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    CHECK_FALSE(w.ask(1, take(0)));
    CHECK(w.answers.empty());
    CHECK(w.sent.empty());
    CHECK(w.ask(1, take(0, "zhang")) == refusal::taken_by_other);

    w.commit();
    REQUIRE(w.answers.size() == 1);
    CHECK_FALSE(w.answers[0].refused);
    const auto receipts = w.all_sent<wire::receipt>();
    REQUIRE(receipts.size() == 1);
    CHECK(receipts[0].progress == alarm_progress::taken);
    CHECK(receipts[0].seen == revision_number{1, 1});
    CHECK(w.published[0].topic == "anban/1/dn/gw-0001/cmd");
}

TEST_CASE("a take before the alarm's own commit waits for it [dispatch-6]") {
    world w;
    w.hear(sos(1, 1));
    CHECK_FALSE(w.ask(1, take(0)));
    CHECK(w.file(1).pending == 2);
    w.commit(1);
    CHECK(w.all_sent<wire::ack>().size() == 1);
    CHECK(w.all_sent<wire::receipt>().empty());
    CHECK(w.answers.empty());
    w.commit();
    CHECK(w.all_sent<wire::receipt>().size() == 1);
    CHECK(w.answers.size() == 1);
}

TEST_CASE("a repeated deed of the same person is granted and told once [dispatch-6]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    w.must(1, take(0));
    w.ask(1, take(0));
    REQUIRE(w.answers.size() == 1);
    CHECK_FALSE(w.answers[0].refused);
    CHECK(w.sent.empty());
    CHECK(w.file(1).actions.size() == 1);
}

TEST_CASE("the whole life of an alarm, and what the gateway hears of it [dispatch-6]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    w.must(1, take(0));
    w.must(1, go(1));
    CHECK(w.all_sent<wire::receipt>().at(0).progress == alarm_progress::on_the_way);
    w.must(1, close(1, 1, "sudden_illness"));
    const auto closed = w.all_sent<wire::receipt>().at(0);
    CHECK(closed.progress == alarm_progress::closed);
    CHECK(closed.code == "sudden_illness");
    CHECK(closed.seen == revision_number{1, 1});
    CHECK(w.d->list(which::open, 10).empty());
    CHECK(w.d->list(which::closed, 10).size() == 1);
    w.restart();
    CHECK(w.file(1).now.at == alarm_progress::closed);
    CHECK(w.file(1).actions.size() == 3);
}

TEST_CASE("a press in the same moment as a close wins [dispatch-4]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    w.must(1, take(0));
    SUBCASE("the press comes first") {
        w.hear(sos(1, 2));
        CHECK(w.ask(1, close(1, 1)) == refusal::newer_press);
        w.commit();
        CHECK(w.file(1).now.at == alarm_progress::taken);
    }
    SUBCASE("the close comes first, and both are committed together") {
        CHECK_FALSE(w.ask(1, close(1, 1)));
        w.hear(sos(1, 2));
        CHECK(w.file(1).now.at == alarm_progress::open);
        w.commit();
        CHECK(w.file(1).now.at == alarm_progress::open);
        CHECK(w.file(1).now.reopened);
        CHECK(w.file(1).now.epoch == 2);
        w.restart();
        CHECK(w.file(1).now.at == alarm_progress::open);
        CHECK(w.file(1).now.epoch == 2);
    }
    SUBCASE("the close is committed, the press comes a day later") {
        w.must(1, close(1, 1));
        w.now += 24h;
        w.hear(sos(1, 2));
        CHECK(w.shown.size() == 1);
        w.commit();
        CHECK(w.file(1).now.at == alarm_progress::open);
        CHECK(w.file(1).actions.back().what == "reopen");
        CHECK(w.ask(1, take(1)) == refusal::stale_epoch);
        CHECK_FALSE(w.ask(1, take(2)));
    }
    SUBCASE("what brings no press does not reopen") {
        w.must(1, close(1, 1));
        auto cleared = sos(1, 2, false);
        cleared.phase = alarm_phase::cleared;
        w.hear_and_commit(cleared);
        CHECK(w.file(1).now.at == alarm_progress::closed);
    }
    SUBCASE("a close that the gateway refused is taken back, though it brings no press") {
        w.must(1, close(1, 1));
        auto refused = sos(1, 2, false);
        refused.close_refused = true;
        w.hear_and_commit(refused);
        CHECK(w.file(1).now.at == alarm_progress::open);
        CHECK(w.file(1).ring == refused.number);
        w.hear_and_commit(refused); // told twice, opened once
        CHECK(w.file(1).now.epoch == 2);
    }
}

TEST_CASE("write sets of two lanes that are committed out of order end in the newest state [dispatch-1]") {
    world w;
    auto suspected = sos(1, 1);
    suspected.phase = alarm_phase::suspected;
    w.hear(suspected, lane::p1);
    w.hear(sos(1, 2, false), lane::p0);
    std::swap(w.kept.waiting.front(), w.kept.waiting.back());
    w.commit();
    w.restart();
    CHECK(w.file(1).newest.number == revision_number{1, 2});
    CHECK(w.file(1).revisions.size() == 2);
}

TEST_CASE("at birth each side learns what the other holds [dispatch-7]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    w.hear_and_commit(sos(2, 1));
    w.must(2, take(0));
    w.hear_and_commit(sos(3, 1));
    w.must(3, take(0));
    w.must(3, close(1, 1));
    w.step(receipt_told{{gw1, alarm_number(3)}, w.file(3).change});
    w.commit();
    wire::birth b{.session = 5, .start = 1};
    b.open = {{alarm_number(1), {1, 1}, alarm_progress::open}, {alarm_number(9), {1, 4}, alarm_progress::open}};
    SUBCASE("a named open one, an unnamed open one, an unknown one") {
        w.hear(gw1, bytes_of(gw1, b, lane::p2));
        const auto receipts = w.all_sent<wire::receipt>();
        REQUIRE(receipts.size() == 2);
        CHECK(receipts[0].alarm == alarm_number(1));
        CHECK(receipts[0].progress == alarm_progress::open);
        CHECK(receipts[1].alarm == alarm_number(2));
        CHECK(receipts[1].progress == alarm_progress::taken);
        const auto nacks = w.all_sent<wire::nack>();
        REQUIRE(nacks.size() == 1);
        CHECK(nacks[0].alarm == alarm_number(9));
        CHECK(nacks[0].reason == wire::nack_reason::unknown_alarm);
    }
    SUBCASE("one that the gateway still holds open and the centre has closed") {
        b.open = {{alarm_number(3), {1, 1}, alarm_progress::taken}};
        w.hear(gw1, bytes_of(gw1, b, lane::p2));
        const auto receipts = w.all_sent<wire::receipt>();
        REQUIRE(receipts.size() == 3);
        CHECK(receipts[0].alarm == alarm_number(3));
        CHECK(receipts[0].progress == alarm_progress::closed);
    }
    SUBCASE("another home's alarms are not told") {
        w.hear(gw2, bytes_of(gw2, wire::birth{.session = 6, .start = 1}, lane::p2));
        CHECK(w.all_sent<wire::receipt>().empty());
        CHECK(w.all_sent<wire::nack>().empty());
    }
}

TEST_CASE("a birth is answered with a greeting behind all else, and one that could not be answered is not "
          "[dispatch-7]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    wire::birth b{.session = 5, .start = 1};
    b.open = {{alarm_number(1), {1, 1}, alarm_progress::open}, {alarm_number(9), {1, 4}, alarm_progress::open}};
    SUBCASE("answered") {
        w.hear(gw1, bytes_of(gw1, b, lane::p2));
        REQUIRE(w.all_sent<wire::greeting>().size() == 1);
        CHECK(w.all_sent<wire::greeting>()[0].session == 5);
        CHECK(std::holds_alternative<wire::greeting>(w.sent.back().what));
        CHECK(w.published.back().topic == "anban/1/dn/gw-0001/cmd");
    }
    SUBCASE("nothing open") {
        b.open.clear();
        w.hear(gw2, bytes_of(gw2, b, lane::p2));
        REQUIRE(w.sent.size() == 1);
        CHECK(w.all_sent<wire::greeting>().at(0).session == 5);
    }
    SUBCASE("the store can't be read") {
        w.kept.unreadable = true;
        w.hear(gw1, bytes_of(gw1, b, lane::p2));
        CHECK(w.all_sent<wire::greeting>().empty());
    }
}

TEST_CASE("a centre asks a gateway that it has not met for its birth [dispatch-7]") {
    world w;
    const auto beat = bytes_of(gw1, wire::heartbeat{1, 0, 0}, lane::p3);
    for (int i = 0; i < 2; ++i) {
        w.hear(gw1, beat);
        REQUIRE(w.all_sent<wire::greeting>().size() == 1);
        CHECK(w.all_sent<wire::greeting>()[0].session == 0);
    }
    w.hear(gw1, bytes_of(gw1, wire::birth{.session = 5, .start = 1}, lane::p2));
    w.hear(gw1, beat);
    CHECK(w.sent.empty());
    w.restart();
    w.hear(gw1, beat);
    CHECK(w.all_sent<wire::greeting>().size() == 1);
}

TEST_CASE("a birth is told only what is committed [dispatch-7]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    w.ask(1, take(0));
    w.hear(sos(2, 1));
    wire::birth b{.session = 5, .start = 1};
    b.open = {{alarm_number(1), {1, 1}, alarm_progress::open}, {alarm_number(2), {1, 1}, alarm_progress::open}};
    w.hear(gw1, bytes_of(gw1, b, lane::p2));
    const auto receipts = w.all_sent<wire::receipt>();
    REQUIRE(receipts.size() == 1);
    CHECK(receipts[0].progress == alarm_progress::open);
    CHECK(w.all_sent<wire::nack>().empty());
}

TEST_CASE("a gateway that has forgotten what people did is told with its next revision [dispatch-7]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    w.must(1, take(0));
    auto again = sos(1, 5); // its disk failed: the press that it tells anew is no news here
    again.news = sos(1, 1).news;
    SUBCASE("taken") {
        w.hear_and_commit(again);
        const auto receipts = w.all_sent<wire::receipt>();
        REQUIRE(receipts.size() == 1);
        CHECK(receipts[0].progress == alarm_progress::taken);
        CHECK(w.all_sent<wire::ack>().size() == 1);
    }
    SUBCASE("closed, by one who had not seen what it calls its newest call: it may refuse") {
        w.must(1, close(1, 1));
        w.hear_and_commit(again);
        const auto receipts = w.all_sent<wire::receipt>();
        REQUIRE(receipts.size() == 1);
        CHECK(receipts[0].progress == alarm_progress::closed);
        CHECK(receipts[0].seen == revision_number{1, 1});
        CHECK_FALSE(w.file(1).open());
        auto refused = sos(1, 6, false);
        refused.close_refused = true;
        w.hear_and_commit(refused);
        CHECK(w.file(1).open());
    }
    SUBCASE("known: nothing") {
        again.progress = alarm_progress::taken;
        w.hear_and_commit(again);
        CHECK(w.all_sent<wire::receipt>().empty());
    }
}

TEST_CASE("a receipt that nobody heard is sent again when the link is back, until it was heard [dispatch-7]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    w.must(1, take(0));
    const auto told = receipt_told{w.published.at(0).key, w.published.at(0).change.value()};
    SUBCASE("the centre was killed after the commit") {
        w.restart();
    }
    SUBCASE("the link was lost") {}
    w.step(link_up{});
    REQUIRE(w.all_sent<wire::receipt>().size() == 1);
    CHECK(w.all_sent<wire::receipt>()[0].progress == alarm_progress::taken);
    w.step(told);
    w.commit();
    w.step(link_up{});
    CHECK(w.sent.empty());
    w.restart();
    w.step(link_up{});
    CHECK(w.sent.empty());
}

TEST_CASE("a receipt that was heard does not stand for a later one [dispatch-7]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    w.must(1, take(0));
    receipt_told first{w.published.at(0).key, w.published.at(0).change.value()};
    w.ask(1, go(1));
    SUBCASE("the first one") {}
    SUBCASE("a repair that was sent while the later deed was not committed") {
        w.hear(gw1, bytes_of(gw1, wire::birth{.session = 5, .start = 1}, lane::p2));
        REQUIRE(w.all_sent<wire::receipt>().at(0).progress == alarm_progress::taken);
        first.change = w.published.at(0).change.value();
    }
    w.step(first);
    w.commit();
    w.restart();
    w.step(link_up{});
    REQUIRE(w.all_sent<wire::receipt>().size() == 1);
    CHECK(w.all_sent<wire::receipt>()[0].progress == alarm_progress::on_the_way);
}

TEST_CASE("the counter of what is sent down rises over restarts [dispatch-7]") {
    world w;
    w.hear_and_commit(sos(1, 1));
    const auto before = w.sent.at(0).counter;
    w.restart();
    w.hear(sos(1, 1));
    CHECK(w.sent.at(0).counter > before);
}

TEST_CASE("open alarms stand by priority, then age; closed ones newest first [dispatch-8]") {
    world w;
    auto low = sos(1, 1);
    low.urgency = priority::low;
    w.hear_and_commit(low);
    w.now += 1s;
    w.hear_and_commit(sos(2, 1));
    w.now += 1s;
    w.hear_and_commit(sos(3, 1));
    const auto ids = [&](which which_ones) {
        std::vector<alarm_id> list;
        for (const auto* file : w.d->list(which_ones, 10)) list.push_back(file->key.alarm);
        return list;
    };
    CHECK(ids(which::open) == std::vector{alarm_number(2), alarm_number(3), alarm_number(1)});
    w.must(3, take(0));
    w.must(3, close(1, 1));
    w.must(2, take(0));
    w.must(2, close(1, 1));
    CHECK(ids(which::closed) == std::vector{alarm_number(2), alarm_number(3)});
    CHECK(ids(which::all) == std::vector{alarm_number(1), alarm_number(2), alarm_number(3)});
    CHECK(w.d->list(which::all, 2).size() == 2);
}

TEST_CASE("closed alarms leave memory and are found again [dispatch-8]") {
    world w;
    const auto most = dispatch::limits::closed_kept + 20;
    for (std::size_t i = 0; i < most; ++i) {
        auto r = sos(1, 1);
        std::array<std::uint8_t, 16> bytes{};
        bytes[0] = static_cast<std::uint8_t>(i >> 8);
        bytes[1] = static_cast<std::uint8_t>(i);
        r.id = alarm_id(bytes);
        r.news = press_number(static_cast<std::uint32_t>(i + 1));
        w.now += 1s;
        w.hear_and_commit(r);
        for (const auto& asked : {take(0), close(1, 1)}) {
            w.step(asked_deed{++w.token, r.id.hex(), asked});
            w.commit();
        }
    }
    CHECK(w.d->list(which::closed, 100'000).size() == dispatch::limits::closed_kept);
    const auto first = alarm_id{}.hex();
    REQUIRE(w.d->find(first) != nullptr);
    CHECK(w.d->find(first)->now.at == alarm_progress::closed);
    auto late = sos(1, 2);
    late.id = alarm_id{};
    late.news = press_number(9'999);
    w.hear_and_commit(late);
    CHECK(w.d->list(which::open, 10).size() == 1);
}

TEST_CASE("a deed on an alarm that is not there, or while the store is full, is answered at once [dispatch-6]") {
    world w;
    w.ask(7, take(0));
    REQUIRE(w.answers.size() == 1);
    CHECK(w.answers[0].failed == lookup::no_such_alarm);
    w.hear_and_commit(sos(1, 1));
    w.kept.capacity = 0;
    w.ask(1, take(0));
    REQUIRE(w.answers.size() == 1);
    CHECK(w.answers[0].failed == lookup::store_busy);
    CHECK(w.file(1).now.at == alarm_progress::open);
}

TEST_CASE("a home's last sign of life outlives a restart [dispatch-8]") {
    world w;
    w.hear(gw1, bytes_of(gw1, wire::heartbeat{1, 2, 3}, lane::p3));
    CHECK(w.d->gateways().at(gw1).last_seen == w.now);
    CHECK(w.d->gateways().at(gw1).outbox == 2);
    w.commit();
    const auto then = w.now;
    w.now += 10s;
    w.hear(gw1, bytes_of(gw1, wire::heartbeat{1, 2, 3}, lane::p3));
    CHECK(w.kept.waiting.empty()); // at most one row a minute
    w.restart();
    CHECK(w.d->gateways().at(gw1).last_seen == then);
}
