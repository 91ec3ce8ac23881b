// The journal's file, without a thread: opened and replayed, rows committed in groups, checkpointed. SQLite in
// WAL mode with synchronous=FULL; what `commit` has said yes to survives a kill and a power cut.
//
// After a call has failed the file is never written again: the kernel may call the next sync well without having
// what the failed one lost.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "gateway/home/state.hpp"

namespace anban {

struct journal_found {
    home_state state;
    std::uint32_t start = 0; // of this start: committed, higher than any before
    std::size_t rows_read = 0;
    std::string set_aside; // path of a damaged file; empty where there was none
    std::string damage;    // what was wrong with it
};

// Why there is no journal. What could be read is there all the same.
struct journal_failure {
    std::string why;
    bool in_use = false; // another process has it: this one must not run
    journal_found found;
};

// Where the file lies. A simulated disk brings its own SQLite file system and its own way to move a file; the lock
// against a second process is then its affair as well.
struct journal_place {
    std::filesystem::path folder;
    std::string vfs = {}; // SQLite's name of it; empty: the system's
    std::function<void(const std::string& from, const std::string& to)> move = {};
};

class journal_file {
public:
    using opened = std::pair<std::unique_ptr<journal_file>, journal_found>;

    // Opens or creates FOLDER/alarms.db, replays it and commits this start. Fails where another process has it,
    // and where no start can be committed (read-only, full). A file is set aside only if its content is damaged.
    [[nodiscard]] static std::expected<opened, journal_failure> open(const journal_place& place, stamp now);

    ~journal_file(); // closes, and gives the lock back
    journal_file(const journal_file&) = delete;
    journal_file& operator=(const journal_file&) = delete;

    // All of these rows, in this order, or none.
    [[nodiscard]] bool commit(std::span<const home_delta* const> rows);
    // Moves the log into the database when it is large. One that fails loses nothing: the log grows until the
    // next.
    void checkpoint_if_large();

    [[nodiscard]] std::string why() const; // of the last failure
    [[nodiscard]] const std::filesystem::path& path() const noexcept;

private:
    class parts;
    explicit journal_file(std::unique_ptr<parts> p);
    std::unique_ptr<parts> parts_;
};

} // namespace anban
