// SQLite behind a thin wall: a connection and prepared statements that say whether they worked and never throw.
//
// Threads: a connection and its statements belong to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace anban {

class database {
public:
    enum class mode : std::uint8_t {
        create,    // reads and writes, makes it where it is missing
        read_only, // beside its writer
        untouched, // nobody writes and nothing can be: no file is made beside it, not even the log's index
    };
    // What the last failure was the matter of.
    enum class trouble : std::uint8_t {
        none,
        content, // what is in the file can't be read as a database
        full,    // there was no room
        refused, // nothing was tried: read-only, locked, no permission, no memory
        disk,    // reading, writing or syncing failed: after it the file isn't written again
    };

    database() = default;
    ~database();
    database(const database&) = delete;
    database& operator=(const database&) = delete;

    // `vfs`: SQLite's name of a file system; empty: the system's.
    [[nodiscard]] bool open(const std::string& path, const std::string& vfs, mode how);
    // The log goes into the database. `as_it_is`: no checkpoint, no sync, the log stays. False where there was
    // nothing to close, or a statement still holds it.
    bool close(bool as_it_is = false);
    [[nodiscard]] bool is_open() const noexcept { return handle_ != nullptr; }

    // Statements without parameters.
    [[nodiscard]] bool run(const char* sql);
    // Takes the transaction back, if there is one.
    void abandon();
    // First column of the first row; `otherwise` where there is none.
    [[nodiscard]] std::int64_t number(const char* sql, std::int64_t otherwise);
    [[nodiscard]] std::string text(const char* sql);
    // Moves the log into the database.
    [[nodiscard]] bool checkpoint();
    [[nodiscard]] int pages_in_log() const noexcept { return pages_in_log_; }

    [[nodiscard]] trouble last_trouble() const noexcept { return trouble_; }
    [[nodiscard]] const std::string& why() const noexcept { return why_; }

    [[nodiscard]] static bool exists(const std::string& path, const std::string& vfs);
    static void remove(const std::string& path, const std::string& vfs);

private:
    friend class statement;
    static int count_pages(void* self, sqlite3*, const char*, int pages);
    void note_failure();

    sqlite3* handle_ = nullptr;
    int pages_in_log_ = 0;
    trouble trouble_ = trouble::none;
    std::string why_;
};

// Bind all in order, then `next` or `finish`; both begin anew after their end.
class statement {
public:
    statement() = default;
    statement(database& of, const char* sql);

    [[nodiscard]] bool sound() const noexcept { return handle_ != nullptr; }
    statement& bind(std::int64_t number);
    statement& bind(std::string_view bytes); // not copied: valid until the end
    statement& bind_nothing();
    // The next row, if there is one. At the end, and at a failure, false: `failed` tells which.
    [[nodiscard]] bool next();
    [[nodiscard]] bool finish(); // of a statement without rows
    [[nodiscard]] bool failed() const noexcept { return failed_; }
    void reset();

    [[nodiscard]] std::int64_t number(int column) const;
    [[nodiscard]] std::string_view bytes(int column) const; // valid until the next call
    [[nodiscard]] bool nothing(int column) const;

private:
    struct closer {
        void operator()(sqlite3_stmt* s) const noexcept;
    };
    database* of_ = nullptr;
    std::unique_ptr<sqlite3_stmt, closer> handle_;
    int bound_ = 0;
    bool failed_ = false;
};

} // namespace anban
