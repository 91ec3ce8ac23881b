#include "gateway/recordings/readings_file.hpp"

#include <array>
#include <fstream>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "gateway/threads/give_way.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

[[nodiscard]] std::filesystem::path path_in(const std::filesystem::path& folder) {
    return folder / "readings.db";
}

// Whether the file has fewer pages than its head says: SQLite would find it out when it reads one of them.
[[nodiscard]] bool cut_off(const std::filesystem::path& path) {
    std::error_code bad;
    const auto size = std::filesystem::file_size(path, bad);
    if (!bad && size == 0) return true; // SQLite would take it for a new one
    std::array<char, 32> head{};
    std::ifstream in{path, std::ios::binary};
    if (bad || !in.read(head.data(), head.size())) return false; // a new one, or SQLite says so itself
    const auto byte = [&head](std::size_t at) { return std::uint64_t{static_cast<std::uint8_t>(head[at])}; };
    const std::uint64_t page = byte(16) << 8U | byte(17);
    const std::uint64_t pages = byte(28) << 24U | byte(29) << 16U | byte(30) << 8U | byte(31);
    return size < page * pages;
}

// Closes and finalizes whatever happens.
struct closer {
    void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
    void operator()(sqlite3_stmt* s) const noexcept { sqlite3_finalize(s); }
};
using database = std::unique_ptr<sqlite3, closer>;
using statement = std::unique_ptr<sqlite3_stmt, closer>;

[[nodiscard]] bool run(sqlite3* db, const char* sql) noexcept {
    return sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

[[nodiscard]] statement prepared(sqlite3* db, const char* sql) noexcept {
    sqlite3_stmt* s = nullptr;
    sqlite3_prepare_v2(db, sql, -1, &s, nullptr);
    return statement{s};
}

void bind_text(sqlite3_stmt* s, int at, const std::string& text) noexcept {
    sqlite3_bind_text(s, at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

[[nodiscard]] std::string column_text(sqlite3_stmt* s, int at) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(s, at));
    return text == nullptr ? std::string{}
                           : std::string{text, static_cast<std::size_t>(sqlite3_column_bytes(s, at))};
}

constexpr const char* schema =
    "PRAGMA page_size=4096;"
    "PRAGMA auto_vacuum=INCREMENTAL;"
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=NORMAL;"
    "PRAGMA trusted_schema=OFF;"
    "PRAGMA journal_size_limit=1048576;"
    // Who spoke, for whom and from where: written once, so that a reading takes about 20 bytes.
    "CREATE TABLE IF NOT EXISTS speaker(id INTEGER PRIMARY KEY, device TEXT NOT NULL, kind INTEGER NOT NULL,"
    " who TEXT NOT NULL, room TEXT NOT NULL, UNIQUE(device, kind, who, room));"
    "CREATE TABLE IF NOT EXISTS reading(at INTEGER NOT NULL, speaker INTEGER NOT NULL, signal INTEGER NOT NULL,"
    " quality INTEGER NOT NULL, value REAL NOT NULL);"
    "CREATE INDEX IF NOT EXISTS reading_at ON reading(at);";

} // namespace

class readings_file::file {
public:
    [[nodiscard]] std::string open(const std::filesystem::path& path) {
        sqlite3* raw = nullptr;
        const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
        const int opened = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
        db_.reset(raw);
        if (opened != SQLITE_OK) return why();
        sqlite3_busy_timeout(raw, 2000);
        if (!run(raw, schema)) return why();
        insert_ =
            prepared(raw, "INSERT INTO reading(at, speaker, signal, quality, value) VALUES(?1, ?2, ?3, ?4, ?5)");
        add_speaker_ =
            prepared(raw, "INSERT OR IGNORE INTO speaker(device, kind, who, room) VALUES(?1, ?2, ?3, ?4)");
        find_speaker_ = prepared(raw, "SELECT id FROM speaker WHERE device=?1 AND kind=?2 AND who=?3 AND room=?4");
        drop_ = prepared(raw,
                         "DELETE FROM reading WHERE rowid IN (SELECT rowid FROM reading WHERE at < ?1 ORDER BY at "
                         "LIMIT 20000)");
        drop_oldest_ = prepared(
            raw, "DELETE FROM reading WHERE rowid IN (SELECT rowid FROM reading ORDER BY at LIMIT 20000)");
        return insert_ && add_speaker_ && find_speaker_ && drop_ && drop_oldest_ ? std::string{} : why();
    }

    [[nodiscard]] bool damaged() const noexcept {
        const int code = db_ ? sqlite3_errcode(db_.get()) : SQLITE_OK;
        return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    }

