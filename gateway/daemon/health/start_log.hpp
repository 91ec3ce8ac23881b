// How this program began and ended before, in a file of its own: what makes it crash may lie in its journal, and a
// journal that went back must not take the count of starts along.
//
//     crashes/starts     start <number> <boot id> <seconds of CLOCK_BOOTTIME> <UTC seconds>
//                        crash <signal>     an end by its own fault: abort, a wild pointer, the watchdog's SIGABRT
//                        end                as it should
//
// A start without either was killed or lost its power: nobody's fault, but what was in hand comes again. A line
// that can't be read is left out; the file is written anew at each start (whole or not at all) and holds the last
// limits::starts_kept.
//
// Threads: one; the crash line is written by whichever thread crashes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "rules/time.hpp"

namespace anban {

struct starts_before {
    bool unclean = false;           // the last one has no end
    bool crashed = false;           // it ended by its own fault
    std::size_t crashes_lately = 0; // such ends in a row, in this boot, within limits::crash_loop
    std::uint32_t highest = 0;      // start number ever given
    utc_time newest{};              // a time that has certainly passed
};

class start_log {
public:
    // Reads FOLDER/starts. Whatever is wrong with it: nothing is known.
    explicit start_log(std::filesystem::path folder);
    ~start_log();
    start_log(const start_log&) = delete;
    start_log& operator=(const start_log&) = delete;

    [[nodiscard]] starts_before before(std::uint64_t boot_id, mono_time now) const;

    // This start, on the disk; and from now on a crash leaves its line. False where it can't be written.
    [[nodiscard]] bool begin(std::uint32_t number, std::uint64_t boot_id, const instant& now);
    void end();

    // What makes the program crash may be what it remembers: kept as FOLDER/rules-state for the maker.
    void set_aside(const std::string& rules_state) const;

private:
    struct entry {
        std::uint32_t number = 0;
        std::uint64_t boot_id = 0;
        std::int64_t mono_s = 0;
        std::int64_t utc_s = 0;
        bool ended = false;
        bool crashed = false;
    };

    std::filesystem::path folder_;
    std::vector<entry> known_;
    int file_ = -1;
};

} // namespace anban
