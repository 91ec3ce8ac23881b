// Counts what the program takes from the heap, by standing in for operator new: linked in, it counts everything.
//
// Threads: one; the counters are plain.
#pragma once

#include <cstddef>

namespace anban::fuzz {

// Bytes held at most since `watch_allocations()`, beyond what was held then.
void watch_allocations() noexcept;
[[nodiscard]] std::size_t most_held() noexcept;
[[nodiscard]] std::size_t held_now() noexcept;

} // namespace anban::fuzz
