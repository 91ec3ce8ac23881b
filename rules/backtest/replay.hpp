// The back-test: the engine that runs in the home, over a recording, in virtual time. What would have been
// an alarm is an episode; a person who closes each after a while is part of the play, since a rule calls
// again only after its alarm has been closed.
//
// Threads: free functions without state.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rules/alarm_class.hpp"
#include "rules/backtest/recording.hpp"
#include "rules/engine/engine.hpp"
#include "rules/language/plan.hpp"

namespace anban {

// What would have been one alarm.
struct episode {
    rule_id rule;
    subject who;
    room_id room;
    alarm_class of = alarm_class::suspected;
    std::string title_zh;
    std::string title_en;
    utc_time began{};
    std::optional<utc_time> over;         // the condition's end, where it came before the recording's
    std::size_t calls = 1;                // presses, or how often it began while the alarm was open
    bool confirmed = false;               // a hold ran out
    bool cancelled = false;               // a hold was ended
    held_reason held = held_reason::none; // would have been an alarm, and wasn't for this reason
    std::string held_by;
    std::vector<evidence> seen; // what the rule saw when it began
};

struct replay_options {
    // How long after its beginning a person closes an alarm. 15 min: help on site in town.
    std::chrono::nanoseconds closed_after = std::chrono::minutes{15};
    // Told with the part that is done, 0..1, about a hundred times.
    std::function<void(double)> progress;
};

struct story {
    std::string name;
    utc_time from{};
    utc_time to{};
    std::size_t readings = 0;
    zone_table zone;
    std::vector<episode> episodes; // by their beginning
};

[[nodiscard]] story replay(const recording& past, const language::effective_rules& rules,
                           const replay_options& how = {});

// How a rule stood at one moment of the past, for `why` and `why-not`: the recording is played up to and with
// `at`. `zero` is where the engine's clock had its zero: a node's `since` lies at zero + since.
struct standing {
    utc_time zero{};
    utc_time at{};
    std::vector<rule_view> views;
};
[[nodiscard]] standing standing_at(const recording& past, const language::effective_rules& rules, utc_time at,
                                   const rule_id& rule, const replay_options& how = {});
// The same at the moment in [from, to] when the rule last began (or was pressed, or suspected) for `who`; nothing
// where it didn't. An alarm's stamp alone wouldn't do: it is of when the alarm was told, on a clock that is set
// now and then, and the condition may be over a moment later.
[[nodiscard]] std::optional<standing> standing_when_begun(const recording& past,
                                                          const language::effective_rules& rules, utc_time from,
                                                          utc_time to, const rule_id& rule, const subject& who,
                                                          const replay_options& how = {});

// How often each rule called on each local day. Held episodes are left out.
struct day_count {
    rule_id rule;
    std::int64_t day = 0; // since 1970-01-01
    std::size_t episodes = 0;
};
[[nodiscard]] std::vector<day_count> by_rule_and_day(const story& of);

// What one rule set told and the other didn't. Two episodes of one rule and subject are the same if they
// began within `near` of each other.
struct story_difference {
    std::vector<episode> only_new;
    std::vector<episode> only_old;
    std::vector<std::pair<episode, episode>> both; // new, old
};
[[nodiscard]] story_difference compare(const story& now, const story& before,
                                       std::chrono::nanoseconds near = std::chrono::minutes{5});

} // namespace anban
