#include "rules/alarm_states.hpp"

namespace anban {
namespace {

using enum alarm_status;

using way = std::optional<alarm_status>;
constexpr way illegal{};

// By state, then by event, both in the order of their enums.
// clang-format off
constexpr std::array<std::array<way, alarm_events>, alarm_statuses> table{{
    // activated              returned                 acknowledged         closed   shelved                  unshelved suppressed               released removed_from_service     returned_to_service
    {unacknowledged_active,   illegal,                 illegal,             illegal, way{shelved},            illegal,  suppressed_by_design,    illegal, out_of_service,          illegal}, // normal
    {unacknowledged_active,   returned_unacknowledged, acknowledged_active, normal,  unacknowledged_active,   illegal,  unacknowledged_active,   illegal, unacknowledged_active,   illegal}, // unacknowledged_active
    {acknowledged_active,     latched,                 acknowledged_active, normal,  acknowledged_active,     illegal,  acknowledged_active,     illegal, acknowledged_active,     illegal}, // acknowledged_active
    {unacknowledged_active,   illegal,                 latched,             normal,  returned_unacknowledged, illegal,  returned_unacknowledged, illegal, returned_unacknowledged, illegal}, // returned_unacknowledged
    {acknowledged_active,     illegal,                 latched,             normal,  latched,                 illegal,  latched,                 illegal, latched,                 illegal}, // latched
    {way{shelved},            way{shelved},            illegal,             illegal, way{shelved},            normal,   way{shelved},            illegal, out_of_service,          illegal}, // shelved
    {suppressed_by_design,    suppressed_by_design,    illegal,             illegal, way{shelved},            illegal,  suppressed_by_design,    normal,  out_of_service,          illegal}, // suppressed_by_design
    {out_of_service,          out_of_service,          illegal,             illegal, illegal,                 illegal,  out_of_service,          illegal, out_of_service,          normal},  // out_of_service
}};
// clang-format on

constexpr std::array<std::string_view, alarm_statuses> status_names{
    "normal",  "unacknowledged-active", "acknowledged-active", "returned-unacknowledged", "latched",
    "shelved", "suppressed-by-design",  "out-of-service"};

constexpr std::array<std::string_view, alarm_events> event_names{"activated",
                                                                 "returned",
                                                                 "acknowledged",
                                                                 "closed",
                                                                 "shelved",
                                                                 "unshelved",
                                                                 "suppressed",
                                                                 "released",
                                                                 "removed-from-service",
                                                                 "returned-to-service"};

[[nodiscard]] bool holds_down(alarm_event e) noexcept {
    return e == alarm_event::shelved || e == alarm_event::suppressed || e == alarm_event::removed_from_service;
}

} // namespace

std::optional<alarm_status> after(alarm_status now, alarm_event what, alarm_class of) noexcept {
    if (of == alarm_class::life_safety && holds_down(what)) return std::nullopt;
    return table[static_cast<std::size_t>(now)][static_cast<std::size_t>(what)];
}

std::string_view name_of(alarm_status s) noexcept {
    return status_names[static_cast<std::size_t>(s)];
}

std::string_view name_of(alarm_event e) noexcept {
    return event_names[static_cast<std::size_t>(e)];
}

} // namespace anban
