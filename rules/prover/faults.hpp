// What can be wrong with a rule in one home. Each function looks for one thing.
//
// Threads: free functions without state.
#pragma once

#include <optional>
#include <vector>

#include "rules/language/plan.hpp"
#include "rules/prover/claims.hpp"
#include "rules/prover/proof.hpp"
#include "rules/prover/reach.hpp"

namespace anban::prover {

// Which devices give what; `needed` where `when` asks for it.
[[nodiscard]] std::vector<feed> feeds_of(const language::effective_rule& e, const installation& where);

// `when` contradicts itself, or is so whatever is reported.
[[nodiscard]] std::optional<finding> contradiction(const language::effective_rule& e, const installation& where);
// One side of an `or` can't happen here.
[[nodiscard]] std::vector<finding> blind_sides(const language::effective_rule& e, const algebra& worst,
                                               const installation& where);
// A duration that the reports of what it is about are too far apart for.
[[nodiscard]] std::vector<finding> unsampled(const language::effective_rule& e, const installation& where);
// `clear` that can't become true.
[[nodiscard]] std::optional<finding> never_clears(const language::effective_rule& e, const installation& where,
                                                  const rule_lookup& rules);
// Something is missed in rooms that several residents share, and the plan doesn't accept that in writing.
[[nodiscard]] std::optional<finding> shared_absence(const language::effective_rule& e, const installation& where);
// `a` and `b` are of one subject, and `a` was told whenever `b` is.
[[nodiscard]] std::optional<finding> hidden_by(const language::effective_rule& b,
                                               const language::effective_rule& a, const installation& where);

} // namespace anban::prover
