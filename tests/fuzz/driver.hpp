// Throws mutated inputs at a target without libFuzzer: no feedback, so it finds less, but any compiler builds it
// and a seed and a commit give the same inputs.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace anban::fuzz {

using target = std::function<void(std::string_view input)>;

// Files of a corpus, by name; none where there is no such folder.
[[nodiscard]] std::vector<std::string> read_corpus(const std::filesystem::path& folder);

// What one input may hold on the heap, and what a round of inputs may leave behind (what is made once stays).
inline constexpr std::size_t held_at_once = 64 * 1024 * 1024;
inline constexpr std::size_t left_behind = 16 * 1024;

struct played {
    std::size_t inputs = 0;
    std::size_t most_held = 0;
    std::string wrong; // empty: nothing
    std::string input; // that did it
};

// `before` sees each input before it is tried: what crashes doesn't come back to tell.
using witness = std::function<void(const std::string& input)>;

// All of `corpus` three times, the last without growth, then `mutations` of it. Stops at the first that is wrong.
[[nodiscard]] played play(const target& one, const std::vector<std::string>& corpus, std::size_t mutations,
                          std::uint64_t seed, const witness& before = {});

} // namespace anban::fuzz
