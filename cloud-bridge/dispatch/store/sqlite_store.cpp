#include "cloud-bridge/dispatch/store/sqlite_store.hpp"

#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "cloud-bridge/dispatch/limits.hpp"
#include "cloud-bridge/dispatch/setup/files.hpp"
#include "cloud-bridge/dispatch/store/store_rows.hpp"

namespace anban::dispatch {
namespace {

// Database, WAL and shared memory together: either one alone is worthless.
std::string move_aside(const std::filesystem::path& path, std::string_view what) {
    std::error_code code;
    std::filesystem::path aside;
    for (int i = 1; i < 1'000; ++i) {
        aside = fmt::format("{}.{}-{}", path.string(), what, i);
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
        made->path_ = path;
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
        result.set_aside = move_aside(path, "damaged");
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

// One set that can never be committed must not hold up the others. Leaves what was committed in `batch`; ends
// early where the file fails.
std::vector<write_set> sqlite_store::commit_singly(std::vector<write_set>& batch, const moment& at) {
    std::vector<write_set> undone;
    std::vector<write_set> kept;
    for (auto& set : batch) {
        std::vector<write_set> one;
        one.push_back(std::move(set));
        bool fine = false;
        if (lost_.empty()) {
            const auto done = writer_->commit(one, at);
            fine = done.has_value();
            if (!done && done.error().file_failed) lose_file(done.error().why);
        }
        (fine ? kept : undone).push_back(std::move(one.front()));
    }
    batch = std::move(kept);
    return undone;
}

void sqlite_store::put_back(std::vector<write_set>& sets) {
    const std::scoped_lock lock(mutex_);
    for (auto& set : sets) waiting_[static_cast<std::size_t>(set.via)].push_back(std::move(set));
    sets.clear();
}

void sqlite_store::report(std::string why) {
    if (why.empty() == trouble_.empty()) return;
    trouble_ = why;
    events_.on_fault(std::move(why));
}

void sqlite_store::lose_file(std::string why) {
    lost_ = path_;
    report(fmt::format("the disk failed: {}", why));
}

sqlite::status sqlite_store::replace_file() {
    const auto fresh = std::filesystem::path(path_.string() + ".fresh");
    // Once it is made the copy is the truth: what lies at the old name may already be half moved.
    if (!copied_) {
        if (auto copied = sqlite::copy_database(lost_, fresh); !copied) return copied;
        copied_ = true;
    }
    const std::scoped_lock lock(reader_mutex_);
    if (writer_) writer_->give_up();
    writer_.reset();
    reader_.reset();
    const std::filesystem::path wal = path_.string() + "-wal";
    std::error_code failed;
    if (std::filesystem::exists(path_, failed)) aside_ = move_aside(path_, "failed");
    // A WAL of the old file must never meet the new one.
    if (std::filesystem::exists(path_, failed) || std::filesystem::exists(wal, failed))
        return std::unexpected("the failed database can't be set aside");
    std::filesystem::rename(fresh, path_, failed);
    if (failed) return std::unexpected(failed.message());
    copied_ = false;
    if (auto synced = sync_file(path_); !synced) return std::unexpected(synced.error().en);
    auto w = writer::open(path_);
    if (!w) return std::unexpected(w.error());
    auto r = reader::open(path_);
    if (!r) return std::unexpected(r.error());
    ::chmod(path_.c_str(), 0600);
    writer_ = std::move(*w);
    reader_ = std::move(*r);
    lost_.clear();
    events_.on_replaced(aside_);
    return {};
}

void sqlite_store::tell_committed(const std::vector<write_set>& batch, const moment& at) {
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
    bool stop = false;
    while (!stop) {
        // After a failure: at once a new file where the old one is lost, otherwise a pause.
        const bool had_file = lost_.empty();
        const bool fine = had_file ? work(stop) : replace_file().has_value();
        const bool just_lost = had_file && !lost_.empty();
        if (fine || stop || just_lost) continue;
        std::unique_lock lock(mutex_);
        if (stopping_) break;
        const auto pause = lost_.empty() ? std::chrono::milliseconds(limits::commit_retry)
                                         : std::chrono::milliseconds(limits::copy_retry);
        wake_.wait_for(lock, pause, [this] { return stopping_; });
    }
    if (lost_.empty()) (void)writer_->checkpoint(true);
    if (!lost_.empty() && writer_) writer_->give_up();
}

// One group. False: something of it could not be committed.
bool sqlite_store::work(bool& stop) {
    using namespace std::chrono_literals;
    std::vector<write_set> batch;
    bool idle = false;
    {
        std::unique_lock lock(mutex_);
        idle = !wake_.wait_for(lock, 500ms, [this] { return count_ > 0 || stopping_; });
        stop = count_ == 0 && stopping_;
        if (stop) return true;
        batch = take_batch();
    }
    const auto move_wal = [&](bool now) {
        const auto moved = writer_->checkpoint(now);
        if (!moved && moved.error().file_failed) lose_file(moved.error().why);
        return lost_.empty();
    };
    if (batch.empty()) return move_wal(idle);
    const auto at = events_.clock();
    const auto done = writer_->commit(batch, at);
    std::vector<write_set> undone;
    if (!done) {
        if (done.error().file_failed) lose_file(done.error().why);
        undone = commit_singly(batch, at);
    }
    if (!batch.empty()) tell_committed(batch, at);
    report(done ? std::string{} : done.error().why);
    put_back(undone);
    return done.has_value() && move_wal(false);
}

// The desk's reads; while a file is replaced they wait, and without one they fail.
template <class Read>
auto sqlite_store::reading(Read read) -> decltype(read(std::declval<reader&>())) {
    const std::scoped_lock lock(reader_mutex_);
    if (!reader_) return std::unexpected("the database has failed");
    return read(*reader_);
}

std::expected<std::optional<case_file>, store_fault> sqlite_store::load(const case_key& key) {
    return reading([&](reader& r) { return r.load(key); });
}

std::expected<std::vector<gateway_id>, store_fault> sqlite_store::owners(const alarm_id& id) {
    return reading([&](reader& r) { return r.owners(id); });
}

std::expected<std::optional<revision_note>, store_fault> sqlite_store::find_revision(const case_key& key,
                                                                                     revision_number number) {
    return reading([&](reader& r) { return r.find_revision(key, number); });
}

std::expected<bool, store_fault> sqlite_store::has_press(const gateway_id& gateway, const cause& from) {
    return reading([&](reader& r) { return r.has_press(gateway, from); });
}

} // namespace anban::dispatch
