// Where a library's thread waits for the journal: a token is opened before a frame is handed to the core,
// and the core's shell lets it go when the frame is on the disk or needs no disk.
//
// Threads: any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>

namespace anban {

class commit_gate {
public:
    [[nodiscard]] std::uint64_t open();
    // False: the time ran out and the token is forgotten.
    [[nodiscard]] bool wait(std::uint64_t token, std::chrono::milliseconds at_most);
    void release(std::uint64_t token);
    // Whether a callback waits just now (and with it all that Paho receives).
    [[nodiscard]] bool occupied() const;

private:
    mutable std::mutex mutex_;
    std::condition_variable released_;
    std::set<std::uint64_t> waiting_;
    std::uint64_t last_ = 0;
};

} // namespace anban