    // Writes a group, and lets go of what is too old or too much.
    [[nodiscard]] std::string write(const std::deque<reading>& group) {
        if (!run(db_.get(), "BEGIN IMMEDIATE")) return why();
        utc_time newest{};
        for (const reading& r : group) {
            newest = std::max(newest, r.wall.at);
            if (!write_one(r)) return undone();
        }
        sqlite3_bind_int64(drop_.get(), 1, micros(newest - limits::readings_kept_for));
        if (!finish(drop_.get())) return undone();
        if (bytes() > limits::readings_bytes && !finish(drop_oldest_.get())) return undone();
        if (!run(db_.get(), "COMMIT")) return undone();
        (void)run(db_.get(), "PRAGMA incremental_vacuum(64)");
        return {};
    }

private:
    [[nodiscard]] static std::int64_t micros(utc_time at) noexcept { return at.time_since_epoch().count(); }
    [[nodiscard]] std::string why() const { return db_ ? sqlite3_errmsg(db_.get()) : "no memory"; }
    [[nodiscard]] std::string undone() {
        std::string reason = why();
        (void)run(db_.get(), "ROLLBACK");
        return reason;
    }
    [[nodiscard]] static bool finish(sqlite3_stmt* s) noexcept {
        const bool done = sqlite3_step(s) == SQLITE_DONE;
        sqlite3_reset(s);
        return done;
    }

    [[nodiscard]] std::uint64_t bytes() {
        const statement s = prepared(db_.get(), "SELECT (SELECT page_count FROM pragma_page_count()) - "
                                                "(SELECT freelist_count FROM pragma_freelist_count())");
        if (!s || sqlite3_step(s.get()) != SQLITE_ROW) return 0;
        return static_cast<std::uint64_t>(sqlite3_column_int64(s.get(), 0)) * 4096;
    }

    [[nodiscard]] bool write_one(const reading& r) {
        const auto speaker = speaker_of(r);
        if (!speaker) return false;
        sqlite3_bind_int64(insert_.get(), 1, micros(r.wall.at));
        sqlite3_bind_int64(insert_.get(), 2, *speaker);
        sqlite3_bind_int(insert_.get(), 3, static_cast<int>(r.what));
        sqlite3_bind_int(insert_.get(), 4, static_cast<int>(r.how));
        sqlite3_bind_double(insert_.get(), 5, r.value);
        return finish(insert_.get());
    }

    [[nodiscard]] std::optional<std::int64_t> speaker_of(const reading& r) {
        const auto key = std::tuple{r.from.device, r.who, r.room};
        if (const auto known = speakers_.find(key); known != speakers_.end()) return known->second;
        for (sqlite3_stmt* s : {add_speaker_.get(), find_speaker_.get()}) {
            bind_text(s, 1, r.from.device.str());
            sqlite3_bind_int(s, 2, static_cast<int>(r.who.of));
            bind_text(s, 3, r.who.id);
            bind_text(s, 4, r.room.str());
        }
        if (!finish(add_speaker_.get())) return std::nullopt;
        std::optional<std::int64_t> id;
        if (sqlite3_step(find_speaker_.get()) == SQLITE_ROW) id = sqlite3_column_int64(find_speaker_.get(), 0);
        sqlite3_reset(find_speaker_.get());
        if (speakers_.size() >= 2 * limits::devices) speakers_.clear(); // strangers come and go
        if (id) speakers_.emplace(key, *id);
        return id;
    }

    database db_;
    statement insert_, add_speaker_, find_speaker_, drop_, drop_oldest_;
    std::map<std::tuple<device_id, subject, room_id>, std::int64_t> speakers_;
};

std::expected<std::unique_ptr<readings_file>, std::string>
readings_file::open(const std::filesystem::path& folder, std::chrono::milliseconds group_every,
                    std::function<void(std::string)> failed) {
    const auto path = path_in(folder);
    std::error_code ignored;
    // What is no file can't be read; SQLite makes its own anew.
    for (const char* const part : {"-wal", "-shm"}) {
        if (std::filesystem::is_directory(path.string() + part, ignored))
            std::filesystem::remove_all(path.string() + part, ignored);
    }
    auto f = std::make_unique<file>();
    const bool cut = cut_off(path);
    std::string why = cut ? std::string{} : f->open(path);
    if (cut || (!why.empty() && f->damaged())) {
        f = std::make_unique<file>();
        for (const char* const part : {"-wal", "-shm"}) std::filesystem::remove(path.string() + part, ignored);
        std::filesystem::remove_all(path.string() + ".damaged", ignored);
        std::filesystem::rename(path, path.string() + ".damaged", ignored);
        why = f->open(path);
    }
    if (!why.empty()) return std::unexpected(fmt::format("{}: {}", path.string(), why));
    return std::unique_ptr<readings_file>{new readings_file(std::move(f), group_every, std::move(failed))};
}

