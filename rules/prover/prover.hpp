// Proves the rules of a home as installed, before anything happens in it: what feeds each rule, how late it
// could be at worst, how much memory it may take, and why it could never work. What is proven, under which
// promises of the devices, is written in README.md.
//
// Threads: free functions without state.
#pragma once

#include "rules/language/plan.hpp"
#include "rules/prover/proof.hpp"

namespace anban::prover {

// `rules` as language::lay_plans gives them: a rule after those that it names.
[[nodiscard]] proof prove(const language::effective_rules& rules, const installation& where);

// `sos` and `service` are in nobody's plan and work all the same: for a proof they stand first, once for the home.
[[nodiscard]] language::effective_rules with_calls(language::effective_rules rules);

} // namespace anban::prover
