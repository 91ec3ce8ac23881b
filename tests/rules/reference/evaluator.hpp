// The rules a second time, as stupidly as possible: a reader of rules/language/README.md and of nothing else.
//
// Nothing is kept but logs: every reading, every truth that a node had and since when, every occurrence of an
// event. At every moment at which anything could change, every node of every rule is worked out anew from
// them. Which moments those are isn't thought about either: every moment that was ever logged plus every
// duration that stands in a rule or belongs to a device is one, needed or not.
//
// Slow on purpose (each judgement reads all readings several times): for stories of some hundred inputs.
// Threads: one.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rules/engine/engine.hpp"
#include "tests/rules/reference/world.hpp"

namespace anban::reference {

// One judgement: a reading, or deadlines at one moment.
struct judgement {
    std::size_t number = 0;
    mono_time t{};     // the engine's time
    mono_time as_of{}; // of what changes by it: the reading's event, the deadline
    std::optional<std::size_t> reading;
    bool begins_watch = false; // the load, or the moment after a person closed: nothing turns, it is so
};

// What a node said, from when on.
struct stood {
    mono_time at{};
    truth is = truth::unknown;
    std::optional<origin> because; // `no … for`, `unheard`: what was last before
    std::size_t judged = 0;        // number of the judgement
};

// An event that happened.
struct occurrence {
    mono_time at{};
    origin because;
    std::size_t judged = 0;
};

struct node_log {
    std::vector<stood> truths;            // of a state
    std::vector<occurrence> happened;     // of an event
    std::vector<std::size_t> first_waits; // of `alone`: which occurrences of its first event it waited for
    std::vector<bool> wait_over;          //   and whether that is over
};

struct expression_log {
    const language::expression* what = nullptr;
    std::vector<node_log> nodes;
};

// A suspicion that waits for its hold.
struct running_hold {
    mono_time began{};
    mono_time ends{};
    origin because;
    std::size_t judged = 0;
};

// One rule for one subject.
struct instance {
    std::size_t index = 0;
    const language::alarm_rule* rule = nullptr;
    subject who;
    expression_log when;
    expression_log clear;
    std::vector<expression_log> unless;
    std::vector<running_hold> holds; // at most a test's and one that is none
    bool active = false;             // until it is over, for an event until a person closes
    bool open = false;               // and no person has closed it
    origin armed_by; // the newest reading that changed something of `when`; of what is open: what began it
    bool held_down_told = false;
    std::optional<mono_time> closed;
    bool waits_for_news = false; // closed while true: begins with the next reading or deadline
    std::size_t shelf_ended = 0; // number of the judgement in which that was
    std::vector<mono_time> beginnings;
};

class evaluator {
public:
    evaluator(language::effective_rules rules, installation where, instant loaded);
    evaluator(const evaluator&) = delete;
    evaluator& operator=(const evaluator&) = delete;

    void step(const instant& now, const reading& r, condition_changes& out);
    void advance(const instant& now, condition_changes& out);
    [[nodiscard]] bool filled_late() const noexcept { return world_.filled_late; }
    void close(const instant& now, const rule_id& by, const subject& who);
    [[nodiscard]] bool put_on_shelf(const instant& now, const shelf& s);
    void take_off_shelf(const instant& now, const rule_id& by, const subject& who, condition_changes& out);
    // The engine was off and is loaded again. `away` unknown: its own time stood still.
    void restart(const instant& now, std::optional<std::chrono::nanoseconds> away);

    [[nodiscard]] const std::deque<instance>& instances() const { return instances_; }

private:
    language::effective_rules rules_;
    world world_;
    std::deque<instance> instances_;
    std::vector<shelf> shelves_; // `until` on the engine's own scale
    wall_clock clock_;
    mono_time loaded_{};
    mono_time t_{};
    std::chrono::nanoseconds to_own_{0}; // own = mono + this
    std::size_t judgements_ = 0;
    std::set<mono_time> candidates_;
    std::vector<std::chrono::nanoseconds> durations_; // `for`, `within`, hold, silence, NEWS2's patience
    std::vector<std::chrono::nanoseconds> windows_;
    std::vector<language::daily_span> spans_;
    bool days_matter_ = false;
    std::optional<mono_time> border_;    // the next moment at which local time changes something
    std::optional<std::int64_t> today_;  // the local day, as of when the clock was last right
    std::optional<mono_time> restarted_; // changes before it are late
    condition_changes* out_ = nullptr;
    condition_changes begun_by_load_; // told with the first input

    // evaluator.cpp
    void collect_durations(const language::expression& e);
    void note_moment(mono_time m);
    void find_border();
    [[nodiscard]] mono_time own(mono_time mono) const { return mono + to_own_; }
    void run_deadlines(mono_time until);
    void judge(judgement j);
    void tell_load(condition_changes& out);
    void look_at(const instant& now);
    void look_at_day();
    void emit(condition_change::kind what, const instance& i, mono_time at, const origin& because,
              held_reason held = held_reason::none, const std::string& held_by = {});

    // nodes.cpp
    void judge_expression(expression_log& e, const instance& i, const judgement& j);
    void judge_state(expression_log& e, std::size_t index, const instance& i, const judgement& j);
    void judge_event(expression_log& e, std::size_t index, const instance& i, const judgement& j);
    [[nodiscard]] stood state_now(const expression_log& e, std::size_t index, const instance& i,
                                  const judgement& j) const;
    [[nodiscard]] stood absent_now(const language::node& n, const instance& i, const judgement& j) const;
    [[nodiscard]] stood unheard_now(const language::node& n, const instance& i, const judgement& j) const;
    [[nodiscard]] stood window_now(const language::node& n, const instance& i, const judgement& j) const;
    [[nodiscard]] stood lasts_now(const expression_log& e, const language::node& n, const instance& i,
                                  const judgement& j) const;
    [[nodiscard]] stood composed_now(const expression_log& e, const language::node& n, const judgement& j) const;
    [[nodiscard]] std::optional<double> limit_now(const language::node& n, const instance& i) const;
    [[nodiscard]] stood compared(const language::node& n, const instance& i, const judgement& j,
                                 std::optional<double> value) const;
    void judge_alone(expression_log& e, std::size_t index, const judgement& j);

    // conditions.cpp
    void judge_rule(instance& i, const judgement& j);
    void judge_as_event(instance& i, const judgement& j);
    [[nodiscard]] static bool is_over(const instance& i);
    void judge_as_state(instance& i, const judgement& j);
    [[nodiscard]] bool is_active(const rule_id& rule, const subject& who) const;
    [[nodiscard]] std::pair<held_reason, std::string> held_down(const instance& i) const;
    [[nodiscard]] origin cause_of_deadline(const instance& i, const judgement& j) const;
    [[nodiscard]] bool arms(const instance& i, const judgement& j) const;
    [[nodiscard]] bool watches(const instance& i, const reading& r) const;
};

// The last three beginnings lie within less than a minute.
[[nodiscard]] bool chatters(const instance& i);
[[nodiscard]] bool holds(double value, language::comparison how, double against);

} // namespace anban::reference