readings_file::readings_file(std::unique_ptr<file> f, std::chrono::milliseconds group_every,
                             std::function<void(std::string)> failed)
    : file_(std::move(f)), group_every_(group_every), failed_(std::move(failed)),
      writer_([this] { write_all(); }) {}

readings_file::~readings_file() {
    {
        const std::lock_guard hold{mutex_};
        stopping_ = true;
    }
    work_.notify_one();
    writer_.join();
}

void readings_file::append(const reading& r) {
    if (r.wall.quality == clock_quality::unset) return;
    const std::lock_guard hold{mutex_};
    if (queue_.size() >= limits::readings_queue) {
        ++shed_;
        return;
    }
    queue_.push_back(r);
    if (queue_.size() == limits::readings_queue / 2) work_.notify_one();
}

void readings_file::write_now() {
    {
        const std::lock_guard hold{mutex_};
        urgent_ = true;
    }
    work_.notify_one();
}

std::uint64_t readings_file::shed() const noexcept {
    const std::lock_guard hold{mutex_};
    return shed_;
}

void readings_file::write_all() {
    give_way();
    bool stopped = false;
    while (!stopped) {
        std::deque<reading> group;
        {
            std::unique_lock hold{mutex_};
            work_.wait_for(hold, group_every_,
                           [this] { return stopping_ || urgent_ || queue_.size() >= limits::readings_queue / 2; });
            urgent_ = false;
            stopped = stopping_;
            group.swap(queue_);
        }
        if (group.empty()) continue;
        if (const std::string why = file_->write(group); !why.empty()) {
            if (failed_) failed_(why);
            return;
        }
    }
}

std::expected<recording, std::string> read_past(const std::filesystem::path& folder, const installation& where,
                                                utc_time from, utc_time to) {
    const auto path = path_in(folder);
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
    const database db{raw};
    if (opened != SQLITE_OK) return std::unexpected(fmt::format("{}: {}", path.string(), sqlite3_errmsg(raw)));
    sqlite3_busy_timeout(raw, 2000);
    const statement s = prepared(raw, "SELECT r.at, s.device, s.kind, s.who, s.room, r.signal, r.quality, r.value "
                                      "FROM reading r JOIN speaker s ON s.id = r.speaker "
                                      "WHERE r.at >= ?1 AND r.at < ?2 ORDER BY r.at, r.rowid");
    if (!s) return std::unexpected(fmt::format("{}: {}", path.string(), sqlite3_errmsg(raw)));
    sqlite3_bind_int64(s.get(), 1, from.time_since_epoch().count());
    sqlite3_bind_int64(s.get(), 2, to.time_since_epoch().count());
    recording past{.name = folder.string(), .where = where, .samples = {}};
    std::map<device_id, std::uint16_t> known;
    for (std::size_t i = 0; i < where.devices.size(); ++i) known.emplace(where.devices[i].id, i);
    int step = SQLITE_OK;
    while ((step = sqlite3_step(s.get())) == SQLITE_ROW) {
        const int what = sqlite3_column_int(s.get(), 5);
        const int how = sqlite3_column_int(s.get(), 6);
        const int kind = sqlite3_column_int(s.get(), 2);
        const bool sound = what >= 1 && what <= static_cast<int>(all_signals().size()) && how >= 0 && how <= 2 &&
                           kind >= 0 && kind <= 3;
        if (!sound) continue; // of a later version
        const device_id device{column_text(s.get(), 1)};
        auto found = known.find(device);
        if (found == known.end()) {
            if (past.where.devices.size() >= limits::recorded_devices) continue;
            installed_device gone;
            gone.id = device;
            gone.who = {static_cast<subject::kind>(kind), column_text(s.get(), 3)};
            gone.room = room_id{column_text(s.get(), 4)};
            found = known.emplace(device, static_cast<std::uint16_t>(past.where.devices.size())).first;
            past.where.devices.push_back(std::move(gone));
        }
        if (past.samples.size() >= limits::recording_samples) {
            return std::unexpected(
                fmt::format("more than {} readings: take a shorter time", limits::recording_samples));
        }
        past.samples.push_back({.at = utc_time{std::chrono::microseconds{sqlite3_column_int64(s.get(), 0)}},
                                .device = found->second,
                                .what = static_cast<signal>(what),
                                .how = static_cast<quality>(how),
                                .value = sqlite3_column_double(s.get(), 7)});
    }
    if (step != SQLITE_DONE) return std::unexpected(fmt::format("{}: {}", path.string(), sqlite3_errmsg(raw)));
    return past;
}

} // namespace anban
