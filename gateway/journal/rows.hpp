// The tables of the journal: their format, its older versions, and rows in and out. What to do with a file that
// fails is journal_file's matter.
//
//   record(seq, crc, body, events, link)   one row a step: body rebuilds the home, events tell who did what
//   audit(seq, crc, events, link)          the events of rows that were dropped
//   newest_snapshot(seq)                   where a replay begins
//   chain(seq, link)                       the last entry that the audit trail has let go
//   salvage(path, after)                   a file that was set aside and whose entries are still being copied
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "gateway/home/state.hpp"
#include "gateway/journal/chain.hpp"
#include "gateway/journal/database.hpp"

namespace anban {

// The end of the rows: the last one's number, and the last link of the chain.
struct journal_head {
    std::int64_t seq = 0;
    std::string link = first_link();
};

class journal_rows {
public:
    static constexpr std::int64_t format = 2; // PRAGMA user_version; 0.1.0's first files had none

    // Opens or creates the file; one of an older format is brought to this one, all or nothing.
    [[nodiscard]] bool open(const std::string& path, const std::string& vfs);
    // The last open failed because a later version has written the file.
    [[nodiscard]] bool of_a_later_version() const noexcept { return later_; }
    // Reads only, where nothing can be written; the file's format must be this one or older.
    [[nodiscard]] bool open_to_read(const std::string& path, const std::string& vfs);
    bool close(bool as_it_is = false);

    // Replays from the newest snapshot; where a row is damaged, from the oldest row that is left. Nothing: all
    // rows were sound; else what was wrong with the first that wasn't, and `into` holds what the others say.
    [[nodiscard]] std::string replay(home_state& into, std::size_t& rows);

    [[nodiscard]] const journal_head& head() const noexcept { return head_; }
    // A new file goes on where another one ended.
    void go_on_from(const journal_head& end) { head_ = end; }

    // All of these, in this order, or none.
    [[nodiscard]] bool commit(std::span<const home_delta* const> all);
    // Whether anything can be written: one page goes to the disk.
    [[nodiscard]] bool try_to_write();

    // The file that was set aside for this one: its audit trail must still be copied. Empty: none.
    [[nodiscard]] bool salvage_later(const std::string& path);
    [[nodiscard]] std::string to_salvage();
    // Copies up to `most` of its entries that came before our rows. True while there are more.
    [[nodiscard]] bool take_over(const std::string& vfs, std::int64_t most);

    [[nodiscard]] database& file() noexcept { return file_; }
    [[nodiscard]] const database& file() const noexcept { return file_; }

private:
    [[nodiscard]] bool set_up();
    [[nodiscard]] bool make_tables();
    [[nodiscard]] bool from_unversioned();
    [[nodiscard]] std::string read_rows(home_state& into, std::size_t& rows, std::int64_t from);
    void find_head();
    [[nodiscard]] bool copy_entries(database& from, std::int64_t& after, std::int64_t most, std::int64_t& taken);
    [[nodiscard]] bool insert(const home_delta& delta);
    [[nodiscard]] bool archive(stamp now);
    [[nodiscard]] bool trim(stamp now);

    database file_;
    statement insert_;
    statement archive_;
    statement drop_;
    statement mark_;
    journal_head head_;
    std::int64_t snapshot_ = 0;
    bool later_ = false;
    bool old_ = false; // read only, and without the columns of this format
};

} // namespace anban
