// Makes a failing story as small as it goes while it still fails.
#include <algorithm>
#include <functional>

#include "tests/rules/reference/story.hpp"

namespace anban::reference {
namespace {

using language::expression;

// The part of an expression below one node, as an expression of its own.
expression part_of(const expression& e, std::size_t root) {
    expression part;
    std::function<std::uint8_t(std::size_t)> copy = [&](std::size_t index) {
        auto n = e.nodes[index];
        if (n.a != language::no_child) n.a = copy(n.a);
        if (n.b != language::no_child) n.b = copy(n.b);
        part.nodes.push_back(n);
        return static_cast<std::uint8_t>(part.nodes.size() - 1);
    };
    copy(root);
    return part;
}

// Takes the changed story if it still fails.
bool attempt(story& s, const std::function<void(story&)>& change) {
    auto smaller = s;
    change(smaller);
    if (!difference(smaller)) return false;
    s = std::move(smaller);
    return true;
}

bool drop_happenings(story& s) {
    bool any = false;
    for (std::size_t length = std::max<std::size_t>(s.happenings.size() / 2, 1);; length /= 2) {
        for (std::size_t at = 0; at + length <= s.happenings.size();) {
            const auto drop = [&](story& t) {
                const auto from = t.happenings.begin() + static_cast<std::ptrdiff_t>(at);
                t.happenings.erase(from, from + static_cast<std::ptrdiff_t>(length));
            };
            if (attempt(s, drop)) {
                any = true;
            } else {
                ++at;
            }
        }
        if (length <= 1) return any;
    }
}

bool drop_rules(story& s) {
    bool any = false;
    for (std::size_t at = 0; at < s.rules.rules.size();) {
        const auto drop = [&](story& t) {
            t.rules.rules.erase(t.rules.rules.begin() + static_cast<std::ptrdiff_t>(at));
            for (auto& h : t.happenings) {
                if (h.instance == at) h.instance = 99;
                if (h.instance > at && h.instance != 99) --h.instance;
            }
        };
        if (attempt(s, drop)) {
            any = true;
        } else {
            ++at;
        }
    }
    return any;
}

bool drop_parts(story& s) {
    bool any = false;
    for (std::size_t r = 0; r < s.rules.rules.size(); ++r) {
        const auto rule = [r](story& t) -> language::alarm_rule& { return t.rules.rules[r].rule; };
        while (!rule(s).unless.empty() && attempt(s, [&](story& t) { rule(t).unless.pop_back(); })) any = true;
        if (!rule(s).clear.empty() && attempt(s, [&](story& t) { rule(t).clear = {}; })) any = true;
        if (!rule(s).inhibited_by.empty() && attempt(s, [&](story& t) { rule(t).inhibited_by.clear(); }))
            any = true;
        for (std::size_t n = 0; n + 1 < rule(s).when.nodes.size(); ++n) {
            if (language::is_event(rule(s).when.nodes[n].kind) != language::is_event(rule(s).when.root().kind))
                continue;
            if (attempt(s, [&](story& t) { rule(t).when = part_of(rule(t).when, n); })) {
                any = true;
                n = 0;
            }
        }
    }
    for (std::size_t n = 0; n < s.happenings.size(); ++n) {
        if (s.happenings[n].age > std::chrono::seconds{0} &&
            attempt(s, [&](story& t) { t.happenings[n].age = std::chrono::seconds{0}; }))
            any = true;
        if (s.happenings[n].said.test && attempt(s, [&](story& t) { t.happenings[n].said.test = false; }))
            any = true;
    }
    if (s.in_small_steps && attempt(s, [](story& t) { t.in_small_steps = false; })) any = true;
    for (std::size_t n = 0; n < s.where.devices.size(); ++n) {
        const auto unused = std::ranges::none_of(
            s.happenings, [&](const happening& h) { return h.said.from.device == s.where.devices[n].id; });
        if (!unused) continue;
        if (attempt(s, [&](story& t) {
                t.where.devices.erase(t.where.devices.begin() + static_cast<std::ptrdiff_t>(n));
            })) {
            any = true;
            --n;
        }
    }
    return any;
}

} // namespace

story shrink(story s) {
    for (bool smaller = true; smaller;) {
        smaller = drop_happenings(s);
        smaller = drop_rules(s) || smaller;
        smaller = drop_parts(s) || smaller;
    }
    return s;
}

} // namespace anban::reference
