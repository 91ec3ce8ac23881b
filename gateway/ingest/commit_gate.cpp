#include "gateway/ingest/commit_gate.hpp"

namespace anban {

std::uint64_t commit_gate::open() {
    const std::lock_guard lock{mutex_};
    waiting_.insert(++last_);
    return last_;
}

bool commit_gate::wait(std::uint64_t token, std::chrono::milliseconds at_most) {
    std::unique_lock lock{mutex_};
    const bool let_go = released_.wait_for(lock, at_most, [&] { return !waiting_.contains(token); });
    waiting_.erase(token);
    return let_go;
}

bool commit_gate::occupied() const {
    const std::lock_guard lock{mutex_};
    return !waiting_.empty();
}

void commit_gate::release(std::uint64_t token) {
    {
        const std::lock_guard lock{mutex_};
        waiting_.erase(token);
    }
    released_.notify_all();
}

} // namespace anban
