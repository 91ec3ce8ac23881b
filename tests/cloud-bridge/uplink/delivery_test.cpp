// The uplink's decisions in virtual time: a network that takes, acknowledges or loses what it is given.
#include "cloud-bridge/uplink/delivery.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

using namespace anban;
using namespace anban::uplink;
using namespace std::chrono_literals;

namespace {

alarm_id id(std::uint32_t number) {
    std::array<std::uint8_t, alarm_id::size> bytes{};
    for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
    return alarm_id{bytes};
}

deliver_request request(lane l, std::uint32_t number, std::uint32_t n = 1) {
    return {id(number), {1, n}, l, "envelope " + std::to_string(number) + "." + std::to_string(n)};
}

wire::ack ack_for(const publish& p) {
    return {p.alarm, p.revision, wire::hash_prefix(p.envelope), {}, 60};
}

// A delivery, its clock, and what it has published.
struct stage {
    mono_time now{};
    double chance = 0.5;
    delivery d;
    std::vector<publish> sent;
    std::vector<shed> lost;
    int asked = 0;
    bool broker_takes = true; // ends each flight at once

    explicit stage(delivery_bounds bounds = {}) : d([this] { return chance; }, bounds) {}

    void give(const delivery_input& in) {
        for (auto& o : d.step(now, in)) {
            if (auto* p = std::get_if<publish>(&o)) sent.push_back(*p);
            if (auto* s = std::get_if<shed>(&o)) lost.push_back(*s);
            if (std::holds_alternative<ask_again>(o)) ++asked;
        }
        while (broker_takes && answered < sent.size()) give(flight_ended{sent[answered++].flight, true});
    }

    // Runs every deadline up to and including `until`.
    void run_until(mono_time until) {
        while (d.next_deadline() && *d.next_deadline() <= until) {
            now = std::max(now, *d.next_deadline());
            give(tick{});
        }
        now = until;
    }

    std::vector<double> times_of(const alarm_id& alarm, mono_clock::duration upto) {
        std::vector<double> seconds;
        const mono_time end = now + upto;
        std::size_t seen = 0;
        const auto note = [&] {
            for (; seen < sent.size(); ++seen) {
                if (sent[seen].alarm == alarm) {
                    seconds.push_back(std::chrono::duration<double>(now.time_since_epoch()).count());
                }
            }
        };
        note();
        while (d.next_deadline() && *d.next_deadline() <= end) {
            now = *d.next_deadline();
            give(tick{});
            note();
        }
        now = end;
        return seconds;
    }

private:
    std::size_t answered = 0;
};

} // namespace

TEST_CASE("in a standing session p0 and p1 go at once, p2 within its first delay [uplink-3]") {
    stage s;
    s.give(session_began{});
    s.give(request(lane::p0, 1));
    s.give(request(lane::p1, 2));
    s.give(request(lane::p2, 3));
    REQUIRE(s.sent.size() == 2);
    CHECK(s.sent[0].via == lane::p0);
    CHECK(s.sent[0].first);
    CHECK(s.sent[0].envelope == "envelope 1.1");
    CHECK(s.sent[1].via == lane::p1);
    s.run_until(mono_time{15s});
    const auto p2 = std::ranges::find(s.sent, lane::p2, &publish::via);
    CHECK(p2 != s.sent.end());
}

TEST_CASE("a p0 goes first although a thousand p2 wait [uplink-3]") {
    stage s;
    s.chance = 0;
    for (std::uint32_t i = 0; i < 1000; ++i) s.give(request(lane::p2, i));
    s.broker_takes = false;
    s.give(session_began{});
    s.give(tick{});
    const std::size_t before = s.sent.size();
    CHECK(before == uplink::limits::in_flight - uplink::limits::in_flight_for_p0_alone);
    s.give(request(lane::p0, 5000));
    REQUIRE(s.sent.size() == before + 1);
    CHECK(s.sent.back().via == lane::p0);
    // And when all of it waits for a session.
    stage t;
    t.chance = 0;
    for (std::uint32_t i = 0; i < 1000; ++i) t.give(request(lane::p2, i));
    t.give(request(lane::p1, 4999));
    t.give(request(lane::p0, 5000));
    t.give(session_began{});
    t.give(tick{});
    REQUIRE(t.sent.size() >= 1002);
    CHECK(t.sent[0].via == lane::p0);
    CHECK(t.sent[1].via == lane::p1);
}

