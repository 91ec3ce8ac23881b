// The classes of alarms, and what follows from a class alone: priority and lane.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace anban {

enum class alarm_class : std::uint8_t { life_safety = 1, suspected = 2, service = 3, technical = 4 };

// Words of IEC 60601-1-8.
enum class priority : std::uint8_t { high = 1, medium = 2, low = 3 };

// Delivery lanes, the most urgent first. p3 is telemetry and never holds an alarm.
enum class lane : std::uint8_t { p0 = 0, p1 = 1, p2 = 2, p3 = 3 };

[[nodiscard]] constexpr lane lane_of(alarm_class c) noexcept {
    switch (c) {
    case alarm_class::life_safety: return lane::p0;
    case alarm_class::suspected:
    case alarm_class::service: return lane::p1;
    case alarm_class::technical: break;
    }
    return lane::p2;
}

[[nodiscard]] constexpr priority default_priority(alarm_class c) noexcept {
    switch (c) {
    case alarm_class::life_safety: return priority::high;
    case alarm_class::suspected: return priority::medium;
    case alarm_class::service:
    case alarm_class::technical: break;
    }
    return priority::low;
}

[[nodiscard]] constexpr std::string_view name_of(alarm_class c) noexcept {
    switch (c) {
    case alarm_class::life_safety: return "life-safety";
    case alarm_class::suspected: return "suspected";
    case alarm_class::service: return "service";
    case alarm_class::technical: break;
    }
    return "technical";
}

[[nodiscard]] constexpr std::optional<alarm_class> class_from_name(std::string_view name) noexcept {
    for (const auto c :
         {alarm_class::life_safety, alarm_class::suspected, alarm_class::service, alarm_class::technical}) {
        if (name_of(c) == name) return c;
    }
    return std::nullopt;
}

[[nodiscard]] constexpr std::string_view name_of(priority p) noexcept {
    switch (p) {
    case priority::high: return "high";
    case priority::medium: return "medium";
    case priority::low: break;
    }
    return "low";
}

[[nodiscard]] constexpr std::string_view name_of(lane l) noexcept {
    switch (l) {
    case lane::p0: return "p0";
    case lane::p1: return "p1";
    case lane::p2: return "p2";
    case lane::p3: break;
    }
    return "p3";
}

} // namespace anban
