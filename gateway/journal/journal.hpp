// The journal: the one table from which the home is rebuilt after anything. Append-only, one row a step of
// the core that changed something, each with a CRC; a commit (and so a sync) takes all rows that wait.
//
// A row is on the disk when `committed` is called with its number, and not before. SQLite in WAL mode with
// synchronous=FULL: a process that is killed and a power cut lose nothing that was committed.
//
// When it goes wrong: a damaged file is set aside beside the new one and what its sound rows say is kept;
// a write that fails is never tried again on that file: `failed` is called once, and nothing is written
// until the next start.
//
// Threads: `append` from one thread; a thread of its own writes and calls back from there.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gateway/home/state.hpp"
#include "gateway/journal/journal_file.hpp"

namespace anban {

class journal {
public:
    struct callbacks {
        std::function<void(std::uint64_t record)> committed; // all up to and with it
        std::function<void(std::string why)> failed;
    };

    // Opens or creates DIR/alarms.db, replays it and commits this start. Fails where another process has it,
    // and where no start can be committed (read-only, full): then the caller runs on what was read, without
    // a journal, and says so. A file is set aside only if its content is damaged.
    [[nodiscard]] static std::expected<std::pair<std::unique_ptr<journal>, journal_found>, journal_failure>
    open(const std::filesystem::path& folder, stamp now);

    ~journal(); // writes what waits, closes
    journal(const journal&) = delete;
    journal& operator=(const journal&) = delete;

    // Starts the writing thread.
    void run(callbacks tell);

    // Queues a row. Blocks while limits::journal_queue rows wait: the caller hears no more than the disk
    // takes, and the broker keeps the rest. A lazy row waits for the next that isn't, at most 2 s.
    void append(std::uint64_t record, home_delta delta, bool lazy);

private:
    struct row {
        std::uint64_t record = 0;
        home_delta delta;
        bool lazy = false;
    };

    explicit journal(std::unique_ptr<journal_file> f);
    void write_all();
    [[nodiscard]] std::vector<row> next_group();

    std::unique_ptr<journal_file> file_;
    callbacks tell_;
    std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable room_;
    std::deque<row> queue_;
    bool urgent_ = false;
    bool stopping_ = false;
    std::thread writer_;
};

} // namespace anban
