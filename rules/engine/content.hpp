// What a rule says, as one number: unchanged rules keep their state across a reload, changed ones start afresh.
//
// Threads: free functions without state.
#pragma once

#include <cstdint>
#include <string_view>

#include "rules/language/plan.hpp"

namespace anban::judging {

// Digest of everything that judging depends on: conditions with their numbers, hold, inhibitors, class, subject.
// Titles and where a number came from don't count.
[[nodiscard]] std::uint64_t content_key(const language::effective_rule& rule);

// For the table of devices.
[[nodiscard]] std::size_t name_hash(std::string_view text) noexcept;

} // namespace anban::judging
