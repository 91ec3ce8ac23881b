// What a revision that came in means, and what is to be written for it. The same revision may come any
// number of times, in any order, over any path: exactly one effect.
//
// Threads: one; time and store are arguments.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "cloud-bridge/dispatch/desk/case_file.hpp"
#include "cloud-bridge/dispatch/desk/store.hpp"

namespace anban::dispatch {

enum class meaning : std::uint8_t {
    fresh,    // a new alarm
    newer,    // the newest of a known one
    older,    // came late: recorded, changes nothing that is shown but its press
    again,    // known, same content
    conflict, // another content under a known number: kept beside it and shown, never dropped
};

struct incoming {
    const alarm_revision& revision;
    lane via = lane::p2;
    sha256_digest content{};
    std::string envelope;
    utc_time received{};
};

struct filed {
    meaning what = meaning::fresh;
    bool rings = false; // a new press, a first revision, a suspicion confirmed
    bool reopened = false;
    std::optional<utc_time> stored_before; // again: when it was committed; none while that is under way
    write_set rows;                        // not for again; without ticket
};

// Changes `file` in place. `fresh`: it was just made for this revision. A store that can't be read is an
// error and leaves the file as it was.
[[nodiscard]] std::expected<filed, store_fault> file_revision(case_file& file, bool fresh, const incoming& in,
                                                              store& kept);

// The case row of `file` as it stands, with its next change number.
[[nodiscard]] case_row next_row(case_file& file);

// Notes an action in the file and in the rows.
void note_action(case_file& file, write_set& rows, action_note note);

} // namespace anban::dispatch
