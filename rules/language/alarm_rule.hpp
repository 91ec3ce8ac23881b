// A checked rule of a pack, and the packs they come in.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/alarm_class.hpp"
#include "rules/ids.hpp"
#include "rules/language/expression.hpp"

namespace anban::language {

// A number that a care plan may set, inside the bounds that the pack's author declared (both inclusive).
// A duration is a parameter with the unit "s", a rate one with the unit per day ("kg/d").
struct parameter {
    std::string name;
    double value = 0;
    double least = 0;
    double most = 0;
    std::string unit;
    friend bool operator==(const parameter&, const parameter&) = default;
};

struct alarm_rule {
    rule_id id;
    std::string pack; // empty: built in
    std::string title_zh;
    std::string title_en;
    alarm_class of = alarm_class::suspected;
    priority urgency = priority::medium;
    bool about_home = false; // one for the home, not one a resident
    std::vector<parameter> parameters;
    expression when;                                       // a state or an event
    std::chrono::nanoseconds hold{0};                      // of an event: told as suspected, confirmed after it
    std::string hold_param;                                // where it comes from; empty: it stands in the pack
    std::vector<expression> unless;                        // events; each ends the hold
    expression clear;                                      // a state; empty: `when` is false
    std::vector<rule_id> inhibited_by;                     // conditions that hold this one down
    std::optional<std::chrono::nanoseconds> detect_within; // what `prove` must find possible
    friend bool operator==(const alarm_rule&, const alarm_rule&) = default;
};

// `sos` and `service`: each press calls. They have no memory, and no pack can write or hold them.
[[nodiscard]] bool is_call(std::string_view rule) noexcept;

struct pack {
    std::string name;
    std::string title_zh;
    std::string title_en;
    std::vector<alarm_rule> rules;
};

} // namespace anban::language
