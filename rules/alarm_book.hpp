// The alarm book: which alarms of this home are open, what happened on each, how far people have come. It
// turns changes of conditions into revisions of alarms, and what the centre says into progress.
//
//  * At most one alarm is open per rule, subject and kind (real or test). A further press is a record on it.
//  * An alarm is never closed by the gateway: only by a person, told in a receipt.
//  * A close that names an older press than the newest does not close: the alarm stays open, and a new
//    revision says so.
//  * What the centre knows and we don't is adopted.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rules/alarm.hpp"
#include "rules/alarm_states.hpp"
#include "rules/engine/engine.hpp"

namespace anban {

// Whom an answer goes to: the newest numbered frame of one device.
struct asker {
    device_id device;
    frame_key key;
    friend bool operator==(const asker&, const asker&) = default;
};

// One alarm as the gateway knows it; this is what the journal keeps.
struct alarm_state {
    alarm_revision newest;      // the last revision made
    std::vector<press> presses; // the newest limits::presses_kept
    revision_number last_call;  // the newest revision that rings: a press, a beginning, a confirmation
    bool call_stored = false;   // the centre has that revision
    cause first_cause;
    std::vector<asker> askers; // at most one a device, limits::askers in all
    revision_number acked;     // the newest revision that the centre has
    std::string closing_code;
    stamp closed_at;
    bool adopted = false; // known from the centre only
    friend bool operator==(const alarm_state&, const alarm_state&) = default;

    [[nodiscard]] bool open() const noexcept { return newest.progress != alarm_progress::closed; }
};

// Where it stands in the words of ISA-18.2.
[[nodiscard]] alarm_status status_of(const alarm_state& alarm) noexcept;

class alarm_book {
public:
    // The map is the owner's (home_state): the book changes it in place.
    alarm_book(gateway_id gateway, std::map<alarm_id, alarm_state>& alarms);

    struct event {
        revision_number number; // of the revision that this makes
        stamp wall;
        std::optional<asker> answer_to; // a device that waits for answers
        bool repeat = false;            // the same press told again: recorded, doesn't ring
        bool unregistered = false;
    };

    // Takes a change of a condition of `by`. Returns the alarm that has a new revision, or nothing where the
    // change adds nothing (a condition that cleared without an open alarm).
    [[nodiscard]] alarm_state* apply(const condition_change& change, const language::alarm_rule& by,
                                     const event& e);

    enum class outcome : std::uint8_t {
        changed,     // progress is new
        nothing_new, // known already
        newer_press, // the close didn't know of a press: the alarm stays open and has a new revision
        adopted,     // was unknown here
    };
    struct progress_result {
        outcome what = outcome::nothing_new;
        alarm_state* alarm = nullptr;
    };
    // A receipt of the centre. `number` is used only where the answer is a revision of ours.
    [[nodiscard]] progress_result progress(const alarm_id& id, alarm_progress to, revision_number seen,
                                           std::string_view code, bool test, revision_number number, stamp wall);

    // The centre has this revision. True if that was news.
    [[nodiscard]] bool acknowledged(const alarm_id& id, revision_number revision);

    [[nodiscard]] alarm_state* find(const alarm_id& id) noexcept;

    // Lets go of the oldest closed alarm where more than limits::closed_alarms_kept are there.
    [[nodiscard]] std::optional<alarm_id> forget_oldest_closed();

private:
    [[nodiscard]] alarm_state* open_alarm(const rule_id& by, const subject& who, bool test) noexcept;
    [[nodiscard]] bool closed_before(const condition_change& change, const language::alarm_rule& by) const;
    [[nodiscard]] alarm_state& begin(const condition_change& change, const language::alarm_rule& by,
                                     const event& e);

    gateway_id gateway_;
    std::map<alarm_id, alarm_state>& alarms_;
};

} // namespace anban
