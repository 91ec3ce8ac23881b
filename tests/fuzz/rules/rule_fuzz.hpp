// Throws texts at the reader of rule packs and says what went wrong: packs that were mutated, words of the
// language in any order, and rules drawn at random that must be understood.
//
// Threads: one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace anban::fuzz {

struct outcome {
    std::size_t texts = 0;
    std::size_t good = 0;              // that checked
    std::size_t most_bytes_a_byte = 0; // heap held at once for each byte of text, beyond a fixed part
    std::chrono::nanoseconds slowest{0};
    std::string wrong; // empty: nothing
    std::string text;  // that did it
};

// The fixed part of what reading may hold: mistakes with their lines, and the vectors' beginnings.
inline constexpr std::size_t fixed_bytes = 512 * 1024;
inline constexpr std::size_t bytes_a_byte = 512;

// One text: read, told, laid out twice, read again. What is wrong, or nothing.
[[nodiscard]] std::string judge(const std::string& text, outcome& so_far);

// From seed, so many texts; stops at the first that is wrong. `corpus`: packs to begin with.
[[nodiscard]] outcome fuzz_rules(std::uint64_t seed, std::size_t texts, const std::vector<std::string>& corpus);

// The packs below a folder.
[[nodiscard]] std::vector<std::string> packs_below(const std::string& folder);

} // namespace anban::fuzz
