#include "tests/fuzz/rules/random_rules.hpp"

#include <array>
#include <cmath>

#include "rules/language/units.hpp"
#include "rules/limits.hpp"

namespace anban::fuzz {

using namespace language;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_nodes = 20; // nothing new is begun beyond
constexpr int deepest = 6;

[[nodiscard]] node of(node_kind kind) {
    node n;
    n.kind = kind;
    return n;
}

} // namespace

alarm_rule random_rules::draw() {
    // What is begun when the nodes run out is still ended; now and then that goes beyond the bound.
    do {
        attempt();
    } while (nodes_ > limits::rule_nodes);
    return now_;
}

void random_rules::attempt() {
    now_ = {};
    nodes_ = 0;
    named_room_ = {};
    now_.id = rule_id{"a"};
    now_.pack = "p";
    now_.title_zh = one_in(2) ? "报警 # “甲”" : "x";
    now_.title_en = one_in(2) ? "An alarm" : "";
    constexpr std::array classes{alarm_class::life_safety, alarm_class::suspected, alarm_class::service,
                                 alarm_class::technical};
    now_.of = classes[below(classes.size())];
    now_.urgency = default_priority(now_.of);
    if (now_.of == alarm_class::suspected && one_in(2)) now_.urgency = priority::high;
    now_.about_home = one_in(4);
    const bool is_an_event = one_in(2);
    if (is_an_event) {
        event(now_.when, 0);
        if (one_in(2)) {
            now_.hold = duration();
            for (std::size_t i = below(3); i > 0 && nodes_ < most_nodes; --i) {
                now_.unless.emplace_back();
                event(now_.unless.back(), deepest - 2);
            }
        }
    } else {
        state(now_.when, 0);
        if (one_in(2)) state(now_.clear, 3);
    }
    if (now_.of != alarm_class::life_safety && one_in(3)) now_.inhibited_by = {rule_id{"b"}, rule_id{"c-2"}};
    if (one_in(3)) now_.detect_within = duration();
}

std::uint8_t random_rules::put(expression& e, node n) {
    ++nodes_;
    e.nodes.push_back(std::move(n));
    return static_cast<std::uint8_t>(e.nodes.size() - 1);
}

std::uint8_t random_rules::state(expression& e, int depth) {
    if (depth >= deepest || nodes_ >= most_nodes || one_in(3)) return leaf_state(e);
    node n;
    switch (below(5)) {
    case 0: n.kind = node_kind::both; break;
    case 1: n.kind = node_kind::either; break;
    case 2: n.kind = node_kind::negate; break;
    case 3: n.kind = node_kind::lasts; break;
    default: n.kind = node_kind::counted; break;
    }
    if (n.kind == node_kind::counted) {
        n.a = event(e, depth + 1);
        n.lasting = duration();
        n.how = comparison::greater_equal;
        n.against.value = static_cast<double>(1 + below(20));
        return put(e, std::move(n));
    }
    n.a = state(e, depth + 1);
    if (n.kind == node_kind::both || n.kind == node_kind::either) n.b = state(e, depth + 1);
    if (n.kind == node_kind::lasts) n.lasting = duration();
    return put(e, std::move(n));
}

std::uint8_t random_rules::leaf_state(expression& e) {
    node n;
    switch (below(8)) {
    case 0: {
        n = of(node_kind::compare);
        const signal s = drawn(signal_kind::quantity, one_in(4));
        n.what = facts_of(s).computed ? watched{s, {}} : source(s);
        n.how = sign();
        n.against = limit_for(s, !facts_of(s).computed);
        break;
    }
    case 1:
        n = of(node_kind::is);
        n.what = source(drawn(signal_kind::boolean, false));
        n.wanted = one_in(2);
        break;
    case 2:
        n = of(node_kind::last_in);
        n.what.what = drawn(one_in(2) ? signal_kind::boolean : signal_kind::momentary, false);
        n.what.from.room = room();
        break;
    case 3:
        n = of(node_kind::absent);
        n.what = source(one_in(2) ? signal::activity : drawn(signal_kind::boolean, false));
        n.lasting = duration();
        break;
    case 4:
        n = of(node_kind::unheard);
        n.what = source(drawn(signal_kind::quantity, false));
        n.lasting = duration();
        break;
    case 5: n = leaf_window(); break;
    case 6:
        n = of(node_kind::during);
        n.span.from = static_cast<std::uint16_t>(below(1440));
        n.span.to = static_cast<std::uint16_t>((n.span.from + 1 + below(1439)) % 1440);
        break;
    default:
        // Life safety leans on no other alarm below a `not`; it does without here.
        n = of(now_.of == alarm_class::life_safety ? node_kind::is : node_kind::condition);
        n.what.what = signal::smoke;
        if (n.kind == node_kind::condition) n.what = {};
        if (n.kind == node_kind::condition) n.other = rule_id{"other_alarm"};
        break;
    }
    return put(e, std::move(n));
}

