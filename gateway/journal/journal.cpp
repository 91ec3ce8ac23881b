#include "gateway/journal/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include <fmt/format.h>
#include <sqlite3.h>

#include "gateway/journal/record_codec.hpp"
#include "gateway/threads/give_way.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

constexpr auto lazy_rows_wait = std::chrono::seconds{2};
constexpr int wal_pages_before_checkpoint = 256; // 1 MiB

// CRC-32C (Castagnoli, reflected 0x82F63B78), a table of 256 entries.
constexpr std::array<std::uint32_t, 256> crc_table = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t c = i;
        for (int bit = 0; bit < 8; ++bit) c = (c >> 1U) ^ ((c & 1U) != 0 ? 0x82F63B78U : 0U);
        table[i] = c;
    }
    return table;
}();

[[nodiscard]] std::uint32_t crc32c(std::string_view bytes) noexcept {
    std::uint32_t crc = ~0U;
    for (const char c : bytes) crc = crc_table[(crc ^ static_cast<std::uint8_t>(c)) & 0xffU] ^ (crc >> 8U);
    return ~crc;
}

} // namespace

// The SQLite file. No exception leaves it; every call says whether it worked.
class journal::file {
public:
    file(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
    ~file() {
        close();
        ::close(lock_); // and with it the lock
    }
    file(const file&) = delete;
    file& operator=(const file&) = delete;

    [[nodiscard]] bool open() {
        const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
        if (sqlite3_open_v2(path_.c_str(), &db_, flags, nullptr) != SQLITE_OK) return false;
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
        static_cast<file*>(self)->wal_pages_ = pages;
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
    sqlite3* db_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
    sqlite3_stmt* mark_snapshot_ = nullptr;
    sqlite3_stmt* drop_ = nullptr;
    std::int64_t snapshot_seq_ = 0;
    int lock_ = -1;
    std::int64_t last_seq_ = 0;
    int wal_pages_ = 0;
};

std::expected<std::pair<std::unique_ptr<journal>, journal_found>, journal_failure>
journal::open(const std::filesystem::path& folder, stamp now) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    const auto path = folder / "alarms.db";
    const auto lock_path = folder / "lock";
    journal_found found;
    const auto failed = [&](std::string why, bool in_use = false) {
        return std::unexpected(
            journal_failure{fmt::format("{}: {}", path.string(), why), in_use, std::move(found)});
    };
    const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock >= 0 && ::flock(lock, LOCK_EX | LOCK_NB) != 0) {
        ::close(lock);
        return failed("another anband has it open", true);
    }
    auto f = std::make_unique<file>(path, lock);
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
            std::filesystem::rename(path.string() + part, aside + part, error);
        }
        found.set_aside = aside;
        const int kept = ::fcntl(lock, F_DUPFD_CLOEXEC, 0); // the lock goes on with the new file
        f = std::make_unique<file>(path, kept);
        if (!f->open()) return failed(f->why());
    }
    found.start = found.state.start + 1;
    home_delta start;
    if (damaged) start = found.state.whole();
    start.start = found.start;
    start.wall = now;
    if (!f->begin() || !f->insert(start) || !f->commit()) return failed(f->why());
    found.state.start = found.start;
    return std::pair{std::unique_ptr<journal>(new journal(std::move(f))), std::move(found)};
}

journal::journal(std::unique_ptr<file> f) : file_(std::move(f)) {}

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
        bool written = file_->begin();
        for (const row& r : group) written = written && file_->insert(r.delta);
        written = written && file_->commit();
        if (!written) {
            broken = true;
            tell_.failed(fmt::format("{}: {}", file_->path().string(), file_->why()));
            continue;
        }
        tell_.committed(group.back().record);
        file_->checkpoint_if_large();
    }
}

} // namespace anban
