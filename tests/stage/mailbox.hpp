// Everything of one kind that was heard, in order, with a way to wait for the one that matters. Nothing is
// taken out by reading, so two questions about the same events don't disturb each other.
//
// Threads: every function from any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace anban::stage {

template <class Item>
class mailbox {
public:
    void push(Item item) {
        {
            const std::scoped_lock lock(mutex_);
            items_.push_back(std::move(item));
        }
        news_.notify_all();
    }

    // The first at or behind `from` that `wanted` accepts; nothing if none comes in time.
    template <class Predicate>
    std::optional<Item> wait_for(Predicate wanted, std::chrono::milliseconds patience,
                                 std::size_t from = 0) const {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        std::unique_lock lock(mutex_);
        for (std::size_t next = from;;) {
            for (; next < items_.size(); ++next)
                if (wanted(items_[next])) return items_[next];
            if (news_.wait_until(lock, deadline) == std::cv_status::timeout && next >= items_.size())
                return std::nullopt;
        }
    }

    [[nodiscard]] std::size_t size() const {
        const std::scoped_lock lock(mutex_);
        return items_.size();
    }

    [[nodiscard]] std::vector<Item> from(std::size_t first) const {
        const std::scoped_lock lock(mutex_);
        if (first >= items_.size()) return {};
        return {items_.begin() + static_cast<std::ptrdiff_t>(first), items_.end()};
    }

    template <class Predicate>
    [[nodiscard]] std::size_t count(Predicate wanted) const {
        const std::scoped_lock lock(mutex_);
        std::size_t n = 0;
        for (const auto& item : items_) n += wanted(item) ? 1U : 0U;
        return n;
    }

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable news_;
    std::vector<Item> items_;
};

} // namespace anban::stage
