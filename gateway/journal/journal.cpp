#include "gateway/journal/journal.hpp"

#include <chrono>

#include <fmt/format.h>

#include "gateway/threads/give_way.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

constexpr auto lazy_rows_wait = std::chrono::seconds{2};

} // namespace

std::expected<std::pair<std::unique_ptr<journal>, journal_found>, journal_failure>
journal::open(const std::filesystem::path& folder, stamp now) {
    auto file = journal_file::open({.folder = folder}, now);
    if (!file) return std::unexpected(std::move(file.error()));
    return std::pair{std::unique_ptr<journal>(new journal(std::move(file->first))), std::move(file->second)};
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

// Waits for rows that matter, or for lazy ones to have waited long enough, and takes up to a group.
std::vector<journal::row> journal::next_group() {
    std::unique_lock lock{mutex_};
    while (true) {
        if (work_.wait_for(lock, lazy_rows_wait, [this] { return urgent_ || stopping_; })) break;
        if (!queue_.empty()) break;
    }
    std::vector<row> group;
    while (!queue_.empty() && group.size() < limits::journal_group) {
        group.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    urgent_ = false;
    for (const row& r : queue_) urgent_ = urgent_ || !r.lazy;
    lock.unlock();
    room_.notify_all();
    return group;
}

void journal::write_all() {
    give_way();
    bool broken = false;
    while (true) {
        const std::vector<row> group = next_group();
        if (group.empty()) break; // stopping and nothing left
        if (broken) continue;     // told once; the file is not touched again
        std::vector<const home_delta*> rows;
        rows.reserve(group.size());
        for (const row& r : group) rows.push_back(&r.delta);
        if (!file_->commit(rows)) {
            broken = true;
            tell_.failed(fmt::format("{}: {}", file_->path().string(), file_->why()));
            continue;
        }
        tell_.committed(group.back().record);
        file_->checkpoint_if_large();
    }
}

} // namespace anban
