#include <algorithm>

#include <doctest/doctest.h>

#include "rules/limits.hpp"
#include "tests/gateway/home/world.hpp"

using namespace anban;
using namespace anban::test;

TEST_CASE("a press goes to the wire at once and is answered after the commit [home-1]") {
    world w;
    const outputs heard_it = w.press(1);
    REQUIRE(all<deliver>(heard_it).size() == 1);
    CHECK(answers(heard_it).empty());
    const alarm_revision sent_it = decoded(all<deliver>(heard_it).front());
    CHECK(sent_it.rule == rule_id{"sos"});
    CHECK(sent_it.who == subject{subject::kind::resident, "r-wang"});
    CHECK(sent_it.room == room_id{"bedroom"});
    CHECK(sent_it.press_count == 1);
    REQUIRE(sent_it.news);
    CHECK(sent_it.news->from.key == frame_key{77, 1});

    const outputs on_disk = w.commit();
    CHECK(answers(on_disk) == std::vector{answer::received});
    CHECK(all<deliver>(on_disk).empty());
}

TEST_CASE("what people do at the centre ends at the button [home-2]") {
    world w;
    const deliver sent_it = all<deliver>(w.press(1)).front();
    w.commit();
    CHECK(answers(w.acknowledge(sent_it)) == std::vector{answer::stored});
    const auto receipt = [&](alarm_progress to) {
        return w.tell(
            centre_receipt{.alarm = sent_it.alarm, .progress = to, .seen = sent_it.revision, .code = "x"});
    };
    const outputs taken = receipt(alarm_progress::taken);
    CHECK(answers(taken) == std::vector{answer::taken});
    REQUIRE(all<indicate>(taken).size() == 1);
    CHECK(all<indicate>(taken).front().device == device_id{"lamp"});
    CHECK(answers(receipt(alarm_progress::taken)).empty());
    CHECK(answers(receipt(alarm_progress::on_the_way)) == std::vector{answer::on_the_way});
    CHECK(answers(receipt(alarm_progress::closed)) == std::vector{answer::closed});
    CHECK(w.core().undelivered() == 0);
}

TEST_CASE("a hop tells when the uplink sent it, not when its word was read [home-25]") {
    world w;
    const deliver given = all<deliver>(w.press(1)).front();
    const instant judged = w.now();
    w.pass(1s);
    const auto told = [&](std::optional<mono_time> handed, std::optional<mono_time> at) {
        std::vector<notice> hops;
        for (const notice& n : all<notice>(w.tell(sent{given.alarm, given.revision, handed, at})))
            if (n.of == notice::kind::hop) hops.push_back(n);
        return hops;
    };
    SUBCASE("it knows both") {
        const auto hops = told(judged.mono + 1ms, judged.mono + 2ms);
        REQUIRE(hops.size() == 2);
        CHECK(hops[0].name == "handed");
        CHECK(hops[0].at.mono == judged.mono + 1ms);
        CHECK(hops[1].name == "sent");
        CHECK(hops[1].at.mono == judged.mono + 2ms);
        CHECK(hops[1].at.wall.at == judged.wall.at + 2ms);
        CHECK(hops[1].revision == given.revision);
    }
    SUBCASE("it knows neither, or names a time that has not come") {
        const auto silent = told({}, {});
        REQUIRE(silent.size() == 1);
        CHECK(silent[0].at.mono == w.now().mono);
        CHECK(told({}, w.now().mono + 1h).at(0).at.mono == w.now().mono);
    }
}

