#include "gateway/journal/journal.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "gateway/threads/give_way.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

using std::chrono::steady_clock;

constexpr auto lazy_rows_wait = std::chrono::seconds{2};
constexpr auto mend_again = std::chrono::seconds{5};
constexpr auto look_again = std::chrono::seconds{10};
constexpr std::size_t salvaged_at_once = 200; // a few milliseconds that an alarm may wait behind

[[nodiscard]] stamp wall_now() {
    return {std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()),
            clock_quality::restored};
}

} // namespace

std::expected<std::pair<std::unique_ptr<journal>, journal_found>, journal_failure>
journal::open(const std::filesystem::path& folder, stamp now) {
    auto file = journal_file::open({.folder = folder}, now);
    if (!file) return std::unexpected(std::move(file.error()));
    return std::pair{std::unique_ptr<journal>(new journal(std::move(file->first))), std::move(file->second)};
}

std::unique_ptr<journal> journal::mending(std::unique_ptr<journal_file> failed) {
    return std::unique_ptr<journal>(new journal(std::move(failed)));
}

journal::journal(std::unique_ptr<journal_file> f) : file_(std::move(f)) {}

journal::~journal() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    work_.notify_all();
    if (writer_.joinable()) writer_.join();
}

void journal::run(callbacks tell) {
    tell_ = std::move(tell);
    writer_ = std::thread{[this] { write_all(); }};
}

void journal::append(std::uint64_t record, home_delta delta, bool lazy) {
    std::unique_lock lock{mutex_};
    room_.wait(lock, [this] { return queue_.size() < limits::journal_queue || stopping_; });
    queue_.push_back({record, std::move(delta), lazy});
    urgent_ = urgent_ || !lazy;
    lock.unlock();
    if (!lazy) work_.notify_one();
}

void journal::pass(std::uint64_t canary) {
    {
        const std::lock_guard lock{mutex_};
        canary_ = canary;
    }
    work_.notify_one();
}

// Waits for rows that matter, or for lazy ones to have waited long enough, and takes up to a group. Comes back
// empty now and then, for what else there is to do. False: there is nothing left, and never will be.
bool journal::next_group(std::vector<row>& into) {
    into.clear();
    std::unique_lock lock{mutex_};
    work_.wait_for(lock, lazy_rows_wait, [this] { return urgent_ || stopping_ || canary_ != 0; });
    while (!queue_.empty() && into.size() < limits::journal_group) {
        into.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    urgent_ = false;
    for (const row& r : queue_) urgent_ = urgent_ || !r.lazy;
    const bool over = stopping_ && into.empty();
    lock.unlock();
    room_.notify_all();
    return !over;
}

void journal::write_all() {
    give_way();
    mends_ = file_->failed();
    std::vector<row> group;
    while (next_group(group)) {
        if (!group.empty()) write(group);
        look_after_the_file();
        pass_canary();
    }
}

// Behind what waits.
void journal::pass_canary() {
    std::uint64_t canary = 0;
    {
        const std::lock_guard lock{mutex_};
        if (queue_.empty()) canary = std::exchange(canary_, 0);
    }
    if (canary != 0 && tell_.passed) tell_.passed(canary);
}

void journal::write(std::span<const row> group) {
    if (mends_) return; // the core has been told, or will be
    if (file_->needs_whole()) {
        // What comes before a complete row is in it.
        group = group.subspan(static_cast<std::size_t>(
            std::ranges::find_if(group, [](const row& r) { return r.delta.complete; }) - group.begin()));
        if (group.empty()) return;
    }
    std::vector<const home_delta*> rows;
    rows.reserve(group.size());
    for (const row& r : group) rows.push_back(&r.delta);
    const bool was_whole = !file_->needs_whole();
    if (file_->commit(rows)) {
        tell_.committed(group.back().record);
        file_->checkpoint_if_large();
        if (!file_->has_reserve() && !full_ && tell_.room) tell_.room(full_ = true);
        return;
    }
    if (was_whole)
        begin_anew(true);
    else // not even what was just begun can be written
        tell_.failed(fmt::format("{}: {}", file_->path().string(), file_->why())), mends_ = true;
    mend_at_ = steady_clock::now() + mend_again;
}

void journal::begin_anew(bool tell_failure) {
    const auto why = fmt::format("{}: {}", file_->path().string(), file_->why());
    const auto begun = file_->renew(wall_now());
    mends_ = !begun;
    if (begun && tell_.renewed)
        tell_.renewed(why, *begun);
    else if (tell_failure)
        tell_.failed(why);
}

// What is done when nothing waits: the way back, the reserve, the trail of a file that was set aside.
void journal::look_after_the_file() {
    const auto now = steady_clock::now();
    if (mends_ && now >= mend_at_) {
        mend_at_ = now + mend_again;
        begin_anew(false);
    }
    if (mends_) return;
    {
        const std::lock_guard lock{mutex_};
        if (urgent_ || stopping_) return;
    }
    if (file_->salvage(salvaged_at_once)) {
        const std::lock_guard lock{mutex_};
        urgent_ = true; // come back at once for more
    }
    if (now < look_at_) return;
    look_at_ = now + look_again;
    const bool full = !file_->take_reserve();
    if (full != full_ && tell_.room) tell_.room(full);
    full_ = full;
}

} // namespace anban
