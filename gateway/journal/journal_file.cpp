#include "gateway/journal/journal_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>

#include <fmt/format.h>
#include <sqlite3.h>

#include "gateway/journal/crc32c.hpp"
#include "gateway/journal/record_codec.hpp"

namespace anban {
namespace {

constexpr int wal_pages_before_checkpoint = 256; // 1 MiB

} // namespace

// The SQLite file. No exception leaves it; every call says whether it worked.
class journal_file::parts {
public:
    parts(std::filesystem::path path, std::string vfs, int lock)
        : path_(std::move(path)), vfs_(std::move(vfs)), lock_(lock) {}
    ~parts() {
        close();
        if (lock_ >= 0) ::close(lock_); // and with it the lock
    }
    parts(const parts&) = delete;
    parts& operator=(const parts&) = delete;

    [[nodiscard]] bool open() {
        const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
        const char* vfs = vfs_.empty() ? nullptr : vfs_.c_str();
        if (sqlite3_open_v2(path_.c_str(), &db_, flags, vfs) != SQLITE_OK) return false;
        sqlite3_busy_timeout(db_, 2000);
        sqlite3_wal_hook(db_, &count_wal_pages, this);
        return run("PRAGMA page_size=4096") && run("PRAGMA journal_mode=WAL") && run("PRAGMA synchronous=FULL") &&
               run("PRAGMA trusted_schema=OFF") && run("PRAGMA temp_store=MEMORY") &&
               run("PRAGMA secure_delete=FAST") && run("PRAGMA journal_size_limit=4194304") &&
               run("CREATE TABLE IF NOT EXISTS record(seq INTEGER PRIMARY KEY, crc INTEGER NOT NULL, body BLOB "
                   "NOT NULL)") &&
               run("CREATE TABLE IF NOT EXISTS newest_snapshot(one INTEGER PRIMARY KEY CHECK(one=1), seq INTEGER "
                   "NOT NULL)") &&
               prepare("INSERT INTO record(seq, crc, body) VALUES(?1, ?2, ?3)", insert_) &&
               prepare("DELETE FROM record WHERE seq < ?1", drop_) &&
               prepare("INSERT INTO newest_snapshot(one, seq) VALUES(1, ?1) "
                       "ON CONFLICT(one) DO UPDATE SET seq=excluded.seq",
                       mark_snapshot_);
    }

    // Whether the last failure was the content's and not the disk's.
    [[nodiscard]] bool content_damaged() const {
        const int code = db_ == nullptr ? SQLITE_NOMEM : sqlite3_errcode(db_);
        return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    }

    // Replays from the newest snapshot; where a row is damaged, from the oldest row that is left. Nothing:
    // all rows were sound; else what was wrong with the first that wasn't, and `into` holds what the others
    // say.
    [[nodiscard]] std::string replay(home_state& into, std::size_t& rows) {
        std::string damage = quick_check();
        std::string in_rows = read_rows(into, rows, snapshot_seq());
        if (in_rows.empty()) return damage;
        into = home_state{};
        rows = 0;
        (void)read_rows(into, rows, 0);
        return in_rows;
    }

    [[nodiscard]] std::string read_rows(home_state& into, std::size_t& rows, std::int64_t from) {
        std::string damage;
        sqlite3_stmt* select = nullptr;
        if (!prepare("SELECT seq, crc, body FROM record WHERE seq >= ?1 ORDER BY seq", select)) return why();
        sqlite3_bind_int64(select, 1, from);
        int step = SQLITE_OK;
        while ((step = sqlite3_step(select)) == SQLITE_ROW) {
            const auto seq = sqlite3_column_int64(select, 0);
            const auto size = static_cast<std::size_t>(sqlite3_column_bytes(select, 2));
            const auto* bytes = static_cast<const char*>(sqlite3_column_blob(select, 2));
            const std::string_view body{bytes == nullptr ? "" : bytes, size};
            last_seq_ = seq;
            ++rows;
            if (static_cast<std::uint32_t>(sqlite3_column_int64(select, 1)) != crc32c(body)) {
                if (damage.empty()) damage = fmt::format("row {} has a wrong checksum", seq);
                continue;
            }
            auto delta = journal_record::decode(body);
            if (!delta) {
                if (damage.empty()) damage = fmt::format("row {}: {}", seq, delta.error());
                continue;
            }
            into.apply(*delta);
        }
        if (step != SQLITE_DONE && damage.empty()) damage = why();
        sqlite3_finalize(select);
        return damage;
    }

    [[nodiscard]] bool begin() { return run("BEGIN IMMEDIATE"); }
    [[nodiscard]] bool commit() { return run("COMMIT"); }

    [[nodiscard]] bool insert(const home_delta& delta) {
        const std::string body = journal_record::encode(delta);
        ++last_seq_;
        sqlite3_bind_int64(insert_, 1, last_seq_);
        sqlite3_bind_int64(insert_, 2, crc32c(body));
        sqlite3_bind_blob64(insert_, 3, body.data(), body.size(), SQLITE_STATIC);
        if (!finish(insert_)) return false;
        if (!delta.complete) return true;
        // What lies before the snapshot before this one is no longer needed for any replay.
        sqlite3_bind_int64(drop_, 1, std::exchange(snapshot_seq_, last_seq_));
        sqlite3_bind_int64(mark_snapshot_, 1, last_seq_);
        return finish(drop_) && finish(mark_snapshot_);
    }

    // The log is moved into the database when it is large. A checkpoint that fails loses nothing: the log
    // stays and grows until the next.
    void checkpoint_if_large() {
        if (wal_pages_ <= wal_pages_before_checkpoint) return;
        if (sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr) == SQLITE_OK) {
            wal_pages_ = 0;
        }
    }