TEST_CASE("a lost receipt, a crash and a replay: the alarm is there once, with one id [home-3]") {
    world w;
    SUBCASE("crash before the commit: the device asks again and gets the same alarm") {
        const deliver first = all<deliver>(w.press(1)).front();
        w.crash();
        w.pass(2s);
        w.boot();
        CHECK(w.core().alarms().empty());
        const deliver second = all<deliver>(w.press(1)).front();
        CHECK(second.alarm == first.alarm);
        CHECK(second.revision > first.revision); // no number ever stands for two contents
        CHECK(answers(w.commit()) == std::vector{answer::received});
    }
    SUBCASE("crash after the commit, before the answer: the repeat is answered, not raised") {
        const deliver first = all<deliver>(w.press(1)).front();
        w.commit();
        w.crash();
        w.pass(2s);
        w.boot();
        const outputs again = w.press(1);
        CHECK(all<deliver>(again).empty());
        CHECK(answers(again) == std::vector{answer::received});
        // Nobody acknowledged: the uplink gets it again, to the letter.
        const outputs attached = w.tell(uplink_attached{});
        REQUIRE(all<deliver>(attached).size() == 1);
        CHECK(all<deliver>(attached).front().envelope == first.envelope);
        CHECK(answers(w.acknowledge(first)) == std::vector{answer::stored});
        CHECK(w.core().undelivered() == 0);
    }
    SUBCASE("the acknowledgement was not yet on the disk: it is sent again and acknowledged again") {
        const deliver first = all<deliver>(w.press(1)).front();
        w.commit();
        w.acknowledge(first);
        w.crash();
        w.boot();
        CHECK(w.core().undelivered() == 1);
        w.acknowledge(first);
        CHECK(w.core().undelivered() == 0);
        CHECK(w.core().alarms().size() == 1);
    }
}

TEST_CASE("after a crash the disk alone gives the state that was lived [home-4]") {
    world w;
    const deliver d = all<deliver>(w.press(1)).front();
    w.press(2);
    w.press(1, 77, signal::fall, "fall-1");
    w.zigbee_press();
    w.commit();
    w.acknowledge(d);
    w.tell(centre_receipt{.alarm = d.alarm, .progress = alarm_progress::taken, .seen = d.revision});
    w.pass(25s);
    w.tell(tick{});
    w.commit();
    CHECK(w.core().alarms().size() == 3);
    home_state lived = w.core().state();
    home_state kept = w.disk();
    CHECK(kept == lived);
}

TEST_CASE("a record holds what is new of an alarm, however often somebody presses [home-4]") {
    world w;
    for (std::uint32_t n = 1; n <= limits::presses_kept + 8; ++n) {
        const outputs out = w.press(n);
        REQUIRE(all<write_record>(out).size() == 1);
        const home_delta row = all<write_record>(out).front().delta;
        REQUIRE(row.alarms.size() == 1);
        CHECK(row.alarms.front().presses.size() == 1);
        w.commit();
        for (const auto& acked : all<write_record>(w.acknowledge(all<deliver>(out).front()))) {
            for (const alarm_state& a : acked.delta.alarms) CHECK(a.presses.empty());
        }
        w.commit();
    }
    CHECK(w.core().alarms().front().presses.size() == limits::presses_kept);
    CHECK(home_state{w.disk()} == home_state{w.core().state()});
    home_state twice = w.disk();
    twice.apply(twice.whole());
    CHECK(twice == w.disk());
}

TEST_CASE("presses of a record that is applied twice, or of an older version's, come once [home-4]") {
    const auto pressed = [](std::uint32_t n) {
        return press{{device_id{"button-1"}, {77, n}}, signal::sos, {}, false};
    };
    home_delta first;
    first.alarms.emplace_back().presses = {pressed(1), pressed(2)};
    home_delta next;
    next.alarms.emplace_back().presses = {pressed(3)};
    home_delta whole; // as they were written before
    whole.alarms.emplace_back().presses = {pressed(2), pressed(3), pressed(4)};
    home_state state;
    for (const home_delta* d : {&first, &next, &next, &whole}) state.apply(*d);
    const auto& kept = state.alarms.begin()->second.presses;
    CHECK(kept == std::vector{pressed(1), pressed(2), pressed(3), pressed(4)});
}

