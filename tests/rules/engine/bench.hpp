// For tests of the engine: rules built by hand, a home of devices, a clock that the test holds.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "rules/engine/engine.hpp"

namespace anban::testing {

using namespace std::chrono_literals;
using language::expression;
using language::node_kind;
using language::selector;
using kind = condition_change::kind;
using kinds = std::vector<kind>;
using scope = selector::scope;

inline const subject wang{subject::kind::resident, "r-wang"};
inline const subject li{subject::kind::resident, "r-li"};
inline const subject home{};

inline mono_time at(std::chrono::nanoseconds since_start) {
    return mono_time{since_start};
}

// ---- Conditions ---------------------------------------------------------------------------------------

inline language::watched of(signal what, scope where = scope::plain, const std::string& room = {}) {
    return {what, {where, room_id{room}}};
}

inline expression leaf(language::node n) {
    return {{std::move(n)}};
}

// A node above one or two others.
inline expression above(language::node n, expression a, const expression& b = {}) {
    n.a = static_cast<std::uint8_t>(a.nodes.size() - 1);
    const auto shift = static_cast<std::uint8_t>(a.nodes.size());
    for (language::node child : b.nodes) {
        if (child.a != language::no_child) child.a = static_cast<std::uint8_t>(child.a + shift);
        if (child.b != language::no_child) child.b = static_cast<std::uint8_t>(child.b + shift);
        a.nodes.push_back(std::move(child));
    }
    if (!b.empty()) n.b = static_cast<std::uint8_t>(a.nodes.size() - 1);
    a.nodes.push_back(std::move(n));
    return a;
}

inline language::node kind_of(node_kind k) {
    language::node n;
    n.kind = k;
    return n;
}

inline expression compare(language::watched w, language::comparison how, double limit) {
    language::node n = kind_of(node_kind::compare);
    n.what = std::move(w);
    n.how = how;
    n.against.value = limit;
    return leaf(n);
}
inline expression below(signal what, double limit) {
    return compare(of(what), language::comparison::less, limit);
}
inline expression over(signal what, double limit) {
    return compare(of(what), language::comparison::greater, limit);
}
inline expression against_baseline(signal what, language::comparison how, double spreads,
                                   std::uint16_t days = 14) {
    expression e = compare(of(what), how, 0);
    e.nodes.back().against.of_baseline = true;
    e.nodes.back().against.spreads = spreads;
    e.nodes.back().against.baseline_days = days;
    return e;
}
inline expression is(language::watched w, bool wanted = true) {
    language::node n = kind_of(node_kind::is);
    n.what = std::move(w);
    n.wanted = wanted;
    return leaf(n);
}
inline expression last_in(signal what, const std::string& room) {
    language::node n = kind_of(node_kind::last_in);
    n.what = of(what, scope::plain, room);
    return leaf(n);
}
inline expression absent(language::watched w, std::chrono::nanoseconds lasting) {
    language::node n = kind_of(node_kind::absent);
    n.what = std::move(w);
    n.lasting = lasting;
    return leaf(n);
}
inline expression unheard(language::watched w, std::chrono::nanoseconds lasting) {
    language::node n = kind_of(node_kind::unheard);
    n.what = std::move(w);
    n.lasting = lasting;
    return leaf(n);
}
inline expression window(language::window_function f, language::watched w, std::chrono::nanoseconds lasting,
                         language::comparison how, double limit, std::uint16_t from = 1) {
    language::node n = kind_of(node_kind::window);
    n.what = std::move(w);
    n.over = f;
    n.lasting = lasting;
    n.how = how;
    n.against.value = limit;
    n.from_readings = from;
    return leaf(n);
}
inline expression during(int from_minute, int to_minute) {
    language::node n = kind_of(node_kind::during);
    n.span = {static_cast<std::uint16_t>(from_minute), static_cast<std::uint16_t>(to_minute)};
    return leaf(n);
}
inline expression condition(const std::string& rule) {
    language::node n = kind_of(node_kind::condition);
    n.other = rule_id{rule};
    return leaf(n);
}
inline expression happens(language::watched w) {
    language::node n = kind_of(node_kind::occurs);
    n.what = std::move(w);
    return leaf(n);
}
inline expression both(expression a, const expression& b) {
    return above(kind_of(node_kind::both), std::move(a), b);
}
inline expression either(expression a, const expression& b) {
    return above(kind_of(node_kind::either), std::move(a), b);
}
inline expression negate(expression a) {
    return above(kind_of(node_kind::negate), std::move(a));
}
inline expression lasting(node_kind k, std::chrono::nanoseconds d, expression a, const expression& b = {}) {
    language::node n = kind_of(k);
    n.lasting = d;
    return above(n, std::move(a), b);
}
inline expression lasts(expression a, std::chrono::nanoseconds d) {
    return lasting(node_kind::lasts, d, std::move(a));
}
inline expression followed(expression a, const expression& b, std::chrono::nanoseconds d) {
    return lasting(node_kind::followed, d, std::move(a), b);
}
inline expression alone(expression a, const expression& b, std::chrono::nanoseconds d) {
    return lasting(node_kind::alone, d, std::move(a), b);
}
inline expression counted(expression event, std::chrono::nanoseconds d, language::comparison how, double times) {
    language::node n = kind_of(node_kind::counted);
    n.lasting = d;
    n.how = how;
    n.against.value = times;
    return above(n, std::move(event));
}
inline expression becomes(expression a, bool wanted = true) {
    language::node n = kind_of(node_kind::becomes);
    n.wanted = wanted;
    return above(n, std::move(a));
}
inline expression one_of(expression a, const expression& b) {
    return above(kind_of(node_kind::one_of), std::move(a), b);
}
inline expression while_is(expression a, const expression& state) {
    return above(kind_of(node_kind::at_time_of), std::move(a), state);
}

inline language::alarm_rule rule(const std::string& id, expression when, expression clear = {}) {
    language::alarm_rule r;
    r.id = rule_id{id};
    r.pack = "test";
    r.when = std::move(when);
    r.clear = std::move(clear);
    return r;
}

// The fall that is built in.
inline language::alarm_rule built_in_fall() {
    return language::built_in_rules().back();
}

// ---- A home -------------------------------------------------------------------------------------------

inline installed_device installed(const std::string& id, subject who = {}, const std::string& room = {},
                                  std::vector<signal> provides = {}, std::chrono::nanoseconds every = 25h) {
    return {.id = device_id{id},
            .who = std::move(who),
            .room = room_id{room},
            .reports_every = every,
            .provides = std::move(provides),
            .family = {}};
}

// One resident, Wang, with a band, a fall detector, a bed mat and sensors in two rooms.
inline installation home_of_one() {
    installation h;
    h.plans = {{.who = resident_id{wang.id}, .packs = {}, .overrides = {}}};
    h.devices = {installed("band", wang, {}, {signal::heart_rate, signal::spo2}),
                 installed("detector", wang, {}, {signal::fall, signal::cancel}),
                 installed("mat", wang, "bedroom", {signal::bed_occupied}),
                 installed("pir-bath", {}, "bathroom", {signal::motion}),
                 installed("pir-living", {}, "living-room", {signal::motion}),
                 installed("door", {}, "hall", {signal::door_open})};
    h.zone = china_zone();
    return h;
}

// And Li with a band, a detector and a mat of their own.
inline installation home_of_two() {
    installation h = home_of_one();
    h.plans.push_back({.who = resident_id{li.id}, .packs = {}, .overrides = {}});
    h.devices.push_back(installed("band-li", li, {}, {signal::heart_rate}));
    h.devices.push_back(installed("detector-li", li, {}, {signal::fall, signal::cancel}));
    h.devices.push_back(installed("mat-li", li, "bedroom", {signal::bed_occupied}));
    h.devices.push_back(installed("button", {}, "hall", {signal::sos, signal::service}));
    return h;
}

class bench {
public:
    explicit bench(std::vector<language::alarm_rule> rules, installation where = home_of_one(),
                   std::vector<subject> whose = {wang})
        : rules_(std::move(rules)), where_(std::move(where)), whose_(std::move(whose)), judge(load()) {}

