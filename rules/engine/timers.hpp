// The one structure of deadlines: a heap in which each entry has at most one, ordered by time, then by the
// entry's number (silences before calendars before rules, rules in their order).
//
// Memory: fixed after construction. Setting costs O(log n).
// Threads: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "rules/engine/window.hpp"

namespace anban::judging {

class timers {
public:
    explicit timers(std::size_t entries) : due_(entries, never), place_(entries, 0) { heap_.reserve(entries); }

    [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
    [[nodiscard]] own_ns next() const noexcept { return heap_.empty() ? never : due_[heap_.front()]; }
    [[nodiscard]] std::uint32_t first() const noexcept { return heap_.front(); }
    [[nodiscard]] own_ns due(std::uint32_t entry) const noexcept { return due_[entry]; }

    // `never` takes it out.
    void set(std::uint32_t entry, own_ns when) noexcept {
        if (due_[entry] == when) return;
        const bool was_in = due_[entry] != never;
        due_[entry] = when;
        if (when == never) {
            remove(entry);
        } else if (was_in) {
            settle(place_[entry]);
        } else {
            heap_.push_back(entry); // within the reserve
            place_[entry] = static_cast<std::uint32_t>(heap_.size() - 1);
            settle(place_[entry]);
        }
    }

private:
    [[nodiscard]] bool before(std::uint32_t a, std::uint32_t b) const noexcept {
        return std::pair{due_[a], a} < std::pair{due_[b], b};
    }
    void put(std::size_t at, std::uint32_t entry) noexcept {
        heap_[at] = entry;
        place_[entry] = static_cast<std::uint32_t>(at);
    }
    void settle(std::size_t at) noexcept {
        const std::uint32_t entry = heap_[at];
        while (at > 0 && before(entry, heap_[(at - 1) / 2])) {
            put(at, heap_[(at - 1) / 2]);
            at = (at - 1) / 2;
        }
        for (std::size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
            if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
            if (!before(heap_[child], entry)) break;
            put(at, heap_[child]);
            at = child;
        }
        put(at, entry);
    }
    void remove(std::uint32_t entry) noexcept {
        const std::size_t at = place_[entry];
        const std::uint32_t last = heap_.back();
        heap_.pop_back();
        if (last == entry) return;
        put(at, last);
        settle(at);
    }

    std::vector<own_ns> due_;
    std::vector<std::uint32_t> place_;
    std::vector<std::uint32_t> heap_;
};

} // namespace anban::judging