TEST_CASE("who was told how far it has come is not told again with each press of another [home-2]") {
    world w;
    const auto first = all<deliver>(w.press(1)).front();
    w.commit();
    CHECK(answers(w.acknowledge(first)) == std::vector{answer::stored});
    const auto second = all<deliver>(w.press(1, 78, signal::sos, "fall-1")).front();
    w.commit();
    const auto told = all<answer_device>(w.acknowledge(second));
    REQUIRE(told.size() == 1);
    CHECK(told.front().device == device_id{"fall-1"});
    CHECK(told.front().what == answer::stored);
}

TEST_CASE("an acknowledgement whose hash isn't ours clears nothing [home-5]") {
    world w;
    const deliver d = all<deliver>(w.press(1)).front();
    w.commit();
    const outputs out = w.tell(centre_ack{d.alarm, d.revision, wire::hash_prefix(d.envelope) ^ 1U});
    CHECK(answers(out).empty());
    CHECK(w.core().undelivered() == 1);
    CHECK(w.core().faults().front().key == "centre.wrong-hash");
}

TEST_CASE("ten seconds without an acknowledgement are told honestly, and taken back when one comes [home-6]") {
    world w;
    const deliver d = all<deliver>(w.press(1)).front();
    w.commit();
    REQUIRE(w.core().next_deadline());
    w.pass(9999ms);
    CHECK(answers(w.tell(tick{})).empty());
    w.pass(1ms);
    CHECK(answers(w.tell(tick{})) == std::vector{answer::not_delivered});
    CHECK(answers(w.press(1)) == std::vector{answer::received, answer::not_delivered}); // the device asks again
    CHECK(answers(w.acknowledge(d)) == std::vector{answer::stored});
    w.pass(1h);
    CHECK(answers(w.tell(tick{})).empty());
}

TEST_CASE("a close that had not seen the newest press does not close [home-7]") {
    world w;
    const deliver first = all<deliver>(w.press(1)).front();
    w.commit();
    const deliver second = all<deliver>(w.press(2)).front();
    CHECK(second.alarm == first.alarm);
    w.commit();
    const outputs out = w.tell(centre_receipt{.alarm = first.alarm,
                                              .progress = alarm_progress::closed,
                                              .seen = first.revision,
                                              .code = "pressed_by_mistake"});
    CHECK(answers(out).empty());
    REQUIRE(all<deliver>(out).size() == 1);
    CHECK(decoded(all<deliver>(out).front()).progress == alarm_progress::open);
    CHECK(decoded(all<deliver>(out).front()).close_refused); // the centre may not take it for closed
    CHECK(w.core().alarms().front().open());
    w.commit();
    CHECK_FALSE(decoded(all<deliver>(w.press(3)).front()).close_refused);
}

TEST_CASE("who did what goes into the audit trail with the step itself [home-32]") {
    world w;
    std::vector<audit_event::kind> told;
    std::vector<audit_event> last;
    const auto hear = [&](const outputs& out) {
        for (const write_record& record : all<write_record>(out)) {
            for (const audit_event& e : record.delta.events) told.push_back(e.what);
            if (!record.delta.events.empty()) last = record.delta.events;
        }
        return out;
    };
    using kind = audit_event::kind;
    hear(w.tell(open_test{device_id{"wall"}, "technician"}));
    CHECK(last.front().who == "technician");
    const deliver call = all<deliver>(hear(w.press(1))).front();
    hear(w.press(2));
    const deliver newest = all<deliver>(hear(w.press(3))).front();
    hear(w.tell(centre_receipt{.alarm = call.alarm, .progress = alarm_progress::taken, .seen = newest.revision}));
    hear(w.press(4));
    hear(w.tell(centre_receipt{.alarm = call.alarm, .progress = alarm_progress::closed, .seen = newest.revision}));
    const deliver now = all<deliver>(hear(w.press(5))).front();
    hear(w.tell(centre_receipt{
        .alarm = call.alarm, .progress = alarm_progress::closed, .seen = now.revision, .code = "no need"}));
    CHECK(last.front().text == "sos, no need");
    hear(w.tell(house_changed{small_home(), rule_packs{}, "technician", "anban device add lamp-2"}));
    CHECK(told == std::vector{kind::test_opened, kind::raised, kind::pressed, kind::pressed, kind::taken,
                              kind::pressed, kind::close_refused, kind::pressed, kind::closed,
                              kind::house_changed});
}

