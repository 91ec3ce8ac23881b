#include "rules/alarm_book.hpp"

#include <doctest/doctest.h>

using namespace anban;
using kind = condition_change::kind;

namespace {

language::alarm_rule life_safety(const char* id) {
    language::alarm_rule r;
    r.id = rule_id{id};
    r.of = alarm_class::life_safety;
    r.urgency = priority::high;
    return r;
}

const language::alarm_rule sos = life_safety("sos");
const language::alarm_rule fall = life_safety("fall");

struct desk {
    std::map<alarm_id, alarm_state> alarms;
    alarm_book book{gateway_id{"gw-1"}, alarms};
    std::uint32_t n = 0;

    alarm_state* tell(kind what, const language::alarm_rule& by, std::uint32_t sequence, bool test = false) {
        condition_change change;
        change.what = what;
        change.rule = by.id;
        change.who = {subject::kind::resident, "r-wang"};
        change.why = {device_id{"button-1"}, {7, sequence}};
        change.test = test;
        change.seen.push_back({change.why.device, signal::sos, 1, {}});
        return book.apply(change, by, {.number = {1, ++n}, .wall = {}, .answer_to = std::nullopt});
    }
};

} // namespace

TEST_CASE("that what is certain is so once more is no new call [rules-7]") {
    desk d;
    d.tell(kind::suspected, fall, 1);
    d.tell(kind::confirmed, fall, 1);
    const alarm_state* certain = d.tell(kind::suspected, fall, 2);
    CHECK(certain->last_call == revision_number{1, 3});
    CHECK(d.tell(kind::confirmed, fall, 2)->last_call == revision_number{1, 3});
}

TEST_CASE("a second press is a record on the open alarm, not a second alarm [rules-7]") {
    desk d;
    const alarm_id first = d.tell(kind::pressed, sos, 1)->newest.id;
    alarm_state* second = d.tell(kind::pressed, sos, 2);
    REQUIRE(second != nullptr);
    CHECK(second->newest.id == first);
    CHECK(second->newest.press_count == 2);
    CHECK(second->presses.size() == 2);
    CHECK(second->newest.number == revision_number{1, 2});
    CHECK(d.alarms.size() == 1);
}

TEST_CASE("a test press is never an emergency's alarm, nor the other way round [rules-7]") {
    desk d;
    const alarm_id drill = d.tell(kind::pressed, sos, 1, true)->newest.id;
    const alarm_id real = d.tell(kind::pressed, sos, 2)->newest.id;
    CHECK(drill != real);
    CHECK(d.alarms.at(drill).newest.test);
    CHECK_FALSE(d.alarms.at(real).newest.test);
}

TEST_CASE("a close can't eat a press that its closer had not seen [rules-8]") {
    desk d;
    const alarm_id id = d.tell(kind::pressed, sos, 1)->newest.id;
    d.tell(kind::pressed, sos, 2);
    auto refused = d.book.progress(id, alarm_progress::closed, {1, 1}, "pressed_by_mistake", false, {1, 9}, {});
    CHECK(refused.what == alarm_book::outcome::newer_press);
    CHECK(refused.alarm->open());
    CHECK(refused.alarm->newest.number == revision_number{1, 9});
    auto accepted = d.book.progress(id, alarm_progress::closed, {1, 2}, "pressed_by_mistake", false, {1, 10}, {});
    CHECK(accepted.what == alarm_book::outcome::changed);
    CHECK_FALSE(accepted.alarm->open());
    CHECK(d.book.progress(id, alarm_progress::closed, {1, 2}, "x", false, {1, 11}, {}).what ==
          alarm_book::outcome::nothing_new);
}

TEST_CASE("the same cause after closing is a new occurrence with an id of its own [rules-1]") {
    desk d;
    const alarm_id id = d.tell(kind::began, fall, 1)->newest.id;
    (void)d.book.progress(id, alarm_progress::closed, {1, 1}, "real_fall", false, {1, 9}, {});
    alarm_state* again = d.tell(kind::began, fall, 1);
    REQUIRE(again != nullptr);
    CHECK(again->newest.id != id);
}

TEST_CASE("a fall goes from suspected to active, or is cancelled and still needs a person [rules-9]") {
    desk d;
    alarm_state* alarm = d.tell(kind::suspected, fall, 1);
    CHECK(alarm->newest.phase == alarm_phase::suspected);
    SUBCASE("confirmed") {
        CHECK(d.tell(kind::confirmed, fall, 1)->newest.phase == alarm_phase::active);
        CHECK(d.tell(kind::suspected, fall, 2)->newest.phase == alarm_phase::active);
        CHECK(d.tell(kind::cancelled, fall, 2)->newest.phase == alarm_phase::active);
    }
    SUBCASE("cancelled") {
        CHECK(d.tell(kind::cancelled, fall, 1)->newest.phase == alarm_phase::cancelled);
        CHECK(alarm->open());
    }
}

TEST_CASE("an end without an open alarm makes none [rules-9]") {
    desk d;
    CHECK(d.tell(kind::cleared, fall, 1) == nullptr);
    CHECK(d.alarms.empty());
}

TEST_CASE("what the centre knows and we don't is adopted, what is closed is not [rules-10]") {
    desk d;
    const alarm_id foreign = *alarm_id::from_hex("00112233445566778899aabbccddeeff");
    CHECK(d.book.progress(foreign, alarm_progress::closed, {4, 1}, "test", false, {1, 1}, {}).alarm == nullptr);
    auto adopted = d.book.progress(foreign, alarm_progress::taken, {4, 1}, "", false, {1, 1}, {});
    CHECK(adopted.what == alarm_book::outcome::adopted);
    CHECK(d.alarms.at(foreign).newest.progress == alarm_progress::taken);
    CHECK(d.alarms.at(foreign).adopted);
}

TEST_CASE("only the acknowledgement of the newest call makes it stored [rules-11]") {
    desk d;
    alarm_state* alarm = d.tell(kind::pressed, sos, 1);
    const alarm_id id = alarm->newest.id;
    d.tell(kind::pressed, sos, 2);
    CHECK(d.book.acknowledged(id, {1, 1}));
    CHECK_FALSE(alarm->call_stored);
    CHECK(d.book.acknowledged(id, {1, 2}));
    CHECK(alarm->call_stored);
    CHECK_FALSE(d.book.acknowledged(id, {1, 2}));
    CHECK_FALSE(d.book.acknowledged(id, {9, 9}));
}
