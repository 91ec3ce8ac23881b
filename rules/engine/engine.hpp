// The rule engine: readings and deadlines in, changes of conditions out. It knows no clock, no disk, no
// alarm: whether a change becomes an alarm is the alarm book's matter (gateway/home). What rules mean is
// written in rules/language/README.md.
//
// Cost: a reading touches the conditions that watch its signal for its source and no other; a rule is
// evaluated only where one of its conditions changed its truth.
// Memory: fixed after construction; judging allocates nothing, telling a change allocates its texts.
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
#include "rules/installation.hpp"
#include "rules/language/plan.hpp"
#include "rules/reading.hpp"

namespace anban {

enum class held_reason : std::uint8_t { none, inhibited, shelved, out_of_service };
// "inhibited", "shelved", "out_of_service"; empty for none.
[[nodiscard]] std::string_view name_of(held_reason why) noexcept;

struct condition_change {
    enum class kind : std::uint8_t {
        pressed,   // a momentary condition: each one is told
        suspected, // began, its hold runs
        began,     // true (for as long as the rule demands)
        confirmed, // a hold ran out
        cancelled, // a hold was ended by its own declared condition
        cleared,   // no longer true
        held_down, // would have begun; `held` and `held_by` say why it does not
    };
    kind what = kind::pressed;
    std::size_t index = 0; // of the rule, see engine::rule
    rule_id rule;
    subject who;
    room_id room;
    cause why;                                    // what armed it: stays the same from suspected to confirmed
    mono_time at{};                               // its moment
    std::optional<std::chrono::nanoseconds> late; // found over only at start: how late
    bool test = false;
    bool chatter = false;
    held_reason held = held_reason::none;
    std::string held_by; // the inhibiting rule, or who shelved it and why
    std::vector<evidence> seen;
};
using condition_changes = std::vector<condition_change>;

enum class truth : std::uint8_t { unknown, no, yes };
// As rules write it: "unknown", "false", "true".
[[nodiscard]] std::string_view name_of(truth is) noexcept;

// One node of a rule as it stands, for `why` and `why-not`.
struct node_view {
    std::size_t node = 0; // index into the rule's expression
    truth is = truth::unknown;
    mono_time since{};                 // its moment
    std::optional<double> value;       // of a comparison or a window
    std::optional<mono_time> deadline; // when time alone may change it
    std::string lacks;                 // for unknown: what isn't heard or known, in the language's words
    std::string lacks_zh;              // the same in Chinese; signals and rooms stay as rules write them
};

struct rule_view {
    std::size_t index = 0;
    rule_id rule;
    subject who;
    bool active = false;
    bool holding = false;
    held_reason held = held_reason::none;
    std::string held_by;          // as in condition_change
    std::vector<node_view> nodes; // of `when`
};

struct shelf {
    rule_id rule;
    subject who;
    held_reason how = held_reason::shelved; // or out_of_service
    std::string owner;
    std::string reason;
    mono_time until{};
};

// Why a rule can't be put on a shelf.
enum class shelf_refusal : std::uint8_t {
    no_such_rule, // for this subject
    life_safety,
    no_owner,  // empty, or longer than limits::title_bytes
    no_reason, // likewise
    no_end,    // not after now, or more than limits::longest_shelf away
    full,      // limits::shelves
};

class engine {
public:
    struct impl; // impl.hpp; of nobody else's interest

    engine(language::effective_rules rules, installation where, instant loaded);
    ~engine();
    engine(engine&&) noexcept;
    engine& operator=(engine&&) noexcept;

    // Judges one reading, and runs what is due up to `now`.
    void step(const instant& now, const reading& r, condition_changes& out);
    // Runs what is due at or before now; takes a step of the wall clock into account.
    void advance(const instant& now, condition_changes& out);
    [[nodiscard]] std::optional<mono_time> next_deadline() const;

    // A person has ended the matter (README: after a person has closed).
    void close(const instant& now, const rule_id& by, const subject& who);

    // What would put_on_shelf say?
    [[nodiscard]] std::optional<shelf_refusal> refuses(const instant& now, const shelf& s) const;
    // One that lies there for the same rule and subject is replaced.
    [[nodiscard]] std::expected<void, shelf_refusal> put_on_shelf(const instant& now, const shelf& s);
    void take_off_shelf(const instant& now, const rule_id& by, const subject& who, condition_changes& out);
    [[nodiscard]] std::vector<shelf> shelves() const;

    // Rises with every change of state that a restart must not forget (windows and baselines don't count: they
    // are in every snapshot, and what came since the last is lost with a crash).
    [[nodiscard]] std::uint64_t changes() const noexcept;

    // All state that isn't at rest, as text lines. Where that is more than limits::rule_state_bytes, without what
    // devices said last: it is unknown after a restart until they report anew.
    [[nodiscard]] std::string snapshot(const instant& now) const;
    // `away` is how long the engine stood still; nothing where no clock can tell. State of a rule, subject or
    // content that is no longer there is left out. A snapshot that can't be read changes nothing and is an
    // error.
    [[nodiscard]] std::expected<void, std::string> restore(std::string_view snapshot, const instant& now,
                                                           std::optional<std::chrono::nanoseconds> away);

    [[nodiscard]] std::size_t rule_count() const noexcept;
    [[nodiscard]] const language::alarm_rule& rule(std::size_t index) const;
    // How each instance of a rule stands; empty where there is none.
    [[nodiscard]] std::vector<rule_view> explain(const instant& now, const rule_id& rule) const;
    // Rules that can't judge for want of readings.
    [[nodiscard]] std::vector<rule_view> blind(const instant& now) const;
    // Bytes of state, all in all and of the largest rule of one subject.
    [[nodiscard]] std::size_t state_bytes() const noexcept;
    [[nodiscard]] std::size_t largest_state_bytes() const noexcept;

private:
    std::unique_ptr<impl> impl_;
};

} // namespace anban
