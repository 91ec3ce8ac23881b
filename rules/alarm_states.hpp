// The states of an alarm in the words of ISA-18.2 (IEC 62682), and every way from one to another: one table, in
// which what has no entry is illegal.
//
// Anban's own turns, told in its README: nothing ends by itself, so every alarm latches when its condition is over
// and waits for a person (`closed`); what is active already stays so when its rule is shelved, suppressed or taken
// out of service; a further call on an alarm that somebody has taken is a record on it.
//
// Threads: free functions without state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "rules/alarm_class.hpp"

namespace anban {

enum class alarm_status : std::uint8_t {
    normal,                  // nothing, or closed by a person
    unacknowledged_active,   // rings
    acknowledged_active,     // somebody has taken it
    returned_unacknowledged, // the condition is over, nobody has taken it
    latched,                 // the condition is over, somebody has it; only a person ends it
    shelved,                 // a person has put the rule aside: owner, reason, expiry
    suppressed_by_design,    // a broader condition holds it down
    out_of_service,          // taken out for maintenance
};
inline constexpr std::size_t alarm_statuses = 8;

enum class alarm_event : std::uint8_t {
    activated,            // a press, a beginning, a suspicion, a confirmation
    returned,             // the condition is over, or was withdrawn
    acknowledged,         // taken, or on the way
    closed,               // by a person, with a code
    shelved,              //
    unshelved,            // by a person, or its time is over
    suppressed,           //
    released,             // the broader condition is over
    removed_from_service, //
    returned_to_service,  //
};
inline constexpr std::size_t alarm_events = 10;

// Nothing where that event can't happen in that state. For life safety nothing shelves, suppresses or takes out of
// service.
[[nodiscard]] std::optional<alarm_status> after(alarm_status now, alarm_event what, alarm_class of) noexcept;

[[nodiscard]] std::string_view name_of(alarm_status s) noexcept;
[[nodiscard]] std::string_view name_of(alarm_event e) noexcept;

} // namespace anban
