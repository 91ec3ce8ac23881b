// The journal's file, without a thread: opened and replayed, rows committed in groups, checkpointed, and replaced
// where it fails. SQLite in WAL mode with synchronous=FULL; what `commit` has said yes to survives a kill and a
// power cut.
//
// What becomes of a file that fails:
//   its content is damaged     at the start: set aside, what its sound rows say goes on in a new one
//   a later version wrote it   at the start: set aside as it is, a new one begun
//   the disk is full           the reserve is given up and the rows committed once more; the file stays
//   anything else              it is never written again: the kernel may call the next sync well without having
//   what
//                              the failed one lost. `renew` sets it aside and begins a new one
// A new file is made beside the old one and takes its place when it holds the whole state: killed at whatever
// moment, the next start finds one or the other.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "gateway/home/state.hpp"
#include "gateway/journal/place.hpp"

namespace anban {

struct journal_found {
    home_state state;
    std::uint32_t start = 0; // of this start: committed, higher than any before
    std::size_t rows_read = 0;
    std::string set_aside; // path of a file that was set aside; empty where there was none
    std::string damage;    // what was wrong with it
    std::string head;      // of the audit trail, in hex: whoever keeps it elsewhere can tell a trail made anew
};

class journal_file;

// The number of a start that can't be committed, kept apart from the one that the next start will commit: where
// the clock doesn't tell them apart, chance does.
[[nodiscard]] std::uint32_t apart_from_committed(std::uint32_t start, std::uint32_t chance) noexcept;

// Why there is no journal. What could be read is there all the same.
struct journal_failure {
    std::string why;
    bool in_use = false; // another process has it: this one must not run
    journal_found found;
    std::unique_ptr<journal_file> file; // for `renew`, later; none where it is in use
};

class journal_file {
public:
    using opened = std::pair<std::unique_ptr<journal_file>, journal_found>;

    // Opens or creates FOLDER/alarms.db, replays it and commits this start. Fails where another process has it,
    // and where no start can be committed (read-only, full). A file is set aside only if its content is damaged or
    // not ours to read.
    [[nodiscard]] static std::expected<opened, journal_failure> open(const journal_place& place, stamp now);

    ~journal_file(); // closes, and gives the lock back
    journal_file(const journal_file&) = delete;
    journal_file& operator=(const journal_file&) = delete;

    // All of these rows, in this order, or none. After a failure nothing is committed until `renew`.
    [[nodiscard]] bool commit(std::span<const home_delta* const> rows);
    [[nodiscard]] bool failed() const noexcept;
    // After a failure: makes ready to go on, where the disk lets it; else why not. The path under which the failed
    // file will lie, empty where it could stay. The next commit must begin with a complete row, since rows are
    // missing from here on.
    [[nodiscard]] std::expected<std::string, std::string> renew(stamp now);
    [[nodiscard]] bool needs_whole() const noexcept;

    // Moves the log into the database when it is large. One that fails loses nothing: the log grows until the
    // next.
    void checkpoint_if_large();
    // Takes the reserve against a full disk; false: there is no room for it.
    [[nodiscard]] bool take_reserve();
    [[nodiscard]] bool has_reserve() const noexcept;
    // Copies up to `most` entries of the audit trail from the file that was set aside. True while there are more.
    [[nodiscard]] bool salvage(std::size_t most);

    [[nodiscard]] std::string why() const; // of the last failure
    [[nodiscard]] const std::filesystem::path& path() const noexcept;

private:
    class parts;
    explicit journal_file(std::unique_ptr<parts> p);
    std::unique_ptr<parts> parts_;
};

} // namespace anban