TEST_CASE(
    "after an outage the newest state of each alarm goes before history, the newest alarm first [uplink-3]") {
    stage s;
    s.give(request(lane::p0, 1, 1));
    s.give(request(lane::p0, 1, 2));
    s.give(request(lane::p0, 2, 1));
    s.give(request(lane::p0, 1, 3));
    s.give(request(lane::p0, 3, 1));
    s.broker_takes = false;
    s.give(session_began{});
    REQUIRE(s.sent.size() == 5);
    CHECK(s.sent[0].envelope == "envelope 3.1");
    CHECK(s.sent[1].envelope == "envelope 1.3");
    CHECK(s.sent[2].envelope == "envelope 2.1");
    CHECK(s.sent[3].envelope == "envelope 1.2");
    CHECK(s.sent[4].envelope == "envelope 1.1");
}

TEST_CASE("without an Ack a p0 is sent again after 1, 2, 5, 10, 10 … s for ever [uplink-4]") {
    stage s;
    s.give(session_began{});
    s.give(request(lane::p0, 1));
    CHECK(s.times_of(id(1), 60s) == std::vector<double>{0, 1, 3, 8, 18, 28, 38, 48, 58});
    CHECK(std::ranges::count(s.sent, true, &publish::first) == 1);
    s.run_until(mono_time{24h});
    const std::size_t after_a_day = s.sent.size();
    s.run_until(mono_time{24h + 10s});
    CHECK(s.sent.size() == after_a_day + 1);
}

TEST_CASE("p1 and p2 back off with full jitter within their bounds [uplink-4]") {
    for (const double chance : {0.0, 0.5, 0.999}) {
        stage s;
        s.chance = chance;
        s.give(session_began{});
        s.give(request(lane::p1, 1));
        s.give(request(lane::p2, 2));
        const auto p1 = s.times_of(id(1), 1h);
        for (std::size_t i = 1; i < p1.size(); ++i) {
            const double whole = std::min(2.0 * std::pow(2, static_cast<double>(i - 1)), 60.0);
            CHECK(p1[i] - p1[i - 1] == doctest::Approx(std::max(1.0, chance * whole)));
        }
        CHECK(p1.size() > 50);
    }
    stage s;
    s.chance = 0.999;
    s.give(session_began{});
    s.give(request(lane::p2, 2));
    const auto p2 = s.times_of(id(2), 2h);
    REQUIRE(p2.size() > 8);
    CHECK(p2[0] == doctest::Approx(29.97));
    CHECK(p2[1] - p2[0] == doctest::Approx(9.99));
    CHECK(p2.back() - p2[p2.size() - 2] == doctest::Approx(299.7));
}

TEST_CASE("only an Ack of the same alarm, revision and content ends the repeats, and a second one does no harm "
          "[uplink-5]") {
    stage s;
    s.give(session_began{});
    s.give(request(lane::p0, 1, 7));
    wire::ack a = ack_for(s.sent.at(0));
    for (auto wrong :
         {wire::ack{id(2), a.revision, a.hash_prefix, {}, 0}, wire::ack{a.alarm, {1, 6}, a.hash_prefix, {}, 0},
          wire::ack{a.alarm, {2, 7}, a.hash_prefix, {}, 0}, wire::ack{a.alarm, a.revision, 1, {}, 0}}) {
        s.give(wrong);
        CHECK(s.d.queued() == 1);
    }
    s.give(a);
    CHECK(s.d.queued() == 0);
    s.give(a);
    s.run_until(mono_time{1h});
    CHECK(s.sent.size() == 1);
    CHECK_FALSE(s.d.next_deadline().has_value());
}

TEST_CASE("an Ack that overtakes the broker's own acknowledgement frees the place [uplink-5]") {
    stage s;
    s.broker_takes = false;
    s.give(session_began{});
    for (std::uint32_t i = 0; i < 100; ++i) s.give(request(lane::p0, i));
    CHECK(s.sent.size() == uplink::limits::in_flight);
    for (std::size_t i = 0; i < s.sent.size(); ++i) {
        s.give(ack_for(s.sent[i]));
        s.give(flight_ended{s.sent[i].flight, true});
    }
    CHECK(s.sent.size() == 100);
    CHECK(s.d.queued() == 0);
}