TEST_CASE("a fall is told as suspected at once and confirmed after its hold, also across a restart [home-9]") {
    world w;
    const deliver suspected = all<deliver>(w.press(1, 77, signal::fall, "fall-1")).front();
    CHECK(decoded(suspected).phase == alarm_phase::suspected);
    CHECK(suspected.via == lane::p1);
    w.commit();
    w.pass(5s);
    w.crash();
    w.pass(5s);
    w.boot();
    w.pass(10s - 1ns);
    CHECK(all<deliver>(w.tell(tick{})).empty());
    w.pass(1ns);
    const outputs fired = w.tell(tick{});
    REQUIRE(all<deliver>(fired).size() == 1);
    const deliver confirmed = all<deliver>(fired).front();
    CHECK(confirmed.alarm == suspected.alarm);
    CHECK(confirmed.via == lane::p0);
    CHECK(decoded(confirmed).phase == alarm_phase::active);
}

TEST_CASE("an alarm that the centre has lost is told again [home-10]") {
    world w;
    const deliver d = all<deliver>(w.press(1)).front();
    w.commit();
    w.acknowledge(d);
    const outputs out = w.tell(centre_nack{.alarm = d.alarm, .revision = d.revision, .unknown_alarm = true});
    REQUIRE(all<deliver>(out).size() == 1);
    CHECK(all<deliver>(out).front().revision > d.revision);
    CHECK(decoded(all<deliver>(out).front()).news);
}

TEST_CASE("a receipt for an alarm that the home doesn't know is adopted [home-11]") {
    world w;
    const alarm_id foreign = *alarm_id::from_hex("00112233445566778899aabbccddeeff");
    w.tell(centre_receipt{.alarm = foreign, .progress = alarm_progress::taken, .seen = {3, 1}});
    w.commit();
    w.crash();
    w.boot();
    REQUIRE(w.core().alarms().size() == 1);
    CHECK(w.core().alarms().front().adopted);
}

TEST_CASE("the centre learns at each session which alarms are open [home-12]") {
    world w;
    w.press(1);
    w.commit();
    w.pass(1s);
    const outputs out = w.tell(uplink_attached{});
    REQUIRE(all<announce_open>(out).size() == 1);
    const auto birth = std::get<wire::birth>(wire::decode(all<announce_open>(out).front().birth_envelope)->what);
    CHECK(birth.open.size() == 1);
    CHECK(birth.start == 1);
}

TEST_CASE("a new press on a taken alarm is told honestly when it can't be delivered [home-6]") {
    world w;
    const deliver d = all<deliver>(w.press(1)).front();
    w.commit();
    w.acknowledge(d);
    w.tell(centre_receipt{.alarm = d.alarm, .progress = alarm_progress::taken, .seen = d.revision});
    const deliver again = all<deliver>(w.press(2)).front();
    CHECK(answers(w.commit()) == std::vector{answer::received});
    w.pass(10s);
    CHECK(answers(w.tell(tick{})) == std::vector{answer::not_delivered});
    CHECK(answers(w.press(2)) == std::vector{answer::received, answer::not_delivered});
    CHECK(answers(w.acknowledge(again)) == std::vector{answer::taken});
}

