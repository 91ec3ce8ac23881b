// Conditions written in C++ as trees, for tests: sort(child, child) as the language nests them.
#pragma once

#include <chrono>

#include "rules/language/alarm_rule.hpp"

namespace anban::reference {

using language::expression;
using language::node;
using language::node_kind;
using nanos = std::chrono::nanoseconds;

inline expression leaf(node n) {
    return {{std::move(n)}};
}

// The children's nodes before the parent's own.
inline expression over(node parent, const expression& a) {
    expression e = a;
    parent.a = static_cast<std::uint8_t>(a.nodes.size() - 1);
    e.nodes.push_back(std::move(parent));
    return e;
}

inline expression over(node parent, const expression& a, const expression& b) {
    expression e = a;
    const auto shift = static_cast<std::uint8_t>(a.nodes.size());
    for (auto n : b.nodes) {
        if (n.a != language::no_child) n.a = static_cast<std::uint8_t>(n.a + shift);
        if (n.b != language::no_child) n.b = static_cast<std::uint8_t>(n.b + shift);
        e.nodes.push_back(std::move(n));
    }
    parent.a = static_cast<std::uint8_t>(shift - 1);
    parent.b = static_cast<std::uint8_t>(e.nodes.size() - 1);
    e.nodes.push_back(std::move(parent));
    return e;
}

inline language::selector in_room(const char* room) {
    return {language::selector::scope::in_room, room_id{room}};
}
inline language::selector elsewhere(const char* room) {
    return {language::selector::scope::elsewhere, room_id{room}};
}
inline language::selector own() {
    return {language::selector::scope::own, {}};
}
inline language::selector anywhere() {
    return {language::selector::scope::anywhere, {}};
}

inline node node_of(node_kind kind, signal what, language::selector from = {}) {
    node n;
    n.kind = kind;
    n.what = {what, std::move(from)};
    return n;
}

inline expression compare(signal what, language::comparison how, double value, language::selector from = {}) {
    auto n = node_of(node_kind::compare, what, std::move(from));
    n.how = how;
    n.against.value = value;
    return leaf(n);
}
inline expression is(signal what, bool wanted, language::selector from = {}) {
    auto n = node_of(node_kind::is, what, std::move(from));
    n.wanted = wanted;
    return leaf(n);
}
inline expression last_in(signal what, const char* room) {
    return leaf(node_of(node_kind::last_in, what, in_room(room)));
}
inline expression absent(signal what, nanos d, language::selector from = {}) {
    auto n = node_of(node_kind::absent, what, std::move(from));
    n.lasting = d;
    return leaf(n);
}
inline expression unheard(signal what, nanos d, language::selector from = {}) {
    auto n = node_of(node_kind::unheard, what, std::move(from));
    n.lasting = d;
    return leaf(n);
}
inline expression window(language::window_function f, signal what, nanos d, language::comparison how, double value,
                         std::uint16_t from_readings = 1, language::selector from = {}) {
    auto n = node_of(node_kind::window, what, std::move(from));
    n.over = f;
    n.lasting = d;
    n.how = how;
    n.against.value = value;
    n.from_readings = from_readings;
    return leaf(n);
}
inline expression during(int from, int to) {
    node n;
    n.kind = node_kind::during;
    n.span = {static_cast<std::uint16_t>(from), static_cast<std::uint16_t>(to)};
    return leaf(n);
}
inline expression condition(const char* rule) {
    node n;
    n.kind = node_kind::condition;
    n.other = rule_id{rule};
    return leaf(n);
}
inline node bare(node_kind kind, nanos d = nanos{0}) {
    node n;
    n.kind = kind;
    n.lasting = d;
    return n;
}
inline expression both(const expression& a, const expression& b) {
    return over(bare(node_kind::both), a, b);
}
inline expression either(const expression& a, const expression& b) {
    return over(bare(node_kind::either), a, b);
}
inline expression negate(const expression& a) {
    return over(bare(node_kind::negate), a);
}
inline expression lasts(const expression& a, nanos d) {
    return over(bare(node_kind::lasts, d), a);
}
inline expression counted(const expression& a, nanos d, language::comparison how, double times) {
    auto n = bare(node_kind::counted, d);
    n.how = how;
    n.against.value = times;
    return over(n, a);
}
inline expression occurs(signal what, language::selector from = {}) {
    return leaf(node_of(node_kind::occurs, what, std::move(from)));
}
inline expression becomes(const expression& a, bool wanted = true) {
    auto n = bare(node_kind::becomes);
    n.wanted = wanted;
    return over(n, a);
}
inline expression one_of(const expression& a, const expression& b) {
    return over(bare(node_kind::one_of), a, b);
}
inline expression followed(const expression& a, const expression& b, nanos d) {
    return over(bare(node_kind::followed, d), a, b);
}
inline expression alone(const expression& a, const expression& b, nanos d) {
    return over(bare(node_kind::alone, d), a, b);
}
inline expression at_time_of(const expression& a, const expression& s) {
    return over(bare(node_kind::at_time_of), a, s);
}

inline language::alarm_rule rule_when(const char* id, expression when, alarm_class of = alarm_class::suspected) {
    language::alarm_rule r;
    r.id = rule_id{id};
    r.pack = "test";
    r.of = of;
    r.urgency = default_priority(of);
    r.when = std::move(when);
    return r;
}

} // namespace anban::reference
