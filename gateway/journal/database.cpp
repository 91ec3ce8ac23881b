#include "gateway/journal/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace anban {
namespace {

[[nodiscard]] sqlite3_vfs* file_system(const std::string& vfs) {
    return sqlite3_vfs_find(vfs.empty() ? nullptr : vfs.c_str());
}

[[nodiscard]] std::string as_uri(const std::string& path) {
    std::string uri = "file:";
    for (const char c : path) {
        if (c == '%' || c == '?' || c == '#')
            uri += fmt::format("%{:02x}", static_cast<unsigned>(c));
        else
            uri += c;
    }
    return uri;
}

} // namespace

database::~database() {
    close();
}

bool database::open(const std::string& path, const std::string& vfs, mode how) {
    trouble_ = trouble::none;
    const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI |
                      (how == mode::create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
    // Without a log the file is all there is; with one its index is kept in memory, which needs no lock of a file
    // system that has none to give.
    const bool logged = how == mode::untouched && exists(path + "-wal", vfs);
    const std::string name = how == mode::untouched && !logged ? as_uri(path) + "?immutable=1" : as_uri(path);
    const char* fs = vfs.empty() ? nullptr : vfs.c_str();
    if (logged && fs == nullptr) fs = "unix-none";
    if (sqlite3_open_v2(name.c_str(), &handle_, flags, fs) != SQLITE_OK) {
        note_failure();
        close(true);
        return false;
    }
    if (logged) (void)run("PRAGMA locking_mode=EXCLUSIVE");
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, 2000);
    sqlite3_wal_hook(handle_, &count_pages, this);
    return true;
}

bool database::close(bool as_it_is) {
    if (handle_ == nullptr) return false;
    if (as_it_is) sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    const bool closed = sqlite3_close(handle_) == SQLITE_OK;
    handle_ = nullptr;
    pages_in_log_ = 0;
    return closed;
}

bool database::run(const char* sql) {
    if (handle_ != nullptr && sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return true;
    note_failure();
    return false;
}

void database::abandon() {
    // What went wrong stays what is told of.
    if (handle_ != nullptr) (void)sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

std::int64_t database::number(const char* sql, std::int64_t otherwise) {
    statement one{*this, sql};
    return one.next() ? one.number(0) : otherwise;
}

std::string database::text(const char* sql) {
    statement one{*this, sql};
    return one.next() ? std::string{one.bytes(0)} : std::string{};
}

bool database::checkpoint() {
    if (sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr) != SQLITE_OK) {
        return false;
    }
    pages_in_log_ = 0;
    return true;
}

bool database::exists(const std::string& path, const std::string& vfs) {
    sqlite3_vfs* const fs = file_system(vfs);
    int there = 0;
    return fs != nullptr && fs->xAccess(fs, path.c_str(), SQLITE_ACCESS_EXISTS, &there) == SQLITE_OK && there != 0;
}

void database::remove(const std::string& path, const std::string& vfs) {
    if (sqlite3_vfs* const fs = file_system(vfs); fs != nullptr) (void)fs->xDelete(fs, path.c_str(), 1);
}

int database::count_pages(void* self, sqlite3*, const char*, int pages) {
    static_cast<database*>(self)->pages_in_log_ = pages;
    return SQLITE_OK;
}

void database::note_failure() {
    const int code = handle_ == nullptr ? SQLITE_NOMEM : sqlite3_extended_errcode(handle_);
    why_ = handle_ == nullptr ? "it isn't open" : sqlite3_errmsg(handle_);
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: trouble_ = trouble::content; break;
    case SQLITE_FULL: trouble_ = trouble::full; break;
    case SQLITE_IOERR: trouble_ = trouble::disk; break;
    default: trouble_ = trouble::refused; break;
    }
}

// ---- statement ----------------------------------------------------------------------------------------

void statement::closer::operator()(sqlite3_stmt* s) const noexcept {
    sqlite3_finalize(s);
}

statement::statement(database& of, const char* sql) : of_(&of) {
    sqlite3_stmt* made = nullptr;
    if (of.handle_ == nullptr || sqlite3_prepare_v2(of.handle_, sql, -1, &made, nullptr) != SQLITE_OK) {
        of.note_failure();
        failed_ = true;
    }
    handle_.reset(made);
}

statement& statement::bind(std::int64_t number) {
    if (handle_) sqlite3_bind_int64(handle_.get(), ++bound_, number);
    return *this;
}

statement& statement::bind(std::string_view bytes) {
    // A pointer of nothing would bind NULL.
    const char* const at = bytes.data() == nullptr ? "" : bytes.data();
    if (handle_) sqlite3_bind_blob64(handle_.get(), ++bound_, at, bytes.size(), SQLITE_STATIC);
    return *this;
}

statement& statement::bind_nothing() {
    if (handle_) sqlite3_bind_null(handle_.get(), ++bound_);
    return *this;
}

bool statement::next() {
    if (!handle_) return false;
    const int step = sqlite3_step(handle_.get());
    if (step == SQLITE_ROW) return true;
    failed_ = step != SQLITE_DONE;
    if (failed_) of_->note_failure();
    reset();
    return false;
}

bool statement::finish() {
    return !next() && handle_ && !failed_;
}

void statement::reset() {
    if (handle_) sqlite3_reset(handle_.get());
    bound_ = 0;
}

std::int64_t statement::number(int column) const {
    return sqlite3_column_int64(handle_.get(), column);
}

std::string_view statement::bytes(int column) const {
    const auto* at = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
    return at == nullptr ? std::string_view{} : std::string_view{at, size};
}

bool statement::nothing(int column) const {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

} // namespace anban