TEST_CASE(
    "a device that repeats while nothing is delivered hears that it is kept, and makes no new presses [home-6]") {
    world w;
    w.press(1);
    w.commit();
    w.pass(10s);
    w.tell(tick{});
    for (std::uint32_t n = 2; n <= 40; ++n) {
        w.press(n);
        CHECK(answers(w.commit()) == std::vector{answer::received, answer::not_delivered});
    }
    for (int round = 0; round < 3; ++round) {
        w.pass(30s);
        for (std::uint32_t n = 9; n <= 40; ++n) CHECK(all<deliver>(w.press(n)).empty());
    }
    CHECK(w.core().alarms().front().newest.press_count == 40);
}

TEST_CASE("an acknowledgement that overtakes the own disk is told after 'received' [home-1]") {
    world w;
    const deliver d = all<deliver>(w.press(1)).front();
    CHECK(answers(w.acknowledge(d)).empty());
    CHECK(answers(w.commit()) == std::vector{answer::received, answer::stored});
}

TEST_CASE("a suspected fall that a person has closed doesn't ring again when its hold runs out [home-9]") {
    world w;
    const deliver d = all<deliver>(w.press(1, 77, signal::fall, "fall-1")).front();
    w.commit();
    w.acknowledge(d);
    w.tell(centre_receipt{.alarm = d.alarm, .progress = alarm_progress::closed, .seen = d.revision, .code = "x"});
    w.pass(30s);
    CHECK(all<deliver>(w.tell(tick{})).empty());
    CHECK(w.core().alarms().size() == 1);
    CHECK(all<deliver>(w.press(2, 77, signal::fall, "fall-1")).size() == 1); // the next fall is a new alarm
}

TEST_CASE("a lamp shows the call that doesn't get through before all else, and goes out with the last [home-2]") {
    world w;
    const auto shown = [](const outputs& out) {
        const auto told = all<indicate>(out);
        return told.empty() ? std::optional<answer>{} : std::optional{told.back().what};
    };
    const deliver sos = all<deliver>(w.press(1)).front();
    CHECK(shown(w.commit()) == answer::received);
    CHECK(shown(w.acknowledge(sos)) == answer::stored);
    w.zigbee_press();
    const deliver wall = all<deliver>(w.commit()).front();
    const auto closed = [&](const deliver& d) {
        return w.tell(
            centre_receipt{.alarm = d.alarm, .progress = alarm_progress::closed, .seen = d.revision, .code = "x"});
    };
    CHECK(shown(closed(sos)) == answer::received); // the wall button still calls
    w.pass(10s);
    CHECK(shown(w.tell(tick{})) == answer::not_delivered);
    w.acknowledge(wall);
    CHECK(shown(closed(wall)) == answer::closed);
}

TEST_CASE("an action on an older call leaves the newest call's honest answer [home-6]") {
    world w;
    const deliver first = all<deliver>(w.press(1)).front();
    w.commit();
    w.acknowledge(first);
    w.press(2);
    w.commit();
    w.pass(10s);
    CHECK(answers(w.tell(tick{})) == std::vector{answer::not_delivered});
    const outputs out = w.tell(
        centre_receipt{.alarm = first.alarm, .progress = alarm_progress::on_the_way, .seen = first.revision});
    CHECK(answers(out) == std::vector{answer::not_delivered});
}

TEST_CASE("each device hears how far its own press has come, not how far the alarm has [home-2]") {
    world w;
    const deliver first = all<deliver>(w.press(1)).front();
    w.commit();
    const deliver second = all<deliver>(w.press(2)).front();
    w.commit();
    REQUIRE(first.alarm == second.alarm);
    // After an outage the newest state goes first: the second press is stored, and taken; nobody has the first
    // yet.
    CHECK(answers(w.acknowledge(second)) == std::vector{answer::stored});
    w.tell(centre_receipt{.alarm = first.alarm, .progress = alarm_progress::taken, .seen = second.revision});
    CHECK(answers(w.press(1)) == std::vector{answer::received});
    CHECK(answers(w.press(2)) == std::vector{answer::received, answer::taken});
    w.acknowledge(first);
    CHECK(answers(w.press(1)) == std::vector{answer::received, answer::taken});
}