node random_rules::leaf_window() {
    node n = of(node_kind::window);
    const signal s = drawn(signal_kind::quantity, false);
    constexpr std::array functions{window_function::count, window_function::sum,  window_function::mean,
                                   window_function::least, window_function::most, window_function::rate};
    n.over = functions[below(functions.size())];
    n.what = source(s);
    n.lasting = duration();
    n.from_readings = static_cast<std::uint16_t>(1 + below(one_in(2) ? 1 : 100));
    n.how = sign();
    switch (n.over) {
    case window_function::count: n.against.value = static_cast<double>(1 + below(50)); break;
    case window_function::sum: n.against.value = between(1, 5000); break;
    case window_function::rate: n.against.value = between(-100, 100); break;
    default: n.against = limit_for(s, true); break;
    }
    return n;
}

std::uint8_t random_rules::event(expression& e, int depth) {
    node n;
    const bool leaf = depth >= deepest || nodes_ >= most_nodes || one_in(3);
    switch (leaf ? below(2) : 2 + below(5)) {
    case 0:
        n = of(node_kind::occurs);
        n.what = source(drawn(signal_kind::momentary, false));
        return put(e, std::move(n));
    case 1: {
        node is = of(node_kind::is);
        is.what = source(drawn(signal_kind::boolean, false));
        is.wanted = one_in(2);
        n = of(node_kind::becomes);
        n.a = put(e, std::move(is));
        n.wanted = one_in(2);
        return put(e, std::move(n));
    }
    case 2:
        n = of(node_kind::becomes);
        n.a = state(e, depth + 1);
        n.wanted = one_in(2);
        return put(e, std::move(n));
    case 3: n = of(node_kind::one_of); break;
    case 4: n = of(node_kind::followed); break;
    case 5: n = of(node_kind::alone); break;
    default: n = of(node_kind::at_time_of); break;
    }
    n.a = event(e, depth + 1);
    n.b = n.kind == node_kind::at_time_of ? state(e, depth + 1) : event(e, depth + 1);
    if (n.kind == node_kind::followed || n.kind == node_kind::alone) n.lasting = duration();
    return put(e, std::move(n));
}

watched random_rules::source(signal s) {
    watched w{s, {}};
    switch (below(6)) {
    case 0: w.from.where = selector::scope::own; break;
    case 1: w.from = {selector::scope::in_room, room()}; break;
    case 2: w.from.where = selector::scope::anywhere; break;
    case 3:
        if (!named_room_.empty()) w.from = {selector::scope::elsewhere, named_room_};
        break;
    default: break;
    }
    return w;
}

room_id random_rules::room() {
    constexpr std::array rooms{"bathroom", "bedroom", "kitchen", "living-room",
                               "2f-room",  "room.3",  "301",     "WC_1"};
    named_room_ = room_id{rooms[below(rooms.size())]};
    return named_room_;
}

signal random_rules::drawn(signal_kind kind, bool computed) {
    while (true) {
        const auto& f = all_signals()[below(all_signals().size())];
        if (f.kind == kind && f.computed == computed) return f.what;
    }
}

double random_rules::between(double least, double most) {
    constexpr double parts = 1000;
    const double whole = std::floor(least + (most - least) * static_cast<double>(1 + below(998)) / parts);
    const double part = one_in(2) ? static_cast<double>(below(1000)) / parts : 0;
    return rounded(std::min(std::max(whole + part, least + 0.001), most - 0.001));
}

std::chrono::nanoseconds random_rules::duration() {
    constexpr std::array units{std::chrono::nanoseconds{1ms}, std::chrono::nanoseconds{1s},
                               std::chrono::nanoseconds{1min}, std::chrono::nanoseconds{1h},
                               std::chrono::nanoseconds{24h}};
    return units[below(units.size())] * static_cast<std::int64_t>(16 + below(15));
}

comparison random_rules::sign() {
    constexpr std::array signs{comparison::less, comparison::less_equal, comparison::greater,
                               comparison::greater_equal};
    return signs[below(signs.size())];
}

limit random_rules::limit_for(signal s, bool may_be_baseline) {
    limit l;
    const signal_facts& f = facts_of(s);
    if (may_be_baseline && one_in(5)) {
        l.of_baseline = true;
        l.baseline_days = static_cast<std::uint16_t>(5 + below(24));
        if (one_in(2)) l.spreads = between(-5, 5);
        return l;
    }
    l.value = between(f.least, f.most);
    // A parameter where life safety doesn't forbid it, at most two a rule.
    if (now_.of == alarm_class::life_safety || now_.parameters.size() > 1 || !one_in(3)) return l;
    const std::string name = "p" + std::to_string(now_.parameters.size());
    const double add = one_in(2) ? 0 : 0.25;
    l.param = name;
    l.offset = add;
    const double value = rounded(l.value - add);
    if (value <= f.least || value >= f.most) return l.param.clear(), l.offset = 0, l;
    now_.parameters.push_back({name, value, value, value, std::string{f.unit}});
    return l;
}

} // namespace anban::fuzz
