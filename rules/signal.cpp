#include "rules/signal.hpp"

#include <algorithm>
#include <array>

#include "rules/ensure.hpp"

namespace anban {
namespace {

using enum signal_kind;

// SpO2 begins at 51: oximeters are specified from 70 % on, and widespread wristbands send exactly 50 for
// "no valid reading".
constexpr std::array table{
    signal_facts{signal::sos, "sos", momentary, "", 0, 1, true},
    signal_facts{signal::service, "service", momentary, "", 0, 1, false},
    signal_facts{signal::cancel, "cancel", momentary, "", 0, 1, true},
    signal_facts{signal::fall, "fall", momentary, "", 0, 1, true},
    signal_facts{signal::bed_occupied, "bed_occupied", boolean, "", 0, 1, false, activity_kind::while_true},
    signal_facts{signal::presence, "presence", boolean, "", 0, 1, false, activity_kind::while_true},
    signal_facts{signal::motion, "motion", boolean, "", 0, 1, false, activity_kind::while_true},
    signal_facts{signal::door_open, "door_open", boolean, "", 0, 1, false, activity_kind::each_change},
    signal_facts{signal::heart_rate, "heart_rate", quantity, "bpm", 20, 300, false},
    signal_facts{signal::respiration, "respiration", quantity, "/min", 0, 80, false},
    signal_facts{signal::spo2, "spo2", quantity, "%", 51, 100, false},
    signal_facts{signal::temperature, "temperature", quantity, "°C", -40, 85, false},
    signal_facts{signal::systolic, "systolic", quantity, "mmHg", 40, 300, false},
    signal_facts{signal::diastolic, "diastolic", quantity, "mmHg", 20, 200, false},
    signal_facts{signal::battery, "battery", quantity, "%", 0, 100, false},
    signal_facts{signal::link_quality, "link_quality", quantity, "", 0, 255, false},
    signal_facts{signal::tamper, "tamper", boolean, "", 0, 1, false},
    signal_facts{signal::smoke, "smoke", boolean, "", 0, 1, true},
    signal_facts{signal::gas, "gas", boolean, "", 0, 1, true},
    signal_facts{signal::carbon_monoxide, "carbon_monoxide", boolean, "", 0, 1, true},
    signal_facts{signal::water, "water", boolean, "", 0, 1, false},
    signal_facts{signal::mains, "mains", boolean, "", 0, 1, false},
    signal_facts{signal::online, "online", boolean, "", 0, 1, false},
    signal_facts{signal::battery_low, "battery_low", boolean, "", 0, 1, false},
    signal_facts{signal::vibration, "vibration", boolean, "", 0, 1, false, activity_kind::while_true},
    signal_facts{signal::seat_occupied, "seat_occupied", boolean, "", 0, 1, false, activity_kind::while_true},
    signal_facts{signal::alert, "alert", boolean, "", 0, 1, false},
    signal_facts{signal::on_oxygen, "on_oxygen", boolean, "", 0, 1, false},
    signal_facts{signal::weight, "weight", quantity, "kg", 2, 300, false},
    signal_facts{signal::water_use, "water_use", quantity, "l", 0, 10'000, false},
    signal_facts{signal::visit_started, "visit_started", momentary, "", 0, 1, false},
    signal_facts{signal::visit_ended, "visit_ended", momentary, "", 0, 1, false},
    signal_facts{signal::activity, "activity", momentary, "", 0, 1, false, activity_kind::none, true},
    signal_facts{signal::news2, "news2", quantity, "points", 0, 20, false, activity_kind::none, true},
    signal_facts{signal::news2_single, "news2_single", quantity, "points", 0, 3, false, activity_kind::none, true},
};

constexpr bool in_order() {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (static_cast<std::size_t>(table[i].what) != i + 1) return false;
    }
    return true;
}
static_assert(in_order(), "facts_of indexes by the signal's number");

} // namespace

std::span<const signal_facts> all_signals() noexcept {
    return table;
}

const signal_facts& facts_of(signal s) noexcept {
    const auto index = static_cast<std::size_t>(s);
    ensure(index >= 1 && index <= table.size());
    return table[index - 1];
}

std::optional<signal> signal_from_name(std::string_view name) noexcept {
    const auto found = std::ranges::find(table, name, &signal_facts::name);
    if (found == table.end()) return std::nullopt;
    return found->what;
}

} // namespace anban
