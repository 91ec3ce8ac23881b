// The audit trail as a person reads it, and whether it is whole. Reads beside a running daemon, or a directory
// without one; changes nothing.
//
// What it finds: a byte that was changed in an entry, in a row or in a link; entries that changed places or were
// taken out; an end that was cut off, as far as the copy of the last start knows; a trail that was made anew,
// where it doesn't come by a head that was noted earlier.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/journal/place.hpp"
#include "gateway/journal/record_codec.hpp"

namespace anban {

struct audit_row {
    std::int64_t seq = 0;
    journal_record::audit_entry entry;
};

// One place where the trail doesn't hold.
struct audit_break {
    enum class kind : std::uint8_t {
        structure,   // the file itself: `detail` has SQLite's words
        altered,     // the row's bytes are not those that were written
        not_behind,  // it doesn't follow from the entry before it: one of both was changed, or some between are
                     // gone
        gap,         // rows are missing before it
        cut_off,     // rows behind it are missing
        made_anew,   // what was the last link once isn't in the trail
        no_snapshot, // the row that a replay begins with isn't a snapshot
    };
    kind what = kind::structure;
    std::int64_t seq = 0;    // 0: of no single row
    std::optional<stamp> at; // where the row can still tell
    std::string detail;      // in English
};

struct audit_report {
    static constexpr std::size_t most_breaks = 16;

    std::int64_t entries = 0;
    std::int64_t rows = 0; // of the journal, with or without an entry
    std::optional<stamp> oldest;
    std::optional<stamp> newest;
    std::string head;                // the last link, in hex: to be noted elsewhere
    std::vector<audit_break> breaks; // the first ones, in the trail's order
};

[[nodiscard]] std::string_view name_of(audit_break::kind k) noexcept;

// `expect`: the beginning of a head that was noted earlier, in hex; empty: none. Fails where there is no journal,
// or one that isn't of this format.
[[nodiscard]] std::expected<audit_report, std::string> verify_audit(const journal_place& place,
                                                                    std::string_view expect = {});

// Every entry, oldest first, until `take` says no. Entries that can't be read are left out: verify names them.
[[nodiscard]] std::expected<void, std::string> read_audit(const journal_place& place,
                                                          const std::function<bool(const audit_row&)>& take);

} // namespace anban
