#include "rules/prover/faults.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "rules/language/pack.hpp"

namespace anban::prover {
namespace {

using language::effective_rule;
using language::expression;
using language::node;
using language::node_kind;

[[nodiscard]] bool watches(node_kind k) {
    switch (k) {
    case node_kind::compare:
    case node_kind::is:
    case node_kind::last_in:
    case node_kind::absent:
    case node_kind::unheard:
    case node_kind::window:
    case node_kind::occurs: return true;
    default: return false;
    }
}

void collect(const expression& from, bool needed, const effective_rule& e, const installation& where,
             std::vector<feed>& out) {
    for (const auto& n : from.nodes) {
        if (!watches(n.kind)) continue;
        std::vector<language::watched> inputs{n.what};
        if (n.what.what == signal::news2 || n.what.what == signal::news2_single) {
            inputs.clear();
            for (const auto& i : score_inputs()) inputs.push_back({i.what, n.what.from});
        }
        // Where somebody was last seen is a question to all rooms.
        if (n.kind == node_kind::last_in) inputs.front().from = {};
        for (const auto& what : inputs) {
            feed f{.signal = in_words(what), .devices = {}, .needed = needed};
            for (const auto& s : sources_of(what, e.who, where))
                if (std::ranges::find(f.devices, s.device->id) == f.devices.end())
                    f.devices.push_back(s.device->id);
            const auto known = std::ranges::find(out, f.signal, &feed::signal);
            if (known == out.end())
                out.push_back(std::move(f));
            else
                known->needed = known->needed || needed;
        }
    }
}

[[nodiscard]] std::chrono::nanoseconds longest_interval(const node& n, const effective_rule& e,
                                                        const installation& where) {
    std::chrono::nanoseconds longest{0};
    for (const auto& s : sources_of(n.what, e.who, where))
        if (facts_of(s.what).kind != signal_kind::momentary) longest = std::max(longest, s.interval());
    return longest;
}

// The devices of no resident among the sources: what they miss may be another resident.
[[nodiscard]] bool sees_others(const node& n, const effective_rule& e, const installation& where) {
    return std::ranges::any_of(sources_of(n.what, e.who, where),
                               [&](const source& s) { return s.device->who != e.who; });
}

[[nodiscard]] bool shows_a_person(signal s) {
    const auto& facts = facts_of(s);
    return facts.shows != activity_kind::none || facts.kind == signal_kind::momentary || s == signal::water_use;
}

[[nodiscard]] bool downward(const node& n, bool want) {
    const bool less = n.how == language::comparison::less || n.how == language::comparison::less_equal;
    return less == want;
}

// The node that misses something in shared rooms on its way to being `want`.
[[nodiscard]] const node* misses(const expression& in, std::size_t index, bool want, const effective_rule& e,
                                 const installation& where) {
    const auto& n = in.nodes[index];
    const auto watched = [&](bool absence) -> const node* {
        return absence && shows_a_person(n.what.what) && sees_others(n, e, where) ? &n : nullptr;
    };
    const auto children = [&](bool w) -> const node* {
        for (const auto c : {n.a, n.b}) {
            if (c == language::no_child) continue;
            if (const auto* found = misses(in, c, w, e, where)) return found;
        }
        return nullptr;
    };
    switch (n.kind) {
    case node_kind::absent: return watched(want);
    case node_kind::is:
        return watched(n.wanted != want && facts_of(n.what.what).shows == activity_kind::while_true);
    case node_kind::window:
        return watched(downward(n, want) &&
                       (n.over == language::window_function::sum || n.over == language::window_function::count));
    case node_kind::occurs: return watched(!want);
    case node_kind::negate: return children(!want);
    case node_kind::becomes: return misses(in, n.a, n.wanted == want, e, where);
    case node_kind::counted: return misses(in, n.a, !downward(n, want), e, where);
    case node_kind::alone: {
        const auto* found = misses(in, n.a, want, e, where);
        return found != nullptr ? found : misses(in, n.b, !want, e, where);
    }
    default: return children(want);
    }
}

[[nodiscard]] wording named(const effective_rule& e) {
    return {fmt::format("规则 {}", e.rule.id.str()), fmt::format("rule {}", e.rule.id.str())};
}

} // namespace

std::vector<feed> feeds_of(const effective_rule& e, const installation& where) {
    std::vector<feed> out;
    collect(e.rule.when, true, e, where, out);
    collect(e.rule.clear, false, e, where, out);
    for (const auto& u : e.rule.unless) collect(u, false, e, where, out);
    return out;
}

std::optional<finding> contradiction(const effective_rule& e, const installation& where) {
    const setting in{e.rule.when, e.who, where};
    if (e.rule.when.empty()) return std::nullopt;
    const auto root = e.rule.when.nodes.size() - 1;
    if (!possible(in, root, true)) {
        return finding{
            finding::kind::never,
            true,
            {"永远不会触发：条件自相矛盾，或超出可测量的范围",
             "can never fire: its condition contradicts itself or lies outside of what can be measured"},
            {"修改规则的条件或计划中的数值", "mend the rule's condition or the plan's numbers"}};
    }
    if (!language::is_event(e.rule.when.root().kind) && !possible(in, root, false)) {
        return finding{finding::kind::always,
                       false,
                       {"任何读数都会触发", "is true of whatever is reported"},
                       {"修改规则的条件或计划中的数值", "mend the rule's condition or the plan's numbers"}};
    }
    return std::nullopt;
}

std::vector<finding> blind_sides(const effective_rule& e, const algebra& worst, const installation& where) {
    std::vector<finding> found;
    const setting in{e.rule.when, e.who, where};
    for (const auto& n : e.rule.when.nodes) {
        if (n.kind != node_kind::either && n.kind != node_kind::one_of) continue;
        for (const auto side : {n.a, n.b}) {
            const bool event = language::is_event(e.rule.when.nodes[side].kind);
            const auto s = event ? reach{} : worst.state(side, true);
            const auto l = event ? worst.event(side) : latency{};
            wording why = event ? l.why : s.why;
            bool blind = event ? l.impossible : s.impossible;
            if (!blind && !possible(in, side, true)) {
                blind = true;
                why = {"其中一个条件自相矛盾", "one side contradicts itself"};
            }
            if (!blind) continue;
            found.push_back(
                {finding::kind::partly_blind,
                 false,
                 {"`or` 的一侧在此不会发生：" + why.zh, "one side of an `or` can't happen here: " + why.en},
                 {"安装相应设备，或去掉这一侧", "install the device, or leave that side out"}});
        }
    }
    return found;
}

std::vector<finding> unsampled(const effective_rule& e, const installation& where) {
    std::vector<finding> found;
    const auto& nodes = e.rule.when.nodes;
    const auto tell = [&](const node& n, std::chrono::nanoseconds duration, const char* en, const char* zh) {
        const auto interval = longest_interval(n, e, where);
        if (interval <= duration) return;
        const auto words = in_words(n.what);
        found.push_back(
            {finding::kind::unsampled,
             false,
             {fmt::format("{} 的上报间隔可达 {}，{} {}", words, in_words(interval), zh, in_words(duration)),
              fmt::format("{} may be reported every {} only, {} {}", words, in_words(interval), en,
                          in_words(duration))},
             {"让设备更频繁上报并登记，或采用更长的时间",
              "let the device report more often and declare it, or take a longer time"}});
    };
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const auto& n = nodes[i];
        const bool quantity = watches(n.kind) && facts_of(n.what.what).kind == signal_kind::quantity;
        if (n.kind == node_kind::unheard || (n.kind == node_kind::absent && quantity))
            tell(n, n.lasting, "so that it seems absent without cause for", "会无故显得缺失，规定时间为");
        if (n.kind != node_kind::lasts) continue;
        const auto& a = nodes[n.a];
        const bool sampled = a.kind == node_kind::compare;
        if (sampled) tell(a, n.lasting, "so that a single reading may stand for", "单个读数即可代表");
    }
    return found;
}