    [[nodiscard]] std::string why() const { return db_ == nullptr ? "no memory" : sqlite3_errmsg(db_); }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    void close() {
        sqlite3_finalize(insert_);
        sqlite3_finalize(mark_snapshot_);
        sqlite3_finalize(drop_);
        insert_ = mark_snapshot_ = drop_ = nullptr;
        sqlite3_close(db_);
        db_ = nullptr;
    }

private:
    static int count_wal_pages(void* self, sqlite3*, const char*, int pages) {
        static_cast<parts*>(self)->wal_pages_ = pages;
        return SQLITE_OK;
    }

    [[nodiscard]] bool run(const char* sql) {
        return sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
    }

    [[nodiscard]] bool prepare(const char* sql, sqlite3_stmt*& into) {
        return sqlite3_prepare_v2(db_, sql, -1, &into, nullptr) == SQLITE_OK;
    }

    [[nodiscard]] static bool finish(sqlite3_stmt* statement) {
        const bool done = sqlite3_step(statement) == SQLITE_DONE;
        return sqlite3_reset(statement) == SQLITE_OK && done;
    }

    [[nodiscard]] std::int64_t snapshot_seq() {
        sqlite3_stmt* select = nullptr;
        if (!prepare("SELECT seq FROM newest_snapshot", select)) return 0;
        if (sqlite3_step(select) == SQLITE_ROW) snapshot_seq_ = sqlite3_column_int64(select, 0);
        sqlite3_finalize(select);
        return snapshot_seq_;
    }

    [[nodiscard]] std::string quick_check() {
        sqlite3_stmt* check = nullptr;
        if (!prepare("PRAGMA quick_check(1)", check)) return why();
        const std::string said = sqlite3_step(check) == SQLITE_ROW
                                     ? reinterpret_cast<const char*>(sqlite3_column_text(check, 0))
                                     : why();
        sqlite3_finalize(check);
        return said == "ok" ? std::string{} : said;
    }

    std::filesystem::path path_;
    std::string vfs_;
    sqlite3* db_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
    sqlite3_stmt* mark_snapshot_ = nullptr;
    sqlite3_stmt* drop_ = nullptr;
    std::int64_t snapshot_seq_ = 0;
    int lock_ = -1;
    std::int64_t last_seq_ = 0;
    int wal_pages_ = 0;
};

namespace {

void move_file(const journal_place& place, const std::string& from, const std::string& to) {
    if (place.move) return place.move(from, to);
    std::error_code error; // there may be no log beside it
    std::filesystem::rename(from, to, error);
}

// The lock against a second process, or why there is none; -1 where the place has its own.
[[nodiscard]] std::expected<int, std::string> lock_of(const journal_place& place) {
    if (!place.vfs.empty()) return -1;
    std::error_code error;
    std::filesystem::create_directories(place.folder, error);
    const int lock = ::open((place.folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock >= 0 && ::flock(lock, LOCK_EX | LOCK_NB) != 0) {
        ::close(lock);
        return std::unexpected("another anband has it open");
    }
    return lock;
}

} // namespace

std::expected<journal_file::opened, journal_failure> journal_file::open(const journal_place& place, stamp now) {
    const auto path = place.folder / "alarms.db";
    journal_found found;
    const auto failed = [&](std::string why, bool in_use = false) {
        return std::unexpected(
            journal_failure{fmt::format("{}: {}", path.string(), why), in_use, std::move(found)});
    };
    const auto lock = lock_of(place);
    if (!lock) return failed(lock.error(), true);
    auto f = std::make_unique<parts>(path, place.vfs, *lock);
    bool damaged = false;
    if (f->open()) {
        found.damage = f->replay(found.state, found.rows_read);
        damaged = !found.damage.empty();
    } else if (f->content_damaged()) {
        found.damage = f->why();
        damaged = true;
    } else {
        return failed(f->why());
    }
    if (damaged) {
        f->close();
        const auto aside = fmt::format("{}.damaged-{}", path.string(), now.at.time_since_epoch().count());
        for (const char* part : {"", "-wal", "-shm"}) {
            move_file(place, path.string() + part, aside + part);
        }
        found.set_aside = aside;
        const int kept = *lock < 0 ? -1 : ::fcntl(*lock, F_DUPFD_CLOEXEC, 0); // it goes on with the new file
        f = std::make_unique<parts>(path, place.vfs, kept);
        if (!f->open()) return failed(f->why());
    }
    found.start = found.state.start + 1;
    home_delta start;
    if (damaged) start = found.state.whole();
    start.start = found.start;
    start.wall = now;
    if (!f->begin() || !f->insert(start) || !f->commit()) return failed(f->why());
    found.state.start = found.start;
    return opened{std::unique_ptr<journal_file>(new journal_file(std::move(f))), std::move(found)};
}

journal_file::journal_file(std::unique_ptr<parts> p) : parts_(std::move(p)) {}
journal_file::~journal_file() = default;

bool journal_file::commit(std::span<const home_delta* const> rows) {
    if (!parts_->begin()) return false;
    for (const home_delta* row : rows) {
        if (!parts_->insert(*row)) return false;
    }
    return parts_->commit();
}

void journal_file::checkpoint_if_large() {
    parts_->checkpoint_if_large();
}

std::string journal_file::why() const {
    return parts_->why();
}

const std::filesystem::path& journal_file::path() const noexcept {
    return parts_->path();
}

} // namespace anban