TEST_CASE("what is forgotten by anband is not sent again [uplink-5]") {
    stage s;
    s.give(request(lane::p0, 1));
    s.give(forget_request{id(1), {1, 1}});
    s.give(forget_request{id(1), {1, 1}});
    s.give(session_began{});
    CHECK(s.sent.empty());
}

TEST_CASE("everything is sent again after a reconnect, at once and with its retries from the start [uplink-6]") {
    stage s;
    s.give(session_began{});
    s.give(request(lane::p0, 1));
    s.give(request(lane::p1, 2));
    s.run_until(mono_time{30s});
    s.give(session_ended{});
    CHECK_FALSE(s.d.next_deadline().has_value());
    s.run_until(mono_time{100s});
    const std::size_t before = s.sent.size();
    s.give(request(lane::p0, 3));
    CHECK(s.sent.size() == before);
    s.give(session_began{});
    REQUIRE(s.sent.size() == before + 3);
    CHECK(s.sent[before].envelope == "envelope 3.1");
    CHECK(s.sent[before + 1].envelope == "envelope 1.1");
    CHECK_FALSE(s.sent[before + 1].first);
    CHECK(s.times_of(id(1), 4s).size() >= 2);
}

TEST_CASE("a publication that the network gives back or never ends is sent again [uplink-6]") {
    stage s;
    s.broker_takes = false;
    s.give(session_began{});
    s.give(request(lane::p0, 1));
    s.give(flight_ended{s.sent.at(0).flight, false});
    s.run_until(mono_time{1s});
    CHECK(s.sent.size() == 2);
    s.run_until(mono_time{1s + uplink::limits::in_flight_at_most});
    CHECK(s.sent.size() == 3);
    s.give(flight_ended{s.sent[0].flight, true}); // long over
    s.give(flight_ended{12'345, true});
    CHECK(s.sent.size() == 3);
}

TEST_CASE("a Nack sets the time of the next try [uplink-7]") {
    stage s;
    s.give(session_began{});
    s.give(request(lane::p0, 1));
    s.give(wire::nack{id(1), {1, 1}, wire::nack_reason::busy, 3000, ""});
    s.run_until(mono_time{2999ms});
    CHECK(s.sent.size() == 1);
    s.run_until(mono_time{3s});
    CHECK(s.sent.size() == 2);
    s.give(wire::nack{id(1), {1, 1}, wire::nack_reason::bad_envelope, 0, ""});
    s.run_until(mono_time{62s});
    CHECK(s.sent.size() == 2);
    s.run_until(mono_time{63s});
    CHECK(s.sent.size() == 3);
    s.give(wire::nack{id(1), {1, 1}, wire::nack_reason::busy, 0xffffffff, ""});
    s.run_until(mono_time{63s + uplink::limits::busy_most});
    CHECK(s.sent.size() == 4);
    s.give(wire::nack{id(9), {1, 1}, wire::nack_reason::busy, 0, ""});
    CHECK(s.d.queued() == 1);
}

TEST_CASE("handed over twice is sent once [uplink-8]") {
    stage s;
    s.give(session_began{});
    s.give(request(lane::p0, 1));
    s.give(request(lane::p0, 1));
    CHECK(s.sent.size() == 1);
    CHECK(s.d.queued() == 1);
}

TEST_CASE("a full queue sheds p2 first, then p1, the oldest history first, and never p0 [uplink-8]") {
    stage s({.revisions = 10, .bytes = 1'000'000});
    for (std::uint32_t i = 0; i < 4; ++i) s.give(request(lane::p2, i));
    s.give(request(lane::p2, 3, 2)); // makes 3.1 history
    for (std::uint32_t i = 10; i < 15; ++i) s.give(request(lane::p1, i));
    for (std::uint32_t i = 20; i < 30; ++i) s.give(request(lane::p0, i));
    CHECK(s.d.queued(lane::p0) == 10);
    CHECK(s.d.queued() == 10);
    REQUIRE(s.lost.size() == 10);
    CHECK(s.lost[0].alarm == id(3));
    CHECK(s.lost[0].revision.n == 1);
    CHECK(s.lost[1].alarm == id(0));
    for (std::size_t i = 0; i < 5; ++i) CHECK(s.lost[i].via == lane::p2);
    for (std::size_t i = 5; i < 10; ++i) CHECK(s.lost[i].via == lane::p1);
    s.give(request(lane::p2, 40));
    s.give(request(lane::p0, 41));
    CHECK(s.d.queued() == 10);
    REQUIRE(s.lost.size() == 12);
    CHECK(s.lost[10].alarm == id(40));
    CHECK(s.lost[11].alarm == id(41)); // what comes isn't taken; what is there stays
    CHECK(s.d.queued(lane::p0) == 10);
    CHECK(s.asked == 0);
    s.give(session_began{});
    for (std::size_t i = 0; i < 5; ++i) s.give(ack_for(s.sent[i]));
    CHECK(s.asked == 1);
    s.give(ack_for(s.sent[5]));
    CHECK(s.asked == 1);
}

TEST_CASE("the bound in bytes holds as well [uplink-8]") {
    stage s({.revisions = 1000, .bytes = 100});
    deliver_request big = request(lane::p1, 1);
    big.envelope.assign(60, 'x');
    s.give(big);
    big.alarm = id(2);
    s.give(big);
    CHECK(s.d.queued() == 1);
    CHECK(s.lost.at(0).alarm == id(1));
    big.alarm = id(3);
    big.via = lane::p2;
    s.give(big);
    CHECK(s.lost.at(1).alarm == id(3));
}

TEST_CASE("years of any order of events lose nothing and break nothing [uplink-6]") {
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        std::mt19937 random{seed};
        stage s({.revisions = 5000, .bytes = 1'000'000});
        s.broker_takes = false;
        std::map<std::pair<alarm_id, revision_number>, bool> open; // → acknowledged
        for (int round = 0; round < 2'000; ++round) {
            switch (random() % 8) {
            case 0:
            case 1: {
                const auto r = request(static_cast<lane>(random() % 3), static_cast<std::uint32_t>(random() % 200),
                                       static_cast<std::uint32_t>(1 + random() % 5));
                if (open.emplace(std::pair{r.alarm, r.revision}, false).second) s.give(r);
                break;
            }
            case 2:
                if (!s.d.in_session()) s.give(session_began{});
                break;
            case 3:
                if (random() % 5 == 0 && s.d.in_session()) s.give(session_ended{});
                break;
            case 4:
            case 5:
                if (!s.sent.empty())
                    s.give(flight_ended{s.sent[random() % s.sent.size()].flight, random() % 4 != 0});
                break;
            case 6:
                if (!s.sent.empty()) {
                    const publish p = s.sent[random() % s.sent.size()];
                    s.give(ack_for(p));
                    open[{p.alarm, p.revision}] = true;
                }
                break;
            default: s.run_until(s.now + std::chrono::milliseconds{random() % 20'000});
            }
        }
        // A good network at the end: all that is left arrives.
        s.give(session_ended{});
        s.broker_takes = true;
        s.give(session_began{});
        s.run_until(s.now + 1min);
        for (std::size_t i = 0; i < s.sent.size(); ++i) {
            const publish p = s.sent[i];
            s.give(ack_for(p));
            open[{p.alarm, p.revision}] = true;
        }
        CHECK(s.d.queued() == 0);
        CHECK(std::ranges::all_of(open, [](const auto& o) { return o.second; }));
        CHECK(s.lost.empty());
    }
}

TEST_CASE("what anband gave before its commit is dropped when an anband connects, and nothing else [uplink-12]") {
    stage s;
    auto before_commit = request(lane::p0, 1);
    before_commit.comes_again = true;
    s.give(before_commit);
    s.give(request(lane::p0, 2));
    s.give(anband_came{});
    s.give(session_began{});
    REQUIRE(s.sent.size() == 1);
    CHECK(s.sent.front().alarm == id(2));
    s.give(before_commit); // it lives on, and gives it again
    CHECK(s.sent.size() == 2);
    auto kept = before_commit; // and once more, when it is on its disk: then it stays
    kept.comes_again = false;
    s.give(kept);
    s.give(anband_came{});
    CHECK(s.d.queued() == 2);
}
