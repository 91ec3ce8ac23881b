// What a rule says about the world, as the parser leaves it: a tree of conditions, kept as a list of nodes
// in which every child stands before its parent and the root is the last. Engine, prover and the tests'
// reference evaluator all read this one form; what each node means is written in README.md.
//
// Two sorts of nodes. A *state* has one of three truths at every moment: true, false or unknown. An *event*
// happens at moments. The checker has seen to it that each child is of the sort its parent wants.
//
// Bounds: limits::rule_nodes nodes, limits::rule_depth levels.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "rules/ids.hpp"
#include "rules/signal.hpp"

namespace anban::language {

// Whose readings, and from where.
struct selector {
    enum class scope : std::uint8_t {
        plain,     // whatever concerns the subject: all of the home for who lives alone, else only their own
        own,       // devices of the resident or the bed only
        in_room,   // devices in `room`; those of other residents excepted
        elsewhere, // devices in any room but `room`; those of other residents excepted
        anywhere,  // all of the home; those of other residents excepted
    };
    scope where = scope::plain;
    room_id room;
    friend bool operator==(const selector&, const selector&) = default;
};

struct watched {
    signal what = signal::heart_rate;
    selector from;
    friend bool operator==(const watched&, const watched&) = default;
};

// What a quantity is compared with, in the signal's unit (a rate: that unit per day; a count: times or
// readings): a number, or the resident's own baseline and so many spreads above (or below) it. Parameters
// have become numbers when a plan was laid over the pack.
struct limit {
    double value = 0;
    bool of_baseline = false;
    double spreads = 0;              // of_baseline only: value + median + spreads × spread
    std::uint16_t baseline_days = 0; // of_baseline only: 5..28
    std::string param;               // where the number comes from; empty: it stands in the pack
    double offset = 0;               // what is added to the parameter; `value` has it already
    friend bool operator==(const limit&, const limit&) = default;
};

enum class comparison : std::uint8_t { less, less_equal, greater, greater_equal };

enum class window_function : std::uint8_t { count, sum, mean, least, most, rate };

// Minutes since local midnight; `from` may lie behind `to`: 22:00..06:00 goes over midnight.
struct daily_span {
    std::uint16_t from = 0; // inclusive, 0..1439
    std::uint16_t to = 0;   // exclusive, 0..1439, not equal to `from`
    friend bool operator==(const daily_span&, const daily_span&) = default;
};

enum class node_kind : std::uint8_t {
    // states without children
    compare,   // heart_rate < 40 bpm
    is,        // bed_occupied is true
    last_in,   // last motion in bathroom
    absent,    // no motion for 4 h
    unheard,   // heart_rate unheard for 1 h
    window,    // mean of heart_rate over 10 min < 45 bpm
    during,    // during 22:00..06:00
    condition, // alarm fall is active
    // states with children
    both,    // a and b
    either,  // a or b (two states)
    negate,  // not a
    lasts,   // a for 60 s
    counted, // count of EVENT over 1 h >= 3 times
    // events without children
    occurs, // fall
    // events with children
    becomes,    // STATE becomes true · bed_occupied becomes false (its child: bed_occupied is true)
    one_of,     // a or b (two events)
    followed,   // a then b within 10 min
    alone,      // a without b within 10 min
    at_time_of, // a while STATE
};

inline constexpr std::uint8_t no_child = 0xff;

// Where something stands in the pack's text: the offset of its first byte. It tells where to point and not
// what is meant, so any two are equal: a pack laid out anew has the same rules.
struct text_place {
    std::uint32_t offset = 0;
    friend constexpr bool operator==(text_place, text_place) noexcept { return true; }
};

struct node {
    node_kind kind = node_kind::occurs;
    std::uint8_t a = no_child; // index of the first child
    std::uint8_t b = no_child; // and of the second
    watched what;              // compare, is, last_in (plain, with the room), absent, unheard, window, occurs
    comparison how = comparison::less; // compare, window, counted
    limit against;                     // compare, window, counted
    bool wanted = true;                // is, becomes: true or false
    window_function over = window_function::mean;
    std::uint16_t from_readings = 1;     // window: fewer readings in it than this are unknown
    std::chrono::nanoseconds lasting{0}; // absent, unheard, window, counted, lasts, followed, alone
    std::string lasting_param;           // where the duration comes from; empty: it stands in the pack
    daily_span span;                     // during
    rule_id other;                       // condition
    text_place at;                       // in the pack's text
    friend bool operator==(const node&, const node&) = default;
};

struct expression {
    std::vector<node> nodes;
    [[nodiscard]] bool empty() const noexcept { return nodes.empty(); }
    [[nodiscard]] const node& root() const noexcept { return nodes.back(); }
    friend bool operator==(const expression&, const expression&) = default;
};

[[nodiscard]] constexpr bool is_event(node_kind k) noexcept {
    switch (k) {
    case node_kind::occurs:
    case node_kind::becomes:
    case node_kind::one_of:
    case node_kind::followed:
    case node_kind::alone:
    case node_kind::at_time_of: return true;
    default: return false;
    }
}

} // namespace anban::language
