// Packs and residents' plans make effective rules: each rule of a chosen pack once for each resident (or
// once for the home), with the numbers that hold for them and where each came from.
//
// Threads: free functions without state.
#pragma once

#include <string>
#include <vector>

#include "rules/installation.hpp"
#include "rules/language/alarm_rule.hpp"

namespace anban::language {

// Where the number of one parameter came from.
struct origin {
    std::string name;
    double value = 0;
    std::string unit;
    bool overridden = false;
    std::string where; // the pack, or the override's file and line
};

struct effective_rule {
    alarm_rule rule; // parameters laid in: limit::value and node::lasting are final
    subject who;
    std::vector<origin> origins;
};

struct plan_problem {
    resident_id who;
    std::string what_en;
    std::string what_zh;
    std::string cure_en;
    std::string cure_zh;
};

// In the order in which ties are told: a rule after those that it names in `alarm … is active` and
// `inhibited by`, otherwise built in first, then packs as given, rules as written, subjects as in the plans,
// then free beds, then the home.
struct effective_rules {
    std::vector<effective_rule> rules;
    std::vector<plan_problem> problems; // a missing pack, an override that fits nothing or lies outside its
                                        // bounds, one name in two packs with two contents, a named rule that
                                        // isn't there. What has a problem is left out; the others run. For
                                        // an override the pack's value holds, without its inhibitor a rule
                                        // runs uninhibited, of two contents that of the pack named first.
};

// `sos`, `service` (no memory, every subject) and `fall` (hold 20 s).
[[nodiscard]] const std::vector<alarm_rule>& built_in_rules();

// Built-in `fall` is there for every resident, free bed and the home, except where a pack's `fall` stands for
// it. `sos` and `service` are not in the list: the engine has them for everybody.
[[nodiscard]] effective_rules lay_plans(const std::vector<pack>& packs, const installation& where);

} // namespace anban::language