    [[nodiscard]] engine load() const {
        language::effective_rules all;
        for (const auto& r : rules_) {
            if (r.about_home) {
                all.rules.push_back({r, home, {}});
                continue;
            }
            for (const subject& s : whose_) all.rules.push_back({r, s, {}});
        }
        return engine{std::move(all), where_, when(now_)};
    }

    // Monday 2026-06-01 00:00 in China at 0.
    [[nodiscard]] instant when(std::chrono::nanoseconds t) const {
        const utc_time start = std::chrono::sys_days{std::chrono::year{2026} / 5 / 31} + 16h;
        return {at(t), {start + wall_ahead + std::chrono::floor<std::chrono::microseconds>(t), quality_of_clock}};
    }

    [[nodiscard]] reading said(const std::string& device, signal what, double value, std::chrono::nanoseconds e) {
        reading r;
        r.what = what;
        r.value = value;
        r.from = {device_id{device}, {7, ++sequence}};
        for (const auto& d : where_.devices) {
            if (d.id.str() != device) continue;
            r.who = d.who;
            r.room = d.room;
        }
        r.at = at(e);
        r.wall = when(e).wall;
        return r;
    }

    kinds hear(const reading& r, std::chrono::nanoseconds arrives) {
        told.clear();
        now_ = arrives;
        judge.step(when(arrives), r, told);
        return said_kinds();
    }
    kinds hear(const std::string& device, signal what, double value, std::chrono::nanoseconds t) {
        return hear(said(device, what, value, t), t);
    }
    kinds hear_unknown(const std::string& device, signal what, std::chrono::nanoseconds t) {
        reading r = said(device, what, 0, t);
        r.how = quality::unknown;
        return hear(r, t);
    }
    kinds wait_until(std::chrono::nanoseconds t) {
        told.clear();
        now_ = t;
        judge.advance(when(t), told);
        return said_kinds();
    }
    void close(const std::string& id, std::chrono::nanoseconds t, const subject& who = wang) {
        now_ = t;
        judge.close(when(t), rule_id{id}, who);
    }
    // A process dies and another one goes on; `mono` of the new one begins where the test says.
    void restart(std::chrono::nanoseconds new_now, std::optional<std::chrono::nanoseconds> away) {
        const std::string saved = judge.snapshot(when(now_));
        now_ = new_now;
        judge = load();
        if (!judge.restore(saved, when(new_now), away)) told.clear();
    }
    // Another process takes over without a pause.
    void restart_in_place() { restart(now_, std::chrono::nanoseconds{0}); }
    [[nodiscard]] kinds said_kinds() const {
        kinds all;
        for (const auto& c : told) all.push_back(c.what);
        return all;
    }
    [[nodiscard]] truth is(const std::string& id, std::size_t which = 0) const {
        return judge.explain(when(now_), rule_id{id}).at(which).nodes.back().is;
    }

private:
    std::vector<language::alarm_rule> rules_;
    installation where_;
    std::vector<subject> whose_;
    std::chrono::nanoseconds now_{0};

public:
    std::uint32_t sequence = 0;
    std::chrono::microseconds wall_ahead{0};
    clock_quality quality_of_clock = clock_quality::synchronised;
    engine judge;
    condition_changes told;
};

} // namespace anban::testing
