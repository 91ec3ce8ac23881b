// Everything that was ever heard, and what the README's pages "Moments", "Sources", "Baseline" and "NEWS2" say
// about it, answered each time by reading the whole list again.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "rules/engine/engine.hpp"
#include "rules/installation.hpp"
#include "rules/language/expression.hpp"
#include "rules/reading.hpp"
#include "tests/rules/reference/calendar.hpp"

namespace anban::reference {

// Which reading armed a thing.
struct origin {
    cause why;
    bool test = false;
};

struct heard {
    reading said;
    mono_time e{};                   // its event time, on the engine's own scale
    bool in_order = true;            // not older than the newest of the same device and signal
    bool newest = true;              // nor than anything of the same device
    bool covers = true;              // nor so late that it ends a silence only to begin the next
    std::optional<std::int64_t> day; // of the local calendar, where the clock was right and it is today
    [[nodiscard]] origin because() const { return {said.from, said.test}; }
};

// What a device says of a signal from `at` on.
struct said_since {
    mono_time at{};
    mono_time e{}; // of the reading behind it
    bool known = false;
    double value = 0;
    std::size_t reading = 0; // index into `all`
};

class world {
public:
    explicit world(installation as_installed) : where(std::move(as_installed)) {}

    installation where;
    std::vector<heard> all;                                                 // in the order of arrival
    std::map<std::pair<device_id, signal>, std::vector<said_since>> values; // in the order of events
    std::map<device_id, installed_device> devices;                          // heard or installed

    // A late reading ended a silence that others had ended for a selector before: the page says that it joins
    // nothing, which this world, that knows no "before", does not follow.
    bool filled_late = false;

    void hear(const reading& r, mono_time e, mono_time t, const wall_clock& clock);
    // Silences that fall due by `t` become entries of `values`.
    void fall_silent(mono_time t);
    [[nodiscard]] std::optional<mono_time> next_silence() const;

    [[nodiscard]] bool admits(const language::selector& s, const subject& who, const device_id& device) const;
    [[nodiscard]] bool good(const reading& r) const;
    [[nodiscard]] bool happens(const reading& r) const; // of a momentary signal
    [[nodiscard]] bool changed_door(const heard& h) const;
    // As an event, `activity` is each report that something is up and about, and each change of a door.
    [[nodiscard]] bool shows_activity(const heard& h) const;
    [[nodiscard]] bool is_event(const language::watched& w, const subject& who, const heard& h) const;

    [[nodiscard]] truth boolean(const language::watched& w, const subject& who) const;
    [[nodiscard]] std::optional<double> quantity(const language::watched& w, const subject& who,
                                                 mono_time t) const;
    // The room of the newest true report; nothing before the first.
    [[nodiscard]] std::optional<room_id> last_room(signal what, const subject& who) const;

    // The newest moment at or before t at which the signal showed activity, and the reading behind it.
    struct trace {
        mono_time at{};
        std::optional<origin> because;
    };
    [[nodiscard]] std::optional<trace> last_active(const language::watched& w, const subject& who,
                                                   mono_time t) const;
    // Since when some source's device has been heard recently enough, without a gap up to t.
    [[nodiscard]] std::optional<trace> covered_since(const language::watched& w, const subject& who,
                                                     mono_time t) const;
    [[nodiscard]] std::optional<trace> newest_good(const language::watched& w, const subject& who,
                                                   mono_time t) const;

    // Median and spread of the days before today.
    struct usual {
        double median = 0;
        double spread = 0;
    };
    [[nodiscard]] std::optional<usual> baseline(signal what, const subject& who, int days,
                                                std::int64_t today) const;

    [[nodiscard]] std::optional<double> news2(const subject& who, mono_time t, bool single) const;

private:
    std::map<device_id, mono_time> newest_e_;
    std::map<device_id, bool> silent_;
    // The reading of `all` from which on a device counts as a source; nothing: it is none.
    [[nodiscard]] std::optional<std::size_t> source_from(const language::watched& w, const subject& who,
                                                         const device_id& id) const;
    [[nodiscard]] bool covers(const language::watched& w, const subject& who, std::size_t reading) const;
    [[nodiscard]] bool heard_recently(const language::watched& w, const subject& who, mono_time t) const;
};

// The signals that an expression means by this one: itself, or those that a computed one is made of.
[[nodiscard]] std::vector<signal> meant_by(signal what);

// One parameter's points, from the tables of NEWS2. `on_oxygen` matters for scale 2 only.
[[nodiscard]] int news2_points(signal what, double value, bool scale_2, bool on_oxygen);

} // namespace anban::reference
