// What people may do with an alarm, and when: the one table of its life.
//
//             take            take over       on the way      close           unseen press
//  open       → taken         → taken         not_taken       not_taken       (stays)
//  taken      own: again      → taken         → on_the_way    → closed        (stays)
//             taken_by_other
//  on_the_way as taken        (stays, new     own: again      → closed        (stays)
//                              holder)
//  closed     closed          closed          closed          own: again      → open
//                                                             closed
//
// "again" is the same deed of the same person once more, e.g. after a lost answer: granted, nothing changes.
// Each change of hands (take, take over, reopening) raises the epoch; a later deed must name the current
// one, so that who acted on an older picture learns it. Only the holder acts; others take over first, in
// so many words.
//
// A close needs a code and a note, and names the newest revision that its closer had seen. A press after that
// makes it fail; it reopens an alarm that was closed without it.
//
// Threads: pure functions over values.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cloud-bridge/dispatch/words.hpp"
#include "rules/alarm.hpp"
#include "rules/time.hpp"

namespace anban::dispatch {

enum class closing_code : std::uint8_t {
    real_fall = 1,
    sudden_illness,
    pressed_by_mistake,
    device_false_alarm,
    service_request,
    test,
    no_answer_visited,
    handed_to_120,
};

struct closing_code_facts {
    closing_code code;
    std::string_view id; // on wire, in rows and in the API
    std::string_view zh;
};

[[nodiscard]] std::span<const closing_code_facts> all_closing_codes() noexcept;
[[nodiscard]] std::optional<closing_code> closing_code_from(std::string_view id) noexcept;

// Where an alarm stands with people.
struct standing {
    alarm_progress at = alarm_progress::open;
    std::uint32_t epoch = 0;
    std::string holder; // who has it; empty while open
    std::optional<utc_time> taken_at;
    std::optional<utc_time> on_the_way_at;
    std::optional<utc_time> closed_at;
    std::string closing_code;   // id; empty unless closed
    revision_number seen;       // what the closer had seen; zero unless closed
    bool reopened = false;      // was closed before
    std::uint8_t escalated = 0; // marks that passed in this epoch without a taker
    friend bool operator==(const standing&, const standing&) = default;
};

enum class deed : std::uint8_t { take, take_over, on_the_way, close };

struct request {
    deed what = deed::take;
    std::string who;
    std::uint32_t epoch = 0;
    revision_number seen; // close only
    std::string code;     // close only
    std::string note;     // a close needs one
};

enum class refusal : std::uint8_t {
    taken_by_other, // somebody else has it
    stale_epoch,    // it changed hands since
    not_taken,      // take it first
    closed,         // it is closed
    newer_press,    // a press that the closer had not seen
    code_needed,    // no closing code, or none that exists
    note_needed,    // a close without a word on what was found
};

[[nodiscard]] std::string_view name_of(refusal r) noexcept;
[[nodiscard]] words say(refusal r);
[[nodiscard]] std::string_view name_of(deed d) noexcept;

// What of the alarm itself a deed is judged against.
struct news_of {
    revision_number newest; // newest revision that is here
    revision_number ring;   // newest one that rang
};

struct granted {
    standing after;
    bool changed = true; // false: done before by the same person
};

[[nodiscard]] std::expected<granted, refusal> decide(const standing& now, const news_of& news,
                                                     const request& asked, utc_time at);

// A revision that rings has come. Reopens an alarm that was closed without it; otherwise nothing.
[[nodiscard]] std::optional<standing> after_ring(const standing& now, revision_number ring);

} // namespace anban::dispatch
