#include "rules/prover/claims.hpp"

#include <algorithm>
#include <bitset>
#include <limits>

#include "rules/limits.hpp"

namespace anban::prover {
namespace {

using language::comparison;
using language::node;
using language::node_kind;
using language::window_function;
using std::chrono::minutes;
using std::chrono::nanoseconds;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t minutes_a_day = 24 * 60;
using day = std::bitset<minutes_a_day>;

// Of numbers; both ends may or may not belong to it.
struct span {
    double least = -infinity;
    double most = infinity;
    bool with_least = true;
    bool with_most = true;

    [[nodiscard]] bool empty() const { return least > most || (least == most && !(with_least && with_most)); }
    [[nodiscard]] span cut(const span& o) const {
        span s = *this;
        if (o.least > s.least || (o.least == s.least && !o.with_least))
            s.least = o.least, s.with_least = o.with_least;
        if (o.most < s.most || (o.most == s.most && !o.with_most)) s.most = o.most, s.with_most = o.with_most;
        return s;
    }
    [[nodiscard]] bool inside(const span& o) const {
        const bool low = least > o.least || (least == o.least && (o.with_least || !with_least));
        const bool high = most < o.most || (most == o.most && (o.with_most || !with_most));
        return empty() || (low && high);
    }
};

[[nodiscard]] bool numeric(const node& n) {
    return (n.kind == node_kind::compare || n.kind == node_kind::window || n.kind == node_kind::counted) &&
           !n.against.of_baseline;
}

[[nodiscard]] span values(const node& n, bool wanted) {
    const double v = n.against.value;
    const bool less = n.how == comparison::less || n.how == comparison::less_equal;
    const bool with = (n.how == comparison::less_equal || n.how == comparison::greater_equal) == wanted;
    if (less == wanted) return {-infinity, v, true, with};
    return {v, infinity, with, true};
}

[[nodiscard]] span range(const node& n) {
    const auto& facts = facts_of(n.what.what);
    if (n.kind == node_kind::counted) return {0, infinity};
    if (n.kind == node_kind::compare) return {facts.least, facts.most};
    switch (n.over) {
    case window_function::mean:
    case window_function::least:
    case window_function::most: return {facts.least, facts.most};
    case window_function::count:
        return {static_cast<double>(std::max<std::uint16_t>(1, n.from_readings)), infinity};
    case window_function::sum: return {facts.least >= 0 ? 0 : -infinity, infinity};
    case window_function::rate: break;
    }
    return {};
}

[[nodiscard]] bool same_tree(const language::expression& x, std::size_t a, const language::expression& y,
                             std::size_t b) {
    node p = x.nodes[a];
    node q = y.nodes[b];
    const auto children = [&](std::uint8_t c, std::uint8_t d) {
        if (c == language::no_child || d == language::no_child) return c == d;
        return same_tree(x, c, y, d);
    };
    if (!children(p.a, q.a) || !children(p.b, q.b)) return false;
    p.a = q.a, p.b = q.b, p.at = q.at;
    p.lasting_param = q.lasting_param; // only the number counts
    p.against.param = q.against.param;
    p.against.offset = q.against.offset;
    return p == q;
}

// The same quantity at the same moment: one range can be laid on the other.
[[nodiscard]] bool same_quantity(const setting& x, const node& p, std::size_t a, const setting& y, const node& q,
                                 std::size_t b) {
    if (p.kind != q.kind || !numeric(p) || !numeric(q)) return false;
    if (p.kind == node_kind::counted)
        return p.lasting == q.lasting && same_tree(x.of, x.of.nodes[a].a, y.of, y.of.nodes[b].a);
    if (p.what.what != q.what.what) return false;
    if (p.kind == node_kind::window &&
        (p.over != q.over || p.lasting != q.lasting || p.from_readings != q.from_readings))
        return false;
    return p.what == q.what || sources_of(p.what, x.who, x.where) == sources_of(q.what, y.who, y.where);
}

[[nodiscard]] day minutes_of(const node& n, bool wanted) {
    day d;
    for (std::size_t m = n.span.from; m != n.span.to; m = (m + 1) % minutes_a_day) d.set(m);
    return wanted ? d : ~d;
}

[[nodiscard]] minutes longest_run(const day& d) {
    if (d.all()) return minutes{minutes_a_day * 366 * 1000};
    long run = 0;
    long longest = 0;
    for (std::size_t i = 0; i < 2 * minutes_a_day; ++i) {
        run = d.test(i % minutes_a_day) ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    return minutes{longest};
}

// Some stretch of the day lies in all the spans and is longer than each claim must last.
[[nodiscard]] bool some_time_of_day(const setting& in, const claims& all) {
    for (const auto& c : all) {
        if (in.of.nodes[c.node].kind != node_kind::during) continue;
        day d = ~day{};
        for (const auto& o : all)
            if (in.of.nodes[o.node].kind == node_kind::during && o.lasting >= c.lasting)
                d &= minutes_of(in.of.nodes[o.node], o.wanted);
        // A night in which the clock is put back is an hour longer.
        const auto run = longest_run(d) + (d.any() && in.where.zone.size() > 1 ? minutes{60} : minutes{0});
        if (run <= c.lasting) return false;
    }
    return true;
}

// A state claim's truth of a boolean signal, where it claims one.
[[nodiscard]] std::optional<bool> boolean_claim(const node& n, bool wanted) {
    if (n.kind == node_kind::is) return n.wanted == wanted;
    // No motion for so long: not true now.
    if (n.kind == node_kind::absent && wanted && facts_of(n.what.what).kind == signal_kind::boolean) return false;
    return std::nullopt;
}

[[nodiscard]] bool within(const std::vector<source>& few, const std::vector<source>& many) {
    return std::ranges::all_of(few, [&](const source& s) { return std::ranges::find(many, s) != many.end(); });
}

[[nodiscard]] bool contradict(const setting& in, const claim& c, const claim& d) {
    const auto& p = in.of.nodes[c.node];
    const auto& q = in.of.nodes[d.node];
    if (same_quantity(in, p, c.node, in, q, d.node) &&
        values(p, c.wanted).cut(values(q, d.wanted)).cut(range(p)).empty())
        return true;
    if (c.wanted != d.wanted && p.kind == q.kind && same_tree(in.of, c.node, in.of, d.node)) return true;
    if (p.kind == node_kind::last_in && q.kind == node_kind::last_in && c.wanted && d.wanted &&
        p.what.what == q.what.what && p.what.from.room != q.what.from.room)
        return true;
    const auto x = boolean_claim(p, c.wanted);
    const auto y = boolean_claim(q, d.wanted);
    if (!x || !y || *x == *y || p.what.what != q.what.what) return false;
    // "True" needs one source, "false" is said of all of its own.
    const auto yes = sources_of((*x ? p : q).what, in.who, in.where);
    const auto no = sources_of((*x ? q : p).what, in.who, in.where);
    return p.what == q.what || (!yes.empty() && within(yes, no));
}

[[nodiscard]] bool consistent(const setting& in, const claims& all) {
    for (const auto& c : all) {
        const auto& n = in.of.nodes[c.node];
        if (numeric(n) && values(n, c.wanted).cut(range(n)).empty()) return false;
        if (n.kind == node_kind::counted && c.wanted && !values(n, true).cut({0, infinity}).empty() &&
            values(n, true).cut({0, 0}).empty() && !possible(in, n.a, true))
            return false;
        for (const auto& d : all)
            if (&d > &c && contradict(in, c, d)) return false;
    }
    return some_time_of_day(in, all);
}

using way_list = std::optional<std::vector<claims>>;

[[nodiscard]] way_list joined(way_list a, way_list b) {
    if (!a || !b || a->size() + b->size() > limits::prover_ways) return std::nullopt;
    a->insert(a->end(), b->begin(), b->end());
    return a;
}

[[nodiscard]] way_list crossed(const way_list& a, const way_list& b) {
    if (!a || !b || a->size() * b->size() > limits::prover_ways) return std::nullopt;
    std::vector<claims> all;
    for (const auto& x : *a) {
        for (const auto& y : *b) {
            all.push_back(x);
            all.back().insert(all.back().end(), y.begin(), y.end());
        }
    }
    return all;
}

// `(x or y) for D` may be x at first and y then. To find out what is possible or what follows, each way says
// only that its side is so now (`weak`); to find out what it follows from, that its side was so all the time.
enum class reading_of { weak, strong };

[[nodiscard]] way_list taken_apart(const setting& in, std::size_t index, bool want, nanoseconds lasting,
                                   reading_of how) {
    const auto& n = in.of.nodes[index];
    const auto part = [&](std::size_t child, bool w) { return taken_apart(in, child, w, lasting, how); };
    const auto side = [&](std::size_t child, bool w) {
        return taken_apart(in, child, w, how == reading_of::weak ? nanoseconds{0} : lasting, how);
    };
    const std::vector<claims> true_at_least_once{claims{}};
    switch (n.kind) {
    case node_kind::both:
    case node_kind::either:
        return (n.kind == node_kind::both) == want ? crossed(part(n.a, want), part(n.b, want))
                                                   : joined(side(n.a, want), side(n.b, want));
    case node_kind::negate: return part(n.a, !want);
    case node_kind::lasts:
        if (want) return taken_apart(in, n.a, true, lasting + n.lasting, how);
        break;
    case node_kind::becomes: return taken_apart(in, n.a, n.wanted, nanoseconds{0}, how);
    case node_kind::one_of: return joined(part(n.a, true), part(n.b, true));
    case node_kind::followed:
        if (!possible(in, n.a, true)) return std::vector<claims>{};
        return part(n.b, true);
    case node_kind::alone: return possible(in, n.a, true) ? true_at_least_once : std::vector<claims>{};
    case node_kind::at_time_of: return crossed(part(n.a, true), part(n.b, true));
    default: break;
    }
    return std::vector<claims>{{claim{index, want, lasting}}};
}

// `c` of `b` says at least what `d` of `a` says.
[[nodiscard]] bool says(const setting& b, const claim& c, const setting& a, const claim& d) {
    if (c.lasting < d.lasting) return false;
    const auto& p = b.of.nodes[c.node];
    const auto& q = a.of.nodes[d.node];
    if (same_quantity(b, p, c.node, a, q, d.node))
        return values(p, c.wanted).cut(range(p)).inside(values(q, d.wanted));
    if (p.kind == q.kind && p.kind == node_kind::during)
        return (minutes_of(p, c.wanted) & ~minutes_of(q, d.wanted)).none();
    if (p.kind == q.kind && (p.kind == node_kind::absent || p.kind == node_kind::unheard) && p.what == q.what &&
        c.wanted == d.wanted)
        return c.wanted ? p.lasting >= q.lasting : p.lasting <= q.lasting;
    if (p.kind == node_kind::is && q.kind == node_kind::is && p.what == q.what)
        return (p.wanted == c.wanted) == (q.wanted == d.wanted);
    return c.wanted == d.wanted && same_tree(b.of, c.node, a.of, d.node);
}

[[nodiscard]] bool event_implies(const setting& b, std::size_t i, const setting& a, std::size_t j) {
    const auto& p = b.of.nodes[i];
    const auto& q = a.of.nodes[j];
    if (same_tree(b.of, i, a.of, j)) return true;
    if (p.kind == node_kind::one_of) return event_implies(b, p.a, a, j) && event_implies(b, p.b, a, j);
    if (q.kind == node_kind::one_of) return event_implies(b, i, a, q.a) || event_implies(b, i, a, q.b);
    if (p.kind == node_kind::at_time_of) return event_implies(b, p.a, a, j);
    if (p.kind == node_kind::followed) return event_implies(b, p.b, a, j);
    return false;
}

} // namespace

std::optional<std::vector<claims>> ways(const setting& in, std::size_t node, bool want) {
    auto all = taken_apart(in, node, want, nanoseconds{0}, reading_of::weak);
    if (all) std::erase_if(*all, [&](const claims& c) { return !consistent(in, c); });
    return all;
}

bool possible(const setting& in, std::size_t node, bool want) {
    const auto all = ways(in, node, want);
    return !all || !all->empty();
}

bool implies(const setting& b, const setting& a) {
    if (b.of.empty() || a.of.empty() ||
        language::is_event(b.of.root().kind) != language::is_event(a.of.root().kind))
        return false;
    const auto i = b.of.nodes.size() - 1;
    const auto j = a.of.nodes.size() - 1;
    if (language::is_event(b.of.root().kind)) return event_implies(b, i, a, j);
    const auto from = ways(b, i, true);
    const auto into = taken_apart(a, j, true, nanoseconds{0}, reading_of::strong);
    if (!from || !into || from->empty()) return false;
    return std::ranges::all_of(*from, [&](const claims& x) {
        return std::ranges::any_of(*into, [&](const claims& y) {
            return std::ranges::all_of(y, [&](const claim& d) {
                return std::ranges::any_of(x, [&](const claim& c) { return says(b, c, a, d); });
            });
        });
    });
}

} // namespace anban::prover
