// A checked rule, ready to be run, and the sets that packs make of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rules/alarm_class.hpp"
#include "rules/ids.hpp"
#include "rules/signal.hpp"

namespace anban {

// A signal crosses a value. `>` and `<` are strict.
struct comparison {
    enum class op : std::uint8_t { less, less_equal, greater, greater_equal, is_true, is_false };
    signal what = signal::heart_rate;
    op how = op::less;
    double limit = 0; // in the signal's unit
};

// An event that happens.
struct occurs {
    signal what = signal::fall;
};

using term = std::variant<occurs, comparison>;

struct rule {
    rule_id id;
    std::string pack; // empty: built in
    std::string title_zh;
    std::string title_en;
    alarm_class of = alarm_class::suspected;
    priority urgency = priority::medium;
    term when = occurs{};
    std::chrono::nanoseconds for_at_least{0}; // of a comparison
    std::chrono::nanoseconds hold{0};         // of an event: told as suspected, confirmed after it
    std::vector<term> unless;                 // each ends the hold when it becomes true
    std::optional<comparison> clear;          // hysteresis; without one the negation of `when`
    std::chrono::nanoseconds clear_for{0};
};

struct rule_set {
    std::vector<rule> rules;
};

// `sos` and `service`, and `fall` with a hold of 20 s: they work with no file at all. A pack may bring a
// `fall` of its own, which then replaces the built-in one for its residents; `sos` is reserved.
[[nodiscard]] rule_set built_in_rules();

// Whom rules may concern, and by which packs.
struct bound_subject {
    subject who;
    std::vector<std::string> packs;
};

} // namespace anban
