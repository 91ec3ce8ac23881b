// Conditions and homes as the tests of the prover write them: the tree itself, with no parser between.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "rules/installation.hpp"
#include "rules/language/plan.hpp"

namespace anban::written {
using namespace std::chrono_literals;
using language::comparison;
using language::expression;
using language::node;
using language::node_kind;
using language::selector;
using language::window_function;
using std::chrono::nanoseconds;

[[nodiscard]] inline expression leaf(node n) {
    return {{std::move(n)}};
}

[[nodiscard]] inline expression over(node n, const expression& a) {
    expression e = a;
    n.a = static_cast<std::uint8_t>(a.nodes.size() - 1);
    e.nodes.push_back(std::move(n));
    return e;
}

[[nodiscard]] inline expression over(node n, const expression& a, const expression& b) {
    expression e = a;
    const auto shift = static_cast<std::uint8_t>(a.nodes.size());
    for (auto c : b.nodes) {
        if (c.a != language::no_child) c.a = static_cast<std::uint8_t>(c.a + shift);
        if (c.b != language::no_child) c.b = static_cast<std::uint8_t>(c.b + shift);
        e.nodes.push_back(std::move(c));
    }
    n.a = static_cast<std::uint8_t>(shift - 1);
    n.b = static_cast<std::uint8_t>(e.nodes.size() - 1);
    e.nodes.push_back(std::move(n));
    return e;
}

inline const selector plain{};
inline const selector own{selector::scope::own, {}};
inline const selector anywhere{selector::scope::anywhere, {}};
[[nodiscard]] inline selector in(const char* room) {
    return {selector::scope::in_room, room_id{room}};
}
[[nodiscard]] inline selector elsewhere(const char* room) {
    return {selector::scope::elsewhere, room_id{room}};
}

[[nodiscard]] inline expression compare(signal s, comparison how, double value, selector from = plain) {
    node n;
    n.kind = node_kind::compare;
    n.what = {s, from};
    n.how = how;
    n.against.value = value;
    return leaf(n);
}
[[nodiscard]] inline expression below(signal s, double v, selector from = plain) {
    return compare(s, comparison::less, v, from);
}
[[nodiscard]] inline expression above(signal s, double v, selector from = plain) {
    return compare(s, comparison::greater, v, from);
}
// heart_rate against what it usually is, so many spreads above or below.
[[nodiscard]] inline expression against_baseline(comparison how, double spreads, unsigned days) {
    node n;
    n.kind = node_kind::compare;
    n.what = {signal::heart_rate, plain};
    n.how = how;
    n.against.of_baseline = true;
    n.against.spreads = spreads;
    n.against.baseline_days = static_cast<std::uint16_t>(days);
    return leaf(n);
}
[[nodiscard]] inline expression is(signal s, bool wanted = true, selector from = plain) {
    node n;
    n.kind = node_kind::is;
    n.what = {s, from};
    n.wanted = wanted;
    return leaf(n);
}
[[nodiscard]] inline expression timed(node_kind kind, signal s, nanoseconds lasting, selector from = plain) {
    node n;
    n.kind = kind;
    n.what = {s, from};
    n.lasting = lasting;
    return leaf(n);
}
[[nodiscard]] inline expression absent(signal s, nanoseconds lasting, selector from = plain) {
    return timed(node_kind::absent, s, lasting, from);
}
[[nodiscard]] inline expression unheard(signal s, nanoseconds lasting, selector from = plain) {
    return timed(node_kind::unheard, s, lasting, from);
}
[[nodiscard]] inline expression last_in(signal s, const char* room) {
    node n;
    n.kind = node_kind::last_in;
    n.what = {s, in(room)};
    return leaf(n);
}
[[nodiscard]] inline expression window(window_function f, signal s, nanoseconds lasting, comparison how, double v,
                                       unsigned from_readings = 1) {
    node n;
    n.kind = node_kind::window;
    n.what = {s, plain};
    n.over = f;
    n.lasting = lasting;
    n.how = how;
    n.against.value = v;
    n.from_readings = static_cast<std::uint16_t>(from_readings);
    return leaf(n);
}
[[nodiscard]] inline expression during(int from, int to) {
    node n;
    n.kind = node_kind::during;
    n.span = {static_cast<std::uint16_t>(from * 60), static_cast<std::uint16_t>(to * 60)};
    return leaf(n);
}
[[nodiscard]] inline expression active(const char* rule) {
    node n;
    n.kind = node_kind::condition;
    n.other = rule_id{rule};
    return leaf(n);
}
[[nodiscard]] inline expression of(node_kind kind, const expression& a, const expression& b) {
    node n;
    n.kind = kind;
    return over(n, a, b);
}
[[nodiscard]] inline expression both(const expression& a, const expression& b) {
    return of(node_kind::both, a, b);
}
[[nodiscard]] inline expression either(const expression& a, const expression& b) {
    return of(node_kind::either, a, b);
}
[[nodiscard]] inline expression negate(const expression& a) {
    node n;
    n.kind = node_kind::negate;
    return over(n, a);
}
[[nodiscard]] inline expression lasts(const expression& a, nanoseconds d) {
    node n;
    n.kind = node_kind::lasts;
    n.lasting = d;
    return over(n, a);
}
[[nodiscard]] inline expression counted(const expression& event, nanoseconds d, comparison how, double times) {
    node n;
    n.kind = node_kind::counted;
    n.lasting = d;
    n.how = how;
    n.against.value = times;
    return over(n, event);
}
[[nodiscard]] inline expression occurs(signal s, selector from = plain) {
    node n;
    n.kind = node_kind::occurs;
    n.what = {s, from};
    return leaf(n);
}
[[nodiscard]] inline expression becomes(const expression& a, bool wanted = true) {
    node n;
    n.kind = node_kind::becomes;
    n.wanted = wanted;
    return over(n, a);
}
[[nodiscard]] inline expression within(node_kind kind, const expression& a, const expression& b, nanoseconds d) {
    node n;
    n.kind = kind;
    n.lasting = d;
    return over(n, a, b);
}

// ---- A home ----------------------------------------------------------------------------------------------

inline const subject wang{subject::kind::resident, "r-wang"};
inline const subject li{subject::kind::resident, "r-li"};
inline const subject the_home{};

[[nodiscard]] inline installed_device device(const char* id, std::vector<signal> provides, nanoseconds every,
                                             const subject& who = the_home, const char* room = "") {
    installed_device d;
    d.id = device_id{id};
    d.who = who;
    d.room = room_id{room};
    d.reports_every = every;
    d.provides = std::move(provides);
    return d;
}

[[nodiscard]] inline installation home_of(std::vector<installed_device> devices,
                                          const std::vector<subject>& residents = {wang}) {
    installation where;
    where.devices = std::move(devices);
    for (const auto& r : residents) {
        care_plan plan;
        plan.who = resident_id{r.id};
        where.plans.push_back(std::move(plan));
    }
    where.zone = {{std::chrono::sys_seconds{}, std::chrono::hours{8}}};
    return where;
}

[[nodiscard]] inline language::effective_rule rule(const char* id, expression when, const subject& who = wang) {
    language::effective_rule e;
    e.rule.id = rule_id{id};
    e.rule.pack = "test";
    e.rule.when = std::move(when);
    e.who = who;
    return e;
}

[[nodiscard]] inline language::effective_rules rules(std::vector<language::effective_rule> all) {
    language::effective_rules r;
    r.rules = std::move(all);
    return r;
}

} // namespace anban::written
