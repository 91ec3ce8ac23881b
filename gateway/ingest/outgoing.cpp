#include "gateway/ingest/outgoing.hpp"

#include <ranges>
#include <utility>

#include "rules/limits.hpp"

namespace anban {

bool outgoing::put(drivers::publication what) {
    bool room = true;
    {
        const std::lock_guard lock{mutex_};
        room = waiting_.size() < limits::waiting_publications;
        if (!room) waiting_.pop_front();
        waiting_.push_back(std::move(what));
    }
    changed_.notify_one();
    return room;
}

outgoing::one outgoing::take() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return may_go(); });
    return next();
}

std::optional<outgoing::one> outgoing::take_now() {
    const std::lock_guard lock{mutex_};
    return may_go() ? std::optional{next()} : std::nullopt;
}

outgoing::one outgoing::next() {
    const auto left = out_.emplace(++last_, std::move(waiting_.front())).first;
    waiting_.pop_front();
    return {left->first, left->second};
}

void outgoing::arrived(std::uint64_t number) {
    {
        const std::lock_guard lock{mutex_};
        out_.erase(number);
    }
    changed_.notify_one();
}

void outgoing::put_back(std::uint64_t number) {
    const std::lock_guard lock{mutex_};
    // A new connection may have taken it back meanwhile.
    if (auto kept = out_.extract(number)) waiting_.push_front(std::move(kept.mapped()));
}

void outgoing::connected() {
    {
        const std::lock_guard lock{mutex_};
        for (auto& [number, what] : std::views::reverse(out_)) waiting_.push_front(std::move(what));
        out_.clear();
        connected_ = true;
    }
    changed_.notify_one();
}

void outgoing::lost() {
    const std::lock_guard lock{mutex_};
    connected_ = false;
}

} // namespace anban
