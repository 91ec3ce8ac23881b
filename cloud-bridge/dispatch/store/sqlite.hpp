// SQLite behind a thin wall: a connection and prepared statements that give a status and never throw.
//
// Threads: a connection and its statements belong to one thread at a time.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace anban::dispatch::sqlite {

// What SQLite says, in English, for the log.
using fault = std::string;
using status = std::expected<void, fault>;

// Bound values are copied. Bind all, then step; `reset` makes it ready for the next use.
class statement {
public:
    statement() = default;

    statement& bind(std::int64_t number);
    statement& bind(std::string_view text);
    statement& bind_blob(std::string_view bytes);
    statement& bind_null();

    // True while there is a row.
    [[nodiscard]] std::expected<bool, fault> step();
    // Runs to its end and resets.
    [[nodiscard]] status run();
    void reset();

    [[nodiscard]] std::int64_t number(int column) const;
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] std::string blob(int column) const;
    [[nodiscard]] bool is_null(int column) const;

private:
    friend class connection;
    struct closer {
        void operator()(sqlite3_stmt* s) const;
    };
    std::unique_ptr<sqlite3_stmt, closer> handle_;
    int next_ = 1;
};

class connection {
public:
    enum class mode { read_write, read_only };

    // `vfs`: SQLite's name of the file system; empty: the system's.
    [[nodiscard]] static std::expected<connection, fault> open(const std::filesystem::path& path, mode m,
                                                               const std::string& vfs = {});

    // One or several statements without parameters.
    [[nodiscard]] status run(const std::string& sql);
    // Lives as long as the connection does.
    [[nodiscard]] std::expected<statement, fault> prepare(std::string_view sql, bool for_long = true);
    [[nodiscard]] std::int64_t changes() const;
    [[nodiscard]] bool in_transaction() const;
    // How long the write-ahead log is; 0 where there is none.
    [[nodiscard]] std::uint64_t wal_bytes() const;
    // The last call failed because the file can't be relied on any more: reading, writing or syncing it failed,
    // or it is damaged. After that what is in it and what is on the disk may differ, whatever later calls say.
    [[nodiscard]] bool file_failed() const;
    // Closing leaves the file as it is: no checkpoint, no sync.
    void leave_untouched();
    [[nodiscard]] sqlite3* raw() const { return handle_.get(); }

private:
    struct closer {
        void operator()(sqlite3* db) const;
    };
    std::unique_ptr<sqlite3, closer> handle_;
};

// Copies what was committed in `from` into a new file, checks it and has it on the disk.
[[nodiscard]] status copy_database(const std::filesystem::path& from, const std::filesystem::path& to);

} // namespace anban::dispatch::sqlite
