// How much state the engine may keep for one rule of one subject: a formula over the rule's text, that the
// engine's own figure must not exceed.
//
// Threads: free function without state.
#pragma once

#include <cstddef>

#include "rules/language/alarm_rule.hpp"

namespace anban::prover {

[[nodiscard]] std::size_t memory_bound(const language::alarm_rule& rule) noexcept;

} // namespace anban::prover
