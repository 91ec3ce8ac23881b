// The rule engine: readings and deadlines in, changes of conditions out. It knows no clock, no disk, no
// alarm: whether a change becomes an alarm is the alarm book's matter (gateway/home).
//
// `sos`, `service` (the green key) and `fall` without a pack of its own are built in and need no file: they
// apply to every subject. Rules of a pack are bound to a subject when a care plan chooses the pack.
//
// An unknown value is neither true nor false: it ends no alarm and cancels no hold; a `for` that was
// running starts again with the next known value.
//
// Semantics of time: an interval that begins at reading time t and lasts d is over at t + d (the deadline
// itself counts as reached). A reading at exactly the deadline is judged after it. Ties between deadlines
// go by rule order in the rule set, then by subject.
//
// Memory: fixed after construction: one state a rule and subject, one deadline each.
// Threads: one.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/alarm.hpp"
#include "rules/reading.hpp"
#include "rules/rule.hpp"

namespace anban {

struct condition_change {
    enum class kind : std::uint8_t {
        pressed,   // a momentary condition: each one is told
        suspected, // began, its hold runs
        began,     // true (for as long as the rule demands)
        confirmed, // a hold ran out
        cancelled, // a hold was ended by its own declared condition
        cleared,   // no longer true
    };
    kind what = kind::pressed;
    std::size_t index = 0; // of the rule in the set
    rule_id rule;
    subject who;
    room_id room;
    cause why;                                    // what armed it: stays the same from suspected to confirmed
    mono_time at{};                               // event time: the reading's, or the deadline that ran out
    std::optional<std::chrono::nanoseconds> late; // found over only at start: how late
    bool test = false;
    std::vector<evidence> seen;
};
using condition_changes = std::vector<condition_change>;

class engine {
public:
    // Binds each rule to each subject it applies to. Rules that apply to nobody take no state.
    engine(rule_set rules, const std::vector<bound_subject>& subjects);
    ~engine();
    engine(engine&&) noexcept;
    engine& operator=(engine&&) noexcept;

    // Judges one reading. Deadlines that lie before it are run first.
    void step(mono_time now, const reading& r, condition_changes& out);
    // Runs what is due at or before now.
    void advance(mono_time now, condition_changes& out);
    [[nodiscard]] std::optional<mono_time> next_deadline() const;

    // A person has ended the matter: a condition that is true, or clearing, is at rest again, and if it is still
    // true the next reading begins it anew. A running hold goes on.
    void close(const rule_id& by, const subject& who);

    // Rises with every change of state that a restart must not forget.
    [[nodiscard]] std::uint64_t changes() const noexcept;

    // All state that isn't at rest, deadlines as time remaining from `now`: one line of text each.
    [[nodiscard]] std::string snapshot(mono_time now) const;
    // `away` is how long the engine stood still; nothing where no clock can tell. Then what remained goes on
    // remaining, but a hold of a momentary condition fires at once: a fall can't wait for a clock. What ran
    // out meanwhile is told by the next advance(), with how late it is. State of a rule or subject that is
    // no longer there is left out. A snapshot that can't be read changes nothing and is an error.
    [[nodiscard]] std::expected<void, std::string> restore(std::string_view snapshot, mono_time now,
                                                           std::optional<std::chrono::nanoseconds> away);

    [[nodiscard]] const rule_set& rules() const noexcept;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

} // namespace anban
