// Random homes, rules and days. Own distributions on std::mt19937_64, so that a seed means the same everywhere.
#include <array>
#include <random>
#include <string>

#include "rules/limits.hpp"
#include "tests/rules/reference/expressions.hpp"
#include "tests/rules/reference/story.hpp"

namespace anban::reference {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

class dice {
public:
    explicit dice(std::uint64_t seed) : engine_(seed) {}
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
    bool one_in(std::size_t n) { return below(n) == 0; }
    template <class T>
    T of(std::initializer_list<T> some) {
        return *(some.begin() + below(some.size()));
    }
    template <class T>
    const T& of(const std::vector<T>& some) {
        return some[below(some.size())];
    }

private:
    std::mt19937_64 engine_;
};

// What a story is about: few signals, so that they meet.
struct theme {
    std::vector<signal> booleans;
    std::vector<signal> quantities;
    std::vector<signal> events;
    bool days = false; // baselines: the story goes over two weeks
    bool news2 = false;
    bool schedule = false;
};

theme pick_theme(dice& d) {
    theme t;
    static const std::vector<signal> booleans{signal::bed_occupied, signal::motion, signal::presence,
                                              signal::door_open, signal::smoke};
    static const std::vector<signal> events{signal::fall, signal::cancel, signal::visit_started,
                                            signal::visit_ended};
    t.booleans = {d.of(booleans), d.of(booleans)};
    t.events = {d.of(events), d.of(events)};
    t.quantities = {signal::heart_rate};
    if (d.one_in(2)) t.quantities.push_back(signal::weight);
    t.days = d.one_in(12);
    t.news2 = !t.days && d.one_in(10);
    t.schedule = d.one_in(3);
    if (t.news2)
        t.quantities = {signal::respiration, signal::spo2, signal::systolic, signal::heart_rate,
                        signal::temperature};
    if (t.news2) t.booleans = {signal::alert, signal::on_oxygen};
    return t;
}

// Around which values of a signal everything happens.
double middle_of(signal what) {
    switch (what) {
    case signal::respiration: return 20;
    case signal::spo2: return 93;
    case signal::systolic: return 108;
    case signal::temperature: return 37;
    case signal::weight: return 60;
    default: return 48;
    }
}

installation make_home(dice& d, const theme& t) {
    installation home;
    static const std::array names{"wang", "li", "zhao"};
    const auto residents = 1 + (d.one_in(2) ? 0 : 1 + d.below(2));
    for (std::size_t i = 0; i < residents; ++i) {
        home.plans.push_back({resident_id{names[i]}, {}, {}, d.one_in(3), true});
    }
    home.rooms = {room_id{"bathroom"}, room_id{"kitchen"}, room_id{"hall"}};
    if (d.one_in(3)) home.free_beds.push_back(bed_id{"bed-9"});
    const auto devices = 1 + d.below(4);
    for (std::size_t i = 0; i < devices; ++i) {
        installed_device one;
        one.id = device_id{"d" + std::to_string(i)};
        if (d.one_in(2)) {
            one.who = {subject::kind::resident, home.plans[d.below(residents)].who.str()};
            if (d.one_in(3)) one.room = d.of(home.rooms);
        } else if (!home.free_beds.empty() && d.one_in(3)) {
            one.who = {subject::kind::bed, "bed-9"};
            one.room = d.of(home.rooms);
        } else {
            one.room = d.of(home.rooms);
        }
        one.reports_every = d.of({seconds{8}, seconds{20}, seconds{60}, seconds{600}, seconds{90'000}});
        if (d.one_in(2)) one.provides = {d.of(t.booleans), d.of(t.quantities)};
        if (d.one_in(2)) one.provides.push_back(signal::motion);
        home.devices.push_back(one);
    }
    return home;
}

class rule_maker {
public:
    rule_maker(dice& d, const theme& t) : d_(d), t_(t) {}

    language::alarm_rule make(std::size_t number, const std::vector<language::alarm_rule>& before) {
        before_ = &before;
        about_home_ = d_.one_in(4);
        const bool event = d_.one_in(2);
        auto r = rule_when(("r" + std::to_string(number)).c_str(), event ? an_event(2) : a_state(3),
                           d_.of({alarm_class::suspected, alarm_class::technical, alarm_class::life_safety}));
        r.about_home = about_home_;
        if (event && d_.one_in(2)) {
            r.hold = a_duration();
            for (auto n = d_.below(3); n > 0; --n) r.unless.push_back(an_event(static_cast<int>(d_.below(2))));
        }
        if (!event && d_.one_in(3)) r.clear = a_state(2);
        if (r.of != alarm_class::life_safety && d_.one_in(3)) {
            if (const auto* other = another()) r.inhibited_by.push_back(other->id);
        }
        return r;
    }

private:
    dice& d_;
    const theme& t_;
    const std::vector<language::alarm_rule>* before_ = nullptr;
    bool about_home_ = false;

    // A rule for a resident may name one about the home, not the other way round.
    const language::alarm_rule* another() {
        if (before_->empty()) return nullptr;
        const auto& r = d_.of(*before_);
        return about_home_ && !r.about_home ? nullptr : &r;
    }
    nanos a_duration() {
        return d_.of({seconds{2}, seconds{5}, seconds{8}, seconds{10}, seconds{20}, seconds{60}});
    }
    nanos a_window() { return t_.news2 ? nanos{2h} : nanos{d_.of({seconds{16}, seconds{32}, seconds{80}})}; }
    language::comparison a_comparison() {
        using enum language::comparison;
        return d_.of({less, less_equal, greater, greater_equal});
    }
    language::selector a_selector() {
        switch (d_.below(8)) {
        case 0: return about_home_ ? language::selector{} : own();
        case 1: return in_room("bathroom");
        case 2: return elsewhere("bathroom");
        case 3: return anywhere();
        default: return {};
        }
    }
    double a_limit(signal what) { return middle_of(what) - 2 + static_cast<double>(d_.below(5)); }

    expression a_comparison_of_values() {
        auto what = d_.of(t_.quantities);
        if (t_.news2 && d_.one_in(2)) {
            const bool single = d_.one_in(2);
            return compare(single ? signal::news2_single : signal::news2, a_comparison(),
                           static_cast<double>(d_.below(single ? 4 : 12)));
        }
        auto e = compare(what, a_comparison(), a_limit(what), a_selector());
        if (t_.days) {
            e.nodes[0].against = {static_cast<double>(d_.below(3)),
                                  true,
                                  static_cast<double>(d_.below(3)) - 1,
                                  static_cast<std::uint16_t>(5 + d_.below(4)),
                                  {},
                                  0};
        }
        return e;
    }
    expression a_window_of_values() {
        using enum language::window_function;
        const auto what = d_.of(t_.quantities);
        const auto f = d_.of({count, sum, mean, least, most, rate});
        auto against = a_limit(what);
        if (f == count) against = static_cast<double>(1 + d_.below(5));
        if (f == sum) against = 2 * a_limit(what);
        if (f == rate) against = (static_cast<double>(d_.below(7)) - 3) * 4000 + 0.37;
        return window(f, what, a_window(), a_comparison(), against, static_cast<std::uint16_t>(1 + d_.below(3)),
                      a_selector());
    }
    signal anything() {
        switch (d_.below(4)) {
        case 0: return d_.of(t_.quantities);
        case 1: return d_.of(t_.events);
        case 2: return t_.news2 ? d_.of(t_.booleans) : signal::activity;
        default: return d_.of(t_.booleans);
        }
    }
    expression a_leaf_state() {
        switch (d_.below(8)) {
        case 0: return a_comparison_of_values();
        case 1: return is(d_.of(t_.booleans), d_.one_in(2), a_selector());
        case 2: return last_in(d_.one_in(3) ? d_.of(t_.events) : d_.of(t_.booleans), "bathroom");
        case 3: return absent(anything(), a_duration(), a_selector());
        case 4:
            return unheard(d_.one_in(2) ? d_.of(t_.quantities) : d_.of(t_.booleans), a_duration(), a_selector());
        case 5: return a_window_of_values();
        case 6:
            if (const auto* other = another()) return condition(other->id.str().c_str());
            return is(d_.of(t_.booleans), true, a_selector());
        default:
            if (!t_.schedule) return is(d_.of(t_.booleans), true, a_selector());
            return during(d_.of({1319, 1320, 1321, 120, 180}), d_.of({1322, 1323, 360, 121, 181}));
        }
    }
    expression a_state(int depth) {
        if (depth == 0 || d_.one_in(4)) return a_leaf_state();
        switch (d_.below(6)) {
        case 0: return both(a_state(depth - 1), a_state(depth - 1));
        case 1: return either(a_state(depth - 1), a_state(depth - 1));
        case 2: return negate(a_state(depth - 1));
        case 3:
            return counted(an_event(depth - 1), a_window(), a_comparison(), static_cast<double>(1 + d_.below(3)));
        case 4: return a_leaf_state();
        default: return lasts(a_state(depth - 1), a_duration());
        }
    }
    expression an_event(int depth) {
        if (depth == 0 || d_.one_in(4)) return occurs(d_.of(t_.events), a_selector());
        switch (d_.below(6)) {
        case 0: return becomes(a_state(depth - 1), d_.one_in(2));
        case 1: return one_of(an_event(depth - 1), an_event(depth - 1));
        case 2: return followed(an_event(depth - 1), an_event(depth - 1), a_duration());
        case 3: return alone(an_event(depth - 1), an_event(depth - 1), a_duration());
        case 4: return at_time_of(an_event(depth - 1), a_state(depth - 1));
        default: return becomes(a_leaf_state(), true);
        }
    }
};

language::effective_rules make_rules(dice& d, const theme& t, const installation& home) {
    std::vector<language::alarm_rule> rules;
    rule_maker maker(d, t);
    const auto count = 1 + d.below(4);
    for (std::size_t n = 0; n < count; ++n) {
        auto r = maker.make(n, rules);
        if (r.when.nodes.size() <= limits::rule_nodes) rules.push_back(std::move(r));
    }
    language::effective_rules set;
    for (const auto& r : rules) {
        if (r.about_home) set.rules.push_back({r, subject{}, {}});
        if (r.about_home) continue;
        for (const auto& plan : home.plans) {
            set.rules.push_back({r, {subject::kind::resident, plan.who.str()}, {}});
        }
    }
    return set;
}

// The signals that the rules speak of.
std::vector<signal> spoken_of(const language::effective_rules& rules) {
    std::vector<signal> named;
    const auto look = [&](const expression& e) {
        for (const auto& n : e.nodes) {
            switch (n.kind) {
            case node_kind::compare:
            case node_kind::is:
            case node_kind::last_in:
            case node_kind::absent:
            case node_kind::unheard:
            case node_kind::window:
            case node_kind::occurs: break;
            default: continue;
            }
            if (!facts_of(n.what.what).computed) named.push_back(n.what.what);
        }
    };
    for (const auto& r : rules.rules) {
        look(r.rule.when);
        look(r.rule.clear);
        for (const auto& e : r.rule.unless) look(e);
    }
    return named;
}

reading something_said(dice& d, const theme& t, const story& s, std::uint32_t sequence) {
    const auto& device = d.of(s.where.devices);
    const auto named = spoken_of(s.rules);
    reading r;
    switch (d.below(8)) {
    case 0: r.what = d.of(t.events); break;
    case 1: r.what = d.of(t.booleans); break;
    case 2: r.what = d.of(t.quantities); break;
    default: r.what = named.empty() ? d.of(t.booleans) : d.of(named); break;
    }
    if (d.one_in(40)) r.what = d.of({signal::sos, signal::service});
    switch (facts_of(r.what).kind) {
    case signal_kind::momentary:
        r.value = 1;
        r.test = d.one_in(6);
        break;
    case signal_kind::boolean: r.value = d.one_in(2) ? 1 : 0; break;
    case signal_kind::quantity: r.value = middle_of(r.what) - 3 + static_cast<double>(d.below(7)); break;
    }
    if (d.one_in(12)) r.how = d.of({quality::suspect, quality::unknown});
    r.from = {device.id, {7, sequence}};
    r.who = device.who;
    r.room = device.room;
    return r;
}

seconds a_pause(dice& d, const theme& t) {
    if (t.days && d.one_in(4)) return d.of({12h, 18h, 24h});
    if (t.news2 && d.one_in(5)) return d.of({1h, 4h, 8h});
    if (d.one_in(25)) return d.of({seconds{1h}, seconds{3600 * 25}, seconds{600}});
    return d.of({0s, 0s, 1s, 1s, 2s, 3s, 5s, 8s, 10s, 16s, 20s, 60s});
}

happening make_happening(dice& d, const theme& t, const story& s, std::uint32_t sequence) {
    happening h;
    using kind = happening::kind;
    h.instance = s.rules.rules.empty() ? 0 : d.below(s.rules.rules.size());
    switch (d.below(24)) {
    case 0:
    case 1:
    case 2: h.what = kind::waited; break;
    case 3:
    case 4: h.what = kind::closed; break;
    case 5:
        h.what = kind::shelved;
        h.for_ = d.of({5s, 20s, 60s});
        h.out_of_service = d.one_in(2);
        break;
    case 6: h.what = kind::unshelved; break;
    case 7:
        h.what = kind::clock_step;
        h.step = d.of({seconds{0}, seconds{60}, seconds{-60}, seconds{14 * 24h}, seconds{-14 * 24h}});
        h.quality = d.one_in(3) ? clock_quality::unset : clock_quality::synchronised;
        break;
    case 8:
        h.what = kind::restarted;
        h.away_known = !d.one_in(4);
        break;
    default:
        h.what = kind::said;
        h.said = something_said(d, t, s, sequence);
        if (d.one_in(6)) h.age = d.of({1s, 2s, 5s, 10s, 20s, 60s, 700s});
        break;
    }
    return h;
}

} // namespace

story make_story(std::uint64_t seed) {
    dice d(seed);
    story s;
    s.seed = seed;
    const auto t = pick_theme(d);
    s.where = make_home(d, t);
    s.rules = make_rules(d, t, s.where);
    s.in_small_steps = d.one_in(2);
    // A minute before ten in the evening, or before a night in which the clock is changed.
    const auto day = std::chrono::sys_days{std::chrono::year{2026} / 3 / 29};
    s.wall_at_load = day + (d.one_in(2) ? 21h + 59min : 59min);
    switch (d.below(3)) {
    case 0: break;
    case 1:
        s.where.zone = {{{}, 8h}};
        s.wall_at_load -= 8h;
        break;
    default: // forward at one in the morning of UTC, back an hour later
        s.where.zone = {{{}, 1h}, {day + 1h, 2h}, {day + 2h, 1h}};
        s.wall_at_load -= d.of({0h, 1h});
        break;
    }
    const auto count = 10 + d.below(50);
    seconds at{0};
    for (std::size_t n = 0; n < count; ++n) {
        at += a_pause(d, t);
        auto h = make_happening(d, t, s, static_cast<std::uint32_t>(n + 1));
        h.at = at;
        s.happenings.push_back(std::move(h));
    }
    happening last;
    last.at = at + 1000s;
    s.happenings.push_back(last);
    return s;
}

} // namespace anban::reference
