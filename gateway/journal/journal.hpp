// The journal: the one table from which the home is rebuilt after anything. Append-only, one row a step of
// the core that changed something, each with a CRC; a commit (and so a sync) takes all rows that wait.
//
// A row is on the disk when `committed` is called with its number, and not before. SQLite in WAL mode with
// synchronous=FULL: a process that is killed and a power cut lose nothing that was committed.
//
// When it goes wrong (journal_file.hpp has what becomes of the file): a commit that fails is followed at once by a
// new beginning, and `renewed` asks for the whole state; what waits goes on waiting for it. Where there is no new
// beginning, `failed` is called, and `renewed` as soon as there is one: it is tried every five seconds.
//
// Threads: `append` from one thread; a thread of its own writes and calls back from there.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
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
        // The next row that counts is one with `complete`: append the whole state.
        std::function<void(std::string why, std::string set_aside)> renewed = {};
        // The disk is full, or nearly: the reserve was given up, or can't be taken. And: it is there again.
        std::function<void(bool full)> room = {};
        std::function<void(std::uint64_t canary)> passed = {};
    };

    // Opens or creates DIR/alarms.db, replays it and commits this start. Fails where another process has it,
    // and where no start can be committed (read-only, full): then the caller runs on what was read, without
    // a journal, and says so. A file is set aside only if its content is damaged.
    [[nodiscard]] static std::expected<std::pair<std::unique_ptr<journal>, journal_found>, journal_failure>
    open(const std::filesystem::path& folder, stamp now);
    // Goes on from there: as soon as it can be written, `renewed` is called.
    [[nodiscard]] static std::unique_ptr<journal> mending(std::unique_ptr<journal_file> failed);

    ~journal(); // writes what waits, closes
    journal(const journal&) = delete;
    journal& operator=(const journal&) = delete;

    // Starts the writing thread.
    void run(callbacks tell);

    // Queues a row. Blocks while limits::journal_queue rows wait: the caller hears no more than the disk
    // takes, and the broker keeps the rest. A lazy row waits for the next that isn't, at most 2 s.
    void append(std::uint64_t record, home_delta delta, bool lazy);

    // Goes through the writing thread behind what waits, without a commit, and comes back as `passed`, broken disk
    // or not: it shows that the thread lives. A newer one takes the place of one that waits.
    void pass(std::uint64_t canary);

private:
    struct row {
        std::uint64_t record = 0;
        home_delta delta;
        bool lazy = false;
    };

    explicit journal(std::unique_ptr<journal_file> f);
    void write_all();
    [[nodiscard]] bool next_group(std::vector<row>& into);
    void write(std::span<const row> group);
    void begin_anew(bool tell_failure);
    void look_after_the_file();
    void pass_canary();

    std::unique_ptr<journal_file> file_;
    callbacks tell_;
    std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable room_;
    std::deque<row> queue_;
    std::uint64_t canary_ = 0; // 0: none
    bool urgent_ = false;
    bool stopping_ = false;
    bool mends_ = false; // it failed and can't go on yet
    bool full_ = false;
    std::chrono::steady_clock::time_point mend_at_{};
    std::chrono::steady_clock::time_point look_at_{};
    std::thread writer_;
};

} // namespace anban
