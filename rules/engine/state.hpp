// What the engine keeps: devices and what they said (cells), the values that rules watch (channels), and each
// rule for each subject (instances) with its nodes. All of it is made at load and never grows.
//
// A cell is one signal of one device. A channel is one signal of all devices that a selector admits; rules that
// resolve to the same devices share it. A channel knows the leaves of all rules that watch it, so that a reading
// costs one comparison a leaf and only a changed truth wakes a rule.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "rules/engine/engine.hpp"
#include "rules/engine/news2.hpp"
#include "rules/engine/window.hpp"

namespace anban::judging {

using index = std::uint32_t;
inline constexpr index none = 0xffffffff;
inline constexpr std::uint16_t no_device = 0xffff;
inline constexpr std::uint16_t a_stranger = 0xfffe; // its name is in the instance's slot of `strangers`

[[nodiscard]] constexpr truth as_truth(bool b) noexcept {
    return b ? truth::yes : truth::no;
}

// The reading that armed something, without its texts.
struct origin {
    std::uint64_t boot = 0;
    std::int64_t wall_us = 0;
    double value = 0;
    std::uint32_t sequence = 0;
    std::uint16_t device = no_device;
    signal what = signal::sos;
    clock_quality wall_quality = clock_quality::unset;
    bool test = false;
    friend bool operator==(const origin&, const origin&) = default;
};
static_assert(sizeof(origin) <= 40);

// ---- What is watched ----------------------------------------------------------------------------------

// A node of an instance that watches a channel.
struct leaf {
    index instance = 0;
    std::uint8_t node = 0;
};

// `value < limit`, turned round where `not_less`; `<=` has the next higher limit.
struct compare_leaf {
    double limit = 0;
    index instance = 0;
    std::uint8_t node = 0;
    bool not_less = false;
    bool known_limit = true; // false: of a baseline that isn't known yet
    truth is = truth::unknown;
};
static_assert(sizeof(compare_leaf) == 16);

struct last_in_leaf {
    index instance = 0;
    std::uint8_t node = 0;
    std::uint16_t room = 0;
};

struct is_leaf {
    index instance = 0;
    std::uint8_t node = 0;
    bool wanted = true;
};

struct channel {
    signal what = signal::heart_rate;
    bool strangers = false; // of a home's own: momentary signals of devices that aren't installed come here
    std::vector<index> cells;

    // Value: of a quantity the newest known, of a boolean by counts.
    bool known = false;
    double value = 0;
    index newest = none; // cell
    truth is = truth::unknown;
    std::uint32_t yes = 0, no = 0, unknown = 0; // cells that spoke
    // Activity.
    std::uint32_t active_now = 0;
    own_ns last_active = long_ago;
    index last_active_cell = none;
    own_ns last_good = long_ago;
    index last_good_cell = none;
    own_ns last_true = long_ago;
    std::uint16_t last_room = no_device;
    // Whether some source was heard recently enough, without a gap.
    std::uint32_t live = 0;
    own_ns live_since = long_ago;
    own_ns dark_since = long_ago;

