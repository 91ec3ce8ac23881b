// A thread that has time: whoever else wakes up gets its core at once.
//
// Threads: works on the calling one.
#pragma once

namespace anban {

// The calling thread keeps its share of the processor, but never takes a core from a thread that runs and leaves
// its own to any that wakes. A commit costs some hundred microseconds of processor beside its sync; on a box of
// two cores the brokers that carry the alarm would wait for it. Linux 6.12 and later; before that only the first
// half.
void give_way() noexcept;

} // namespace anban
