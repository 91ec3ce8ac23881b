#include "rules/prover/prover.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "rules/prover/delays.hpp"
#include "rules/prover/faults.hpp"
#include "rules/prover/memory.hpp"

namespace anban::prover {
namespace {

using language::effective_rule;
using rule_of = std::pair<rule_id, subject>;
using named_rules = std::map<rule_of, named_rule>;

[[nodiscard]] const std::optional<delay>& longer(const std::optional<delay>& a, const std::optional<delay>& b) {
    return b->total() > a->total() ? b : a;
}

// How the rule begins and ends for another one that names it. What has begun stays active while its condition
// is unknown, so its beginning is steady.
[[nodiscard]] named_rule as_named(const effective_rule& e, const installation& where, const rule_lookup& rules) {
    const algebra worst{e.rule.when, e.who, where, rules};
    const auto root = e.rule.when.nodes.size() - 1;
    named_rule n;
    if (language::is_event(e.rule.when.root().kind)) {
        auto l = worst.event(root);
        n.active = {.first = l.known, .steady = l.known, .impossible = l.impossible, .why = l.why};
        n.over.why = {fmt::format("报警 {} 只能由人结束", e.rule.id.str()),
                      fmt::format("only a person ends alarm {}", e.rule.id.str())};
        return n;
    }
    n.active = worst.state(root, true);
    n.active.steady = n.active.first;
    n.over = worst.state(root, false);
    if (e.rule.clear.empty()) return n;
    const algebra clear{e.rule.clear, e.who, where, rules};
    const auto cleared = clear.state(e.rule.clear.nodes.size() - 1, true);
    if (!n.over.steady) return n;
    if (!cleared.steady || cleared.impossible) {
        n.over = cleared;
        n.over.first.reset();
    } else {
        n.over.first = n.over.steady = longer(n.over.steady, cleared.steady);
    }
    return n;
}

[[nodiscard]] delay delivered(delay d, lane l) {
    d.terms.push_back({term::kind::evaluation, evaluation_takes, {}, {}});
    d.terms.push_back({term::kind::commit, commit_takes, {}, {}});
    d.terms.push_back({term::kind::delivery, delivery(l), {}, {}});
    return d;
}

void judge_bound(rule_proof& p, const effective_rule& e, const reach& r) {
    const bool built_in = e.rule.pack.empty();
    if (r.impossible) {
        p.findings.push_back(
            {finding::kind::missing,
             !built_in,
             {"在此不会触发：" + r.why.zh, "can't fire here: " + r.why.en},
             {"安装相应设备，或从计划中去掉该规则", "install the device, or leave the rule out of the plan"}});
        return;
    }
    if (!r.first) {
        p.findings.push_back({finding::kind::unbounded,
                              true,
                              {"无法给出最坏情况：" + r.why.zh, "no worst case can be given: " + r.why.en},
                              {"让设备更频繁上报并登记，或修改规则",
                               "let the device report more often and declare it, or change the rule"}});
        return;
    }
    p.told = delivered(*r.first, lane_of(e.rule.of));
    if (e.rule.hold.count() > 0) {
        auto held = *r.first;
        held.terms.push_back({term::kind::hold, e.rule.hold, {}, {}});
        p.confirmed = delivered(std::move(held), lane_of(e.rule.of));
    }
    if (!e.rule.detect_within || p.told->total() <= *e.rule.detect_within) return;
    p.findings.push_back(
        {finding::kind::too_slow,
         true,
         {fmt::format("最迟 {} 才上报，而承诺为 {}", in_words(p.told->total()), in_words(*e.rule.detect_within)),
          fmt::format("is told up to {} late, but promises {}", in_words(p.told->total()),
                      in_words(*e.rule.detect_within))},
         {"让最慢的设备更频繁上报并登记，或放宽承诺",
          "let the slowest device report more often and declare it, or promise less"}});
}

[[nodiscard]] rule_proof prove_one(const effective_rule& e, const installation& where, const rule_lookup& rules) {
    rule_proof p{.rule = e.rule.id,
                 .pack = e.rule.pack,
                 .title_zh = e.rule.title_zh,
                 .title_en = e.rule.title_en,
                 .who = e.who,
                 .of = e.rule.of,
                 .feeds = feeds_of(e, where),
                 .told = {},
                 .confirmed = {},
                 .detect_within = e.rule.detect_within,
                 .memory_bytes = memory_bound(e.rule),
                 .findings = {}};
    if (e.rule.when.empty()) return p;
    const auto root = e.rule.when.nodes.size() - 1;
    const algebra worst{e.rule.when, e.who, where, rules};
    const auto add = [&](auto&& found) {
        for (const auto& f : found) p.findings.push_back(f);
    };
    const auto contradicts = contradiction(e, where);
    if (contradicts) p.findings.push_back(*contradicts);
    if (!contradicts || !contradicts->refused) {
        if (language::is_event(e.rule.when.root().kind)) {
            auto l = worst.event(root);
            judge_bound(p, e, {.first = l.known, .steady = l.known, .impossible = l.impossible, .why = l.why});
        } else {
            judge_bound(p, e, worst.state(root, true));
        }
        if (p.told) add(blind_sides(e, worst, where));
        add(unsampled(e, where));
    }
    if (const auto f = never_clears(e, where, rules)) p.findings.push_back(*f);
    if (const auto f = shared_absence(e, where)) p.findings.push_back(*f);
    return p;
}

// Of two that say the same, the later one is the hidden one.
void find_hidden(proof& all, const language::effective_rules& rules, const installation& where) {
    for (std::size_t b = 0; b < all.rules.size(); ++b) {
        if (!all.rules[b].told) continue;
        for (std::size_t a = 0; a < all.rules.size(); ++a) {
            if (a == b || !all.rules[a].told) continue;
            const auto f = hidden_by(rules.rules[b], rules.rules[a], where);
            if (!f) continue;
            if (a > b && !f->refused && hidden_by(rules.rules[a], rules.rules[b], where)) continue;
            all.rules[b].findings.push_back(*f);
        }
    }
}

} // namespace

proof prove(const language::effective_rules& rules, const installation& where) {
    named_rules known;
    proof all;
    for (const auto& e : rules.rules) {
        const rule_lookup named = [&](const rule_id& id) -> std::optional<named_rule> {
            for (const auto& who : {e.who, subject{}}) {
                const auto found = known.find({id, who});
                if (found != known.end()) return found->second;
            }
            return std::nullopt;
        };
        all.rules.push_back(prove_one(e, where, named));
        if (!e.rule.when.empty()) known.emplace(rule_of{e.rule.id, e.who}, as_named(e, where, named));
    }
    find_hidden(all, rules, where);
    return all;
}

language::effective_rules with_calls(language::effective_rules rules) {
    std::vector<effective_rule> all;
    for (const auto& r : language::built_in_rules()) {
        if (r.hold.count() == 0) all.push_back({.rule = r, .who = {}, .origins = {}});
    }
    std::ranges::move(rules.rules, std::back_inserter(all));
    rules.rules = std::move(all);
    return rules;
}

} // namespace anban::prover
