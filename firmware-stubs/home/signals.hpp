// The names that commands and event lines use for the signals of native.proto, the same as in rules.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "native.nanopb.h"

namespace anban::played {

struct named_signal {
    anban_native_Signal what;
    std::string_view name;
};

inline constexpr std::array named_signals{
    named_signal{anban_native_Signal_SOS, "sos"},
    named_signal{anban_native_Signal_SERVICE, "service"},
    named_signal{anban_native_Signal_CANCEL, "cancel"},
    named_signal{anban_native_Signal_FALL, "fall"},
    named_signal{anban_native_Signal_BED_OCCUPIED, "bed_occupied"},
    named_signal{anban_native_Signal_HEART_RATE, "heart_rate"},
    named_signal{anban_native_Signal_RESPIRATION, "respiration"},
    named_signal{anban_native_Signal_SPO2, "spo2"},
    named_signal{anban_native_Signal_TEMPERATURE, "temperature"},
    named_signal{anban_native_Signal_BATTERY, "battery"},
};

[[nodiscard]] constexpr std::string_view signal_name(anban_native_Signal what) noexcept {
    for (const auto& s : named_signals) {
        if (s.what == what) return s.name;
    }
    return "other";
}

[[nodiscard]] constexpr std::optional<anban_native_Signal> signal_from_name(std::string_view name) noexcept {
    for (const auto& s : named_signals) {
        if (s.name == name) return s.what;
    }
    return std::nullopt;
}

} // namespace anban::played