std::optional<finding> never_clears(const effective_rule& e, const installation& where, const rule_lookup& rules) {
    if (e.rule.clear.empty()) return std::nullopt;
    const auto root = e.rule.clear.nodes.size() - 1;
    const algebra over{e.rule.clear, e.who, where, rules};
    const auto r = over.state(root, true);
    wording why = r.why;
    if (!possible({e.rule.clear, e.who, where}, root, true))
        why = {"`clear` 自相矛盾，或超出可测量的范围",
               "`clear` contradicts itself or lies outside of what can be measured"};
    else if (!r.impossible)
        return std::nullopt;
    return finding{finding::kind::never_clears,
                   false,
                   {"不会自行解除：" + why.zh, "never clears by itself: " + why.en},
                   {"修改 `clear`，或安装相应设备", "mend `clear`, or install the device"}};
}

std::optional<finding> shared_absence(const effective_rule& e, const installation& where) {
    if (!where.shared() || e.who.of != subject::kind::resident || e.rule.when.empty()) return std::nullopt;
    for (const auto& plan : where.plans)
        if (plan.who.str() == e.who.id && plan.shared_absence_accepted) return std::nullopt;
    const auto* n = misses(e.rule.when, e.rule.when.nodes.size() - 1, true, e, where);
    if (n == nullptr) return std::nullopt;
    const auto words = in_words(n->what);
    return finding{finding::kind::shared_absence,
                   true,
                   {fmt::format("依据 {} 的缺失来判断，而其他住户也会触发它", words),
                    fmt::format("waits for the absence of {}, which other residents may cause", words)},
                   {"改用本人的设备（`own`），或在计划中书面接受",
                    "use the resident's own devices (`own`), or accept it in writing in the plan"}};
}

std::optional<finding> hidden_by(const effective_rule& b, const effective_rule& a, const installation& where) {
    if (a.who != b.who || a.rule.id == b.rule.id) return std::nullopt;
    if (!implies({b.rule.when, b.who, where}, {a.rule.when, a.who, where})) return std::nullopt;
    const auto other = named(a);
    const bool holds = std::ranges::find(b.rule.inhibited_by, a.rule.id) != b.rule.inhibited_by.end() &&
                       a.rule.inhibited_by.empty() && b.rule.of != alarm_class::life_safety;
    if (holds) {
        return finding{
            finding::kind::always_held,
            true,
            {fmt::format("永远不会上报：每当它要触发时，{}已经生效并抑制它", other.zh),
             fmt::format("is never told: whenever it would begin, {} is active and holds it down", other.en)},
            {"去掉该规则或其 `inhibited by`", "leave the rule or its `inhibited by` out"}};
    }
    // A graver one that follows is no repetition: it is how a matter gets worse.
    if (b.rule.of < a.rule.of || b.rule.urgency < a.rule.urgency) return std::nullopt;
    return finding{
        finding::kind::hidden,
        false,
        {fmt::format("没有新内容：{}总是先上报", other.zh),
         fmt::format("tells nothing new: {} is always told first", other.en)},
        {"去掉其中之一，或提高它的优先级", "leave one of the two out, or give this one a higher priority"}};
}

} // namespace anban::prover
