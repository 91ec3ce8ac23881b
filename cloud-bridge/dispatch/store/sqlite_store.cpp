#include "cloud-bridge/dispatch/store/sqlite_store.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "cloud-bridge/dispatch/limits.hpp"
#include "cloud-bridge/dispatch/setup/files.hpp"
#include "cloud-bridge/dispatch/store/store_rows.hpp"

namespace anban::dispatch {
namespace {

// Database, WAL and shared memory together: either one alone is worthless.
std::string move_aside(const std::filesystem::path& path) {
    std::error_code code;
    std::filesystem::path aside;
    for (int i = 1; i < 1'000; ++i) {
        aside = fmt::format("{}.damaged-{}", path.string(), i);
        if (!std::filesystem::exists(aside, code)) break;
    }
    for (const char* tail : {"", "-wal", "-shm"}) {
        std::filesystem::rename(path.string() + tail, aside.string() + tail, code);
    }
    return aside.string();
}

} // namespace

sqlite_store::sqlite_store() = default;

outcome<sqlite_store::opened> sqlite_store::open(const std::filesystem::path& data) {
    if (auto made = make_folder(data, 0700); !made) return std::unexpected(made.error());
    const auto path = data / "alarms.db";
    opened result;
    store_fault why;
    for (int attempt = 0; attempt < 2; ++attempt) {
        std::unique_ptr<sqlite_store> made(new sqlite_store);
        const auto try_open = [&]() -> std::expected<saved_state, store_fault> {
            auto w = writer::open(path);
            if (!w) return std::unexpected(w.error());
            ::chmod(path.c_str(), 0600);
            made->writer_ = std::move(*w);
            auto r = reader::open(path);
            if (!r) return std::unexpected(r.error());
            made->reader_ = std::move(*r);
            auto saved = made->reader_->begin_with();
            if (!saved) return saved;
            auto start = made->writer_->next_start();
            if (!start) return std::unexpected(start.error());
            saved->start = *start;
            return saved;
        };
        auto saved = try_open();
        if (saved) {
            result.kept = std::move(made);
            result.saved = std::move(*saved);
            return result;
        }
        why = saved.error();
        made.reset();
        // 11 SQLITE_CORRUPT and 26 SQLITE_NOTADB speak of the file; anything else would fail again.
        const bool damaged =
            why.find("malformed") != store_fault::npos || why.find("not a database") != store_fault::npos;
        if (!damaged) break;
        result.set_aside = move_aside(path);
    }
    return std::unexpected(
        words{fmt::format("{}：{}", path.string(), why), fmt::format("{}: {}", path.string(), why)});
}

sqlite_store::~sqlite_store() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void sqlite_store::start(events e) {
    events_ = std::move(e);
    thread_ = std::jthread([this] { run(); });
}

std::size_t sqlite_store::room() const {
    const std::scoped_lock lock(mutex_);
    return count_ >= limits::writes_waiting ? 0 : limits::writes_waiting - count_;
}

void sqlite_store::submit(write_set set) {
    {
        const std::scoped_lock lock(mutex_);
        waiting_[static_cast<std::size_t>(set.via)].push_back(std::move(set));
        ++count_;
    }
    wake_.notify_one();
}

std::vector<write_set> sqlite_store::take_batch() {
    std::vector<write_set> batch;
    for (auto& queue : waiting_) {
        while (!queue.empty() && batch.size() < limits::write_group) {
            batch.push_back(std::move(queue.front()));
            queue.pop_front();
        }
    }
    return batch;
}

// One set that can never be committed must not hold up the others. Leaves what was committed in `batch`.
std::vector<write_set> sqlite_store::commit_singly(std::vector<write_set>& batch, utc_time at) {
    std::vector<write_set> undone;
    std::vector<write_set> kept;
    for (auto& set : batch) {
        std::vector<write_set> one;
        one.push_back(std::move(set));
        const bool fine = writer_->commit(one, at).has_value();
        (fine ? kept : undone).push_back(std::move(one.front()));
    }
    batch = std::move(kept);
    return undone;
}

void sqlite_store::tell_committed(const std::vector<write_set>& batch, utc_time at) {
    std::vector<std::uint64_t> tickets;
    tickets.reserve(batch.size());
    for (const auto& set : batch) tickets.push_back(set.ticket);
    {
        const std::scoped_lock lock(mutex_);
        count_ -= batch.size();
    }
    events_.on_committed(std::move(tickets), at);
}

void sqlite_store::run() {
    using namespace std::chrono_literals;
    bool well = true;
    for (;;) {
        std::vector<write_set> batch;
        bool idle = false;
        {
            std::unique_lock lock(mutex_);
            idle = !wake_.wait_for(lock, 500ms, [this] { return count_ > 0 || stopping_; });
            if (count_ == 0 && stopping_) break;
            batch = take_batch();
        }
        if (batch.empty()) {
            writer_->checkpoint(idle);
            continue;
        }
        const auto at = events_.clock();
        auto done = writer_->commit(batch, at);
        std::vector<write_set> undone;
        if (!done) undone = commit_singly(batch, at);
        if (done || !batch.empty()) tell_committed(batch, at);
        if (done.has_value() != well) events_.on_fault(done ? std::string{} : done.error());
        well = done.has_value();
        writer_->checkpoint(false);
        if (undone.empty()) continue;
        std::unique_lock lock(mutex_);
        for (auto& set : undone) waiting_[static_cast<std::size_t>(set.via)].push_back(std::move(set));
        if (stopping_) break;
        wake_.wait_for(lock, limits::commit_retry, [this] { return stopping_; });
    }
    writer_->checkpoint(true);
}

std::expected<std::optional<case_file>, store_fault> sqlite_store::load(const case_key& key) {
    return reader_->load(key);
}

std::expected<std::vector<gateway_id>, store_fault> sqlite_store::owners(const alarm_id& id) {
    return reader_->owners(id);
}

std::expected<std::optional<revision_note>, store_fault> sqlite_store::find_revision(const case_key& key,
                                                                                     revision_number number) {
    return reader_->find_revision(key, number);
}

std::expected<bool, store_fault> sqlite_store::has_press(const gateway_id& gateway, const cause& from) {
    return reader_->has_press(gateway, from);
}

} // namespace anban::dispatch
