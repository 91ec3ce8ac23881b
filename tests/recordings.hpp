// Where the recordings lie that some tests read, and how a test says honestly that it could not run: its
// program ends with `skipped_status`, which ctest shows as "Skipped" and never counts as passed.
//
// Threads: the test's.
#pragma once

#include <filesystem>
#include <optional>

namespace anban::tests {

// What ctest takes for "Skipped" (SKIP_RETURN_CODE). A test that failed as well ends as failed.
inline constexpr int skipped_status = 77;

// `file` below $ANBAN_DATA, else below ../shared/data beside the checkout. Where it is missing: nothing, one
// line that says so, and the whole program will count as skipped.
[[nodiscard]] std::optional<std::filesystem::path> recording(const std::filesystem::path& file);

// True once `recording` found something missing.
[[nodiscard]] bool any_missing() noexcept;

} // namespace anban::tests