    std::vector<compare_leaf> compares;
    std::vector<is_leaf> booleans;
    std::vector<last_in_leaf> lasts;
    std::vector<leaf> absents;
    std::vector<leaf> unheards;
    std::vector<leaf> windows;
    std::vector<leaf> events;
};

// Where a cell's readings go.
struct link {
    enum class how : std::uint8_t { value, active_while_true, active_on_change, score, baseline };
    index target = 0; // channel, score or baseline
    how as = how::value;
    std::uint8_t part = 0; // news2_part
};

struct cell {
    std::uint16_t device = 0;
    signal what = signal::heart_rate;
    bool spoken = false;
    truth is = truth::unknown; // known (quantity) or the boolean
    double value = 0;
    own_ns at = long_ago;           // event time of the newest reading
    own_ns spoken_since = long_ago; // the first made its device a source then
    std::uint32_t order = 0;        // of that reading; of two at one moment the later heard counts
    std::uint32_t good_order = 0;   // of those of good_at and true_at
    std::uint32_t true_order = 0;
    own_ns good_at = long_ago;
    own_ns active_at = long_ago; // last event, good quantity, end of true
    own_ns true_at = long_ago;   // last true report, or event
    own_ns change_at = long_ago; // of a door
    origin said;                 // the newest good reading
    origin acted;                // the reading of active_at
    origin changed;              // of change_at
    std::vector<link> links;
};

// A device as a source of a channel that some `no … for` watches.
struct coverage {
    index channel = 0;
    bool counts = false;     // it provides the signal, or has said it
    own_ns since = long_ago; // by saying it: from then on
};

struct device_state {
    device_id id;
    subject who;
    std::uint16_t room = no_device;
    own_ns reports_every = 0;
    own_ns newest = long_ago;
    bool live = false;
    bool covering = false; // live, and counted in its channels
    own_ns live_since = long_ago;
    own_ns dark_since = long_ago;
    std::vector<coverage> covers;
};

// NEWS2 of one subject.
struct score_source {
    struct input {
        double value = 0;
        own_ns at = long_ago;
    };
    std::array<input, news2_parts> inputs;
    bool scale_2 = false;
    index total = none; // channels
    index largest = none;
};

// `during` of all rules with the same span.
struct span_state {
    language::daily_span span;
    truth is = truth::unknown;
    std::int64_t next_us = 0; // of wall time: when it may change
    std::int64_t since_us = 0;
    std::vector<leaf> leaves;
};

// A limit that follows a baseline.
struct baseline_limit {
    index baseline = 0;
    std::uint16_t days = 0;
    double value = 0;
    double spreads = 0;
    bool or_equal = false;
    index channel = none; // a compare_leaf of it …
    index at = 0;
    index node = none; // … or the node of a window
};

// ---- What judges --------------------------------------------------------------------------------------

struct compiled_node {
    language::node_kind kind = language::node_kind::occurs;
    std::uint8_t a = language::no_child;
    std::uint8_t b = language::no_child;
    bool wanted = true;
    language::comparison how = language::comparison::less;
    language::window_function over = language::window_function::mean;
    std::uint16_t from_readings = 1;
    index channel = none;
    index slot = none; // window, count, slope, wait's origin, span, instance named
    own_ns lasting = 0;
    double limit = 0;
    bool known_limit = true;
};

struct node_state {
    own_ns moment = long_ago;
    own_ns extra =
        long_ago; // unheard: beginning of the watch; followed: last a; alone: the a that waits; lasts: due
    truth is = truth::unknown;
    truth was = truth::unknown; // becomes: of its child
};

struct running_hold {
    own_ns until = never; // never: none runs
    own_ns since = long_ago;
    origin why;
};

// A hold of an emergency and one of a test.
struct hold_pair {
    running_hold real;
    running_hold test;
};

// One rule for one subject. What never changes first.
struct instance {
    index rule = 0; // of the effective rules
    index first_node = 0;
    std::uint8_t nodes = 0;
    std::uint8_t when = 0; // roots
    std::uint8_t clear = language::no_child;
    std::uint8_t unless_count = 0;
    std::array<std::uint8_t, limits::unless_terms> unless{};
    std::uint16_t room_hint = no_device;
    bool is_event = false;
    bool life_safety = false;
    index holds = none;
    index stranger = none;
    index first_inhibitor = 0, inhibitors = 0;
    index first_dependent = 0, dependents = 0;
    std::uint64_t key = 0; // digest of content and subject

    bool woken = false;
    bool touched = false; // a condition of `when` changed just now, or a reading came that it waits for
    bool active = false;
    bool closed = false; // a state that a person closed while it was true
    bool told_held = false;
    bool anew = false;          // a shelf of it has just ended
    std::uint64_t happened = 0; // events of this reading, by node
    own_ns floor = long_ago;    // a person closed it
    std::array<own_ns, 2> begun{long_ago, long_ago};
    origin armed;
};

struct shelved {
    shelf what;
    own_ns until = never;
    index instance = none; // none: built in without memory
};

} // namespace anban::judging
