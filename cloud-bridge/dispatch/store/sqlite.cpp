#include "cloud-bridge/dispatch/store/sqlite.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "cloud-bridge/dispatch/setup/files.hpp"

namespace anban::dispatch::sqlite {

void statement::closer::operator()(sqlite3_stmt* s) const {
    sqlite3_finalize(s);
}
void connection::closer::operator()(sqlite3* db) const {
    sqlite3_close_v2(db);
}

statement& statement::bind(std::int64_t number) {
    sqlite3_bind_int64(handle_.get(), next_++, number);
    return *this;
}

statement& statement::bind(std::string_view text) {
    sqlite3_bind_text64(handle_.get(), next_++, text.empty() ? "" : text.data(), text.size(), SQLITE_TRANSIENT,
                        SQLITE_UTF8);
    return *this;
}

statement& statement::bind_blob(std::string_view bytes) {
    sqlite3_bind_blob64(handle_.get(), next_++, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_TRANSIENT);
    return *this;
}

statement& statement::bind_null() {
    sqlite3_bind_null(handle_.get(), next_++);
    return *this;
}

std::expected<bool, fault> statement::step() {
    const int code = sqlite3_step(handle_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return std::unexpected(fmt::format("{} ({})", sqlite3_errmsg(sqlite3_db_handle(handle_.get())), code));
}

status statement::run() {
    for (;;) {
        const auto more = step();
        if (!more) {
            reset();
            return std::unexpected(more.error());
        }
        if (!*more) break;
    }
    reset();
    return {};
}

void statement::reset() {
    sqlite3_reset(handle_.get());
    sqlite3_clear_bindings(handle_.get());
    next_ = 1;
}

std::int64_t statement::number(int column) const {
    return sqlite3_column_int64(handle_.get(), column);
}

std::string statement::text(int column) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
    return data == nullptr
               ? std::string{}
               : std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column)));
}

std::string statement::blob(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
    return data == nullptr
               ? std::string{}
               : std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column)));
}

bool statement::is_null(int column) const {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::expected<connection, fault> connection::open(const std::filesystem::path& path, mode m,
                                                  const std::string& vfs) {
    const int flags = m == mode::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    sqlite3* db = nullptr;
    const int code =
        sqlite3_open_v2(path.c_str(), &db, flags | SQLITE_OPEN_NOMUTEX, vfs.empty() ? nullptr : vfs.c_str());
    connection made;
    made.handle_.reset(db);
    if (code != SQLITE_OK) {
        return std::unexpected(
            fmt::format("{}: {}", path.string(), db != nullptr ? sqlite3_errmsg(db) : "out of memory"));
    }
    sqlite3_busy_timeout(db, 5'000);
    sqlite3_extended_result_codes(db, 1);
    return made;
}

status connection::run(const std::string& sql) {
    char* text = nullptr;
    const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, &text);
    if (code == SQLITE_OK) return {};
    fault why = fmt::format("{} ({})", text != nullptr ? text : "no reason given", code);
    sqlite3_free(text);
    return std::unexpected(std::move(why));
}

std::expected<statement, fault> connection::prepare(std::string_view sql, bool for_long) {
    statement made;
    sqlite3_stmt* handle = nullptr;
    const unsigned flags = for_long ? SQLITE_PREPARE_PERSISTENT : 0U;
    if (sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()), flags, &handle, nullptr) !=
        SQLITE_OK) {
        return std::unexpected(fmt::format("{}: {}", sqlite3_errmsg(handle_.get()), sql));
    }
    made.handle_.reset(handle);
    return made;
}

std::int64_t connection::changes() const {
    return sqlite3_changes64(handle_.get());
}
std::uint64_t connection::wal_bytes() const {
    sqlite3_file* wal = nullptr;
    if (sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) != SQLITE_OK) return 0;
    sqlite3_int64 size = 0;
    if (wal == nullptr || wal->pMethods == nullptr || wal->pMethods->xFileSize(wal, &size) != SQLITE_OK) return 0;
    return static_cast<std::uint64_t>(size);
}
bool connection::file_failed() const {
    const int primary = sqlite3_extended_errcode(handle_.get()) & 0xff;
    return primary == SQLITE_IOERR || primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB ||
           primary == SQLITE_CANTOPEN;
}
void connection::leave_untouched() {
    sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}
bool connection::in_transaction() const {
    return sqlite3_get_autocommit(handle_.get()) == 0;
}

status copy_database(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::error_code none;
    for (const char* tail : {"", "-wal", "-shm", "-journal"}) std::filesystem::remove(to.string() + tail, none);
    auto source = connection::open(from, connection::mode::read_only);
    if (!source) return std::unexpected(source.error());
    source->leave_untouched();
    {
        auto copy = source->prepare("VACUUM INTO ?", false);
        if (!copy) return std::unexpected(copy.error());
        if (auto done = copy->bind(to.string()).run(); !done) return done;
    }
    auto made = connection::open(to, connection::mode::read_only);
    if (!made) return std::unexpected(made.error());
    auto check = made->prepare("PRAGMA quick_check", false);
    if (!check) return std::unexpected(check.error());
    const auto row = check->step();
    if (!row) return std::unexpected(row.error());
    if (!*row || check->text(0) != "ok") return std::unexpected("the copy is damaged");
    if (auto synced = sync_file(to); !synced) return std::unexpected(synced.error().en);
    return {};
}

} // namespace anban::dispatch::sqlite
