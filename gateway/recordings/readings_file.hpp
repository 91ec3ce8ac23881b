// What the home heard, kept for back-tests and for `why-not`: a SQLite file of its own beside the journal,
// written in groups, so that a card lives for years. It is telemetry: a crash loses the last group, a full
// queue or disk sheds readings, and no alarm ever waits for it.
//
// Bounds: limits::readings_queue readings wait, limits::readings_kept_for and limits::readings_bytes are
// kept; the oldest go first.
// Threads: `append` from one thread; a thread of its own writes.
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

#include "rules/backtest/recording.hpp"
#include "rules/reading.hpp"

namespace anban {

class readings_file {
public:
    // Opens or creates FOLDER/readings.db. A file that can't be read is set aside as readings.db.damaged and
    // a new one begun: what it held was telemetry. `failed` is called at most once, from the writing thread:
    // nothing is written after it.
    [[nodiscard]] static std::expected<std::unique_ptr<readings_file>, std::string>
    open(const std::filesystem::path& folder, std::chrono::milliseconds group_every,
         std::function<void(std::string why)> failed);
    ~readings_file(); // writes what waits
    readings_file(const readings_file&) = delete;
    readings_file& operator=(const readings_file&) = delete;

    // Sheds the reading where the queue is full. Readings of a clock that was never set are not kept: they
    // have no place in time.
    void append(const reading& r);
    // What waits is written now: an alarm's readings are asked for soon after it.
    void write_now();
    [[nodiscard]] std::uint64_t shed() const noexcept;

private:
    class file;
    explicit readings_file(std::unique_ptr<file> f, std::chrono::milliseconds group_every,
                           std::function<void(std::string)> failed);
    void write_all();

    std::unique_ptr<file> file_;
    std::chrono::milliseconds group_every_;
    std::function<void(std::string)> failed_;
    mutable std::mutex mutex_;
    std::condition_variable work_;
    std::deque<reading> queue_;
    std::uint64_t shed_ = 0;
    bool urgent_ = false;
    bool stopping_ = false;
    std::thread writer_;
};

// What FOLDER/readings.db has of [from, to), with `where` as the home. Devices that are no longer installed
// are added with what they said. May be called while the daemon writes.
[[nodiscard]] std::expected<recording, std::string>
read_past(const std::filesystem::path& folder, const installation& where, utc_time from, utc_time to);

} // namespace anban
