#include "rules/alarm_states.hpp"

#include <doctest/doctest.h>

#include "rules/alarm_book.hpp"

using namespace anban;

namespace {

struct step {
    alarm_status from;
    alarm_event what;
    alarm_status to;
};

using s = alarm_status;
using e = alarm_event;

// Everything that is legal; the test takes whatever isn't here for illegal.
const std::vector<step> legal{
    {s::normal, e::activated, s::unacknowledged_active},
    {s::normal, e::shelved, s::shelved},
    {s::normal, e::suppressed, s::suppressed_by_design},
    {s::normal, e::removed_from_service, s::out_of_service},

    {s::unacknowledged_active, e::activated, s::unacknowledged_active},
    {s::unacknowledged_active, e::returned, s::returned_unacknowledged},
    {s::unacknowledged_active, e::acknowledged, s::acknowledged_active},
    {s::unacknowledged_active, e::closed, s::normal},
    {s::unacknowledged_active, e::shelved, s::unacknowledged_active},
    {s::unacknowledged_active, e::suppressed, s::unacknowledged_active},
    {s::unacknowledged_active, e::removed_from_service, s::unacknowledged_active},

    {s::acknowledged_active, e::activated, s::acknowledged_active},
    {s::acknowledged_active, e::returned, s::latched},
    {s::acknowledged_active, e::acknowledged, s::acknowledged_active},
    {s::acknowledged_active, e::closed, s::normal},
    {s::acknowledged_active, e::shelved, s::acknowledged_active},
    {s::acknowledged_active, e::suppressed, s::acknowledged_active},
    {s::acknowledged_active, e::removed_from_service, s::acknowledged_active},

    {s::returned_unacknowledged, e::activated, s::unacknowledged_active},
    {s::returned_unacknowledged, e::acknowledged, s::latched},
    {s::returned_unacknowledged, e::closed, s::normal},
    {s::returned_unacknowledged, e::shelved, s::returned_unacknowledged},
    {s::returned_unacknowledged, e::suppressed, s::returned_unacknowledged},
    {s::returned_unacknowledged, e::removed_from_service, s::returned_unacknowledged},

    {s::latched, e::activated, s::acknowledged_active},
    {s::latched, e::acknowledged, s::latched},
    {s::latched, e::closed, s::normal},
    {s::latched, e::shelved, s::latched},
    {s::latched, e::suppressed, s::latched},
    {s::latched, e::removed_from_service, s::latched},

    {s::shelved, e::activated, s::shelved},
    {s::shelved, e::returned, s::shelved},
    {s::shelved, e::shelved, s::shelved},
    {s::shelved, e::unshelved, s::normal},
    {s::shelved, e::suppressed, s::shelved},
    {s::shelved, e::removed_from_service, s::out_of_service},

    {s::suppressed_by_design, e::activated, s::suppressed_by_design},
    {s::suppressed_by_design, e::returned, s::suppressed_by_design},
    {s::suppressed_by_design, e::suppressed, s::suppressed_by_design},
    {s::suppressed_by_design, e::shelved, s::shelved},
    {s::suppressed_by_design, e::released, s::normal},
    {s::suppressed_by_design, e::removed_from_service, s::out_of_service},

    {s::out_of_service, e::activated, s::out_of_service},
    {s::out_of_service, e::returned, s::out_of_service},
    {s::out_of_service, e::suppressed, s::out_of_service},
    {s::out_of_service, e::removed_from_service, s::out_of_service},
    {s::out_of_service, e::returned_to_service, s::normal},
};

bool holds_down(e what) {
    return what == e::shelved || what == e::suppressed || what == e::removed_from_service;
}

} // namespace

TEST_CASE("every state and event: what is legal, and that nothing else is [rules-22]") {
    std::size_t illegal = 0;
    for (std::size_t from = 0; from < alarm_statuses; ++from) {
        for (std::size_t what = 0; what < alarm_events; ++what) {
            const auto state = static_cast<s>(from);
            const auto event = static_cast<e>(what);
            std::optional<s> expected;
            for (const step& one : legal) {
                if (one.from == state && one.what == event) expected = one.to;
            }
            if (!expected) ++illegal;
            INFO(name_of(state), " + ", name_of(event));
            CHECK(after(state, event, alarm_class::suspected) == expected);
            CHECK(after(state, event, alarm_class::technical) == expected);
            // An SOS or a fall can't be shelved, suppressed or taken out of service.
            if (holds_down(event)) expected.reset();
            CHECK(after(state, event, alarm_class::life_safety) == expected);
        }
    }
    CHECK(illegal == alarm_statuses * alarm_events - legal.size());
    CHECK(illegal > 0);
}

TEST_CASE("no alarm goes back to normal but by a person's close, or the end of what held it down [rules-22]") {
    for (const step& one : legal) {
        if (one.to != s::normal) continue;
        const bool by_person_or_end = one.what == e::closed || one.what == e::unshelved ||
                                      one.what == e::released || one.what == e::returned_to_service;
        CHECK(by_person_or_end);
    }
}

TEST_CASE("an alarm's status follows from its condition and its people [rules-22]") {
    alarm_state a;
    a.newest.phase = alarm_phase::suspected;
    CHECK(status_of(a) == s::unacknowledged_active);
    a.newest.phase = alarm_phase::cancelled;
    CHECK(status_of(a) == s::returned_unacknowledged);
    a.newest.progress = alarm_progress::taken;
    CHECK(status_of(a) == s::latched);
    a.newest.phase = alarm_phase::active;
    CHECK(status_of(a) == s::acknowledged_active);
    a.newest.progress = alarm_progress::closed;
    CHECK(status_of(a) == s::normal);
}
