#include "rules/prover/reach.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "rules/ensure.hpp"
#include "rules/language/pack.hpp"
#include "rules/limits.hpp"

namespace anban::prover {
namespace {

using language::comparison;
using language::node;
using language::node_kind;
using language::window_function;
using std::chrono::nanoseconds;

constexpr nanoseconds none{0};

[[nodiscard]] bool momentary(const source& s) {
    return facts_of(s.what).kind == signal_kind::momentary;
}

[[nodiscard]] reach to(delay d) {
    return {.first = d, .steady = std::move(d), .impossible = false, .why = {}};
}

[[nodiscard]] delay with(delay d, term t) {
    if (t.amount != none) d.terms.push_back(std::move(t));
    return d;
}

[[nodiscard]] const std::optional<delay>& longer(const std::optional<delay>& a, const std::optional<delay>& b) {
    return b->total() > a->total() ? b : a;
}

// Report and repeats of the source for which they take longest together.
[[nodiscard]] delay slowest(const std::vector<source>& all, const std::string& of) {
    delay worst;
    nanoseconds most{-1};
    for (const auto& s : all) {
        if (s.wait() + s.radio() <= most) continue;
        most = s.wait() + s.radio();
        worst = with(with({}, {term::kind::report, s.wait(), of, s.device->id}),
                     {term::kind::radio, s.radio(), of, s.device->id});
    }
    return worst;
}

[[nodiscard]] delay longest_repeats(const std::vector<source>& all, const std::string& of) {
    const auto worst = std::ranges::max_element(all, {}, &source::radio);
    if (worst == all.end()) return {};
    return with({}, {term::kind::radio, worst->radio(), of, worst->device->id});
}

[[nodiscard]] nanoseconds longest_interval(const std::vector<source>& all) {
    nanoseconds longest = none;
    for (const auto& s : all)
        if (!momentary(s)) longest = std::max(longest, s.interval());
    return longest;
}

[[nodiscard]] bool upward(comparison how) {
    return how == comparison::greater || how == comparison::greater_equal;
}

// Readings that a window needs before it says anything.
[[nodiscard]] unsigned readings_needed(const node& n) {
    return std::max<unsigned>(n.from_readings, n.over == window_function::rate ? 2 : 1);
}

} // namespace

nanoseconds surely_reaches(nanoseconds lasting) noexcept {
    return lasting - lasting / limits::window_panes;
}

algebra::algebra(const language::expression& of, const subject& who, const installation& where, rule_lookup rules)
    : of_{of}, who_{who}, where_{where}, rules_{std::move(rules)} {}

reach algebra::lacks(const language::watched& what) const {
    const auto words = in_words(what);
    return {.first = {},
            .steady = {},
            .impossible = true,
            .why = {fmt::format("没有设备提供 {}", words), fmt::format("no device gives {}", words)}};
}

reach algebra::state(std::size_t index, bool want) const {
    ensure(index < of_.nodes.size());
    const auto& n = of_.nodes[index];
    switch (n.kind) {
    case node_kind::compare:
    case node_kind::is: return compared(n);
    case node_kind::last_in: return last_seen(n, want);
    case node_kind::absent: return absent(n, want);
    case node_kind::unheard: return unheard(n, want);
    case node_kind::window: return windowed(n, want);
    case node_kind::during: return to({});
    case node_kind::condition: {
        const auto named = rules_ ? rules_(n.other) : std::nullopt;
        if (!named) {
            const auto words = fmt::format("alarm {}", n.other.str());
            return {.first = {},
                    .steady = {},
                    .impossible = want,
                    .why = {fmt::format("这里没有 {}", words), fmt::format("there is no {} here", words)}};
        }
        return want ? named->active : named->over;
    }
    case node_kind::both: return want ? all_of(n, want) : any_of(n, want);
    case node_kind::either: return want ? any_of(n, want) : all_of(n, want);
    case node_kind::negate: return state(n.a, !want);
    case node_kind::lasts: return lasting(n, want);
    case node_kind::counted: return counted(n, want);
    default: ensure(false); return {};
    }
}

// The world's value changes between two reports at the latest moment that the promise allows: right after one.
reach algebra::compared(const node& n) const {
    const auto all = sources(n.what);
    if (all.empty()) return lacks(n.what);
    auto r = to(slowest(all, in_words(n.what)));
    if (n.what.what == signal::news2 || n.what.what == signal::news2_single) {
        for (const auto& input : score_inputs()) {
            std::vector<source> givers;
            std::ranges::copy_if(all, std::back_inserter(givers),
                                 [&](const source& s) { return s.what == input.what; });
            if (givers.empty()) {
                if (n.what.what == signal::news2) return lacks({input.what, n.what.from});
                continue;
            }
            if (longest_interval(givers) <= input.fresh_for) continue;
            r.steady.reset();
            if (n.what.what == signal::news2) r.first.reset();
            const auto name = name_of(input.what);
            r.why = {fmt::format("{} 只在 {} 内有效，而上报间隔可达 {}", name, in_words(input.fresh_for),
                                 in_words(longest_interval(givers))),
                     fmt::format("{} counts for {} only and may be reported every {}", name,
                                 in_words(input.fresh_for), in_words(longest_interval(givers)))};
        }
    }
    return r;
}

// The newest report from the room (or from any other one). What another room's device measured before may
// arrive as late as its repeats allow.
reach algebra::last_seen(const node& n, bool want) const {
    const auto all = sources({n.what.what, {}}); // of the plain selector
    if (all.empty()) return lacks(n.what);
    std::vector<source> there;
    std::ranges::copy_if(all, std::back_inserter(there),
                         [&](const source& s) { return (s.device->room == n.what.from.room) == want; });
    const auto words = in_words(n.what);
    if (there.empty()) {
        return {.first = {},
                .steady = {},
                .impossible = true,
                .why = {fmt::format("{}{}没有设备提供 {}", n.what.from.room.str(), want ? "内" : "外",
                                    name_of(n.what.what)),
                        fmt::format("no device gives {} {} {}", name_of(n.what.what), want ? "in" : "outside of",
                                    n.what.from.room.str())}};
    }
    const auto repeats = longest_repeats(all, words);
    delay worst;
    const auto longest = std::ranges::max_element(there, {}, &source::wait);
    worst = with({}, {term::kind::report, longest->wait(), words, longest->device->id});
    for (const auto& t : repeats.terms) worst.terms.push_back(t);
    return to(worst);
}

// What was true right before it ended is reported false one interval later, and only then the time begins.
reach algebra::absent(const node& n, bool want) const {
    const auto all = sources(n.what);
    if (all.empty()) return lacks(n.what);
    const auto words = in_words(n.what);
    if (!want) return seen_again(n, all);
    std::vector<source> held; // a quantity or an event counts at its own moment only: the last one begins the time
    std::ranges::copy_if(all, std::back_inserter(held),
                         [](const source& s) { return facts_of(s.what).kind == signal_kind::boolean; });
    const auto ended = slowest(held, words);
    const auto late = longest_repeats(all, words);
    return to(with(late.total() > ended.total() ? late : ended, {term::kind::absence, n.lasting, words, {}}));
}

reach algebra::unheard(const node& n, bool want) const {
    const auto all = sources(n.what);
    if (all.empty()) return lacks(n.what);
    const auto words = in_words(n.what);
    if (want) return to(with(longest_repeats(all, words), {term::kind::absence, n.lasting, words, {}}));
    return seen_again(n, all);
}

// A reading ends the absence for so long only: one that comes less often lets it come and go.
reach algebra::seen_again(const node& n, const std::vector<source>& all) const {
    const auto words = in_words(n.what);
    auto r = to(slowest(all, words));
    const bool holds = n.kind == node_kind::absent && std::ranges::any_of(all, [](const source& s) {
                           return facts_of(s.what).kind == signal_kind::boolean;
                       });
    if (!holds && longest_interval(all) > n.lasting) {
        r.steady.reset();
        r.why = {fmt::format("{} 的上报间隔可达 {}", words, in_words(longest_interval(all))),
                 fmt::format("{} may be reported every {} only", words, in_words(longest_interval(all)))};
    }
    return r;
}

// Step change: until nothing older is in the window, or, where one reading is enough to turn it (least below,
// most above), until that is there. Sums and counts: see the README for what counts as the change.
reach algebra::windowed(const node& n, bool want) const {
    const auto all = sources(n.what);
    if (all.empty()) return lacks(n.what);
    const auto words = in_words(n.what);
    const auto interval = longest_interval(all);
    const unsigned needed = readings_needed(n);
    const bool full = interval * needed <= surely_reaches(n.lasting); // the window always holds enough
    const bool up = upward(n.how) == want;
    const auto repeats = longest_repeats(all, words);
    const auto report = slowest(all, words);
    const auto whole = with(repeats, {term::kind::window, n.lasting, words, {}});

    delay worst = whole;
    if (n.over == window_function::count && up) worst = repeats;
    if (n.over == window_function::sum)
        worst = up ? report : with(report, {term::kind::window, n.lasting, words, {}});
    const bool one_turns_it = (n.over == window_function::most && up) || (n.over == window_function::least && !up);
    if (one_turns_it) worst = report;
    if (full || interval == none) return to(worst);

    wording why{fmt::format("{} 的上报间隔可达 {}：{} 的窗口只能保证有 {} 个读数，而需要 {} 个", words,
                            in_words(interval), in_words(n.lasting), surely_reaches(n.lasting) / interval, needed),
                fmt::format("{} may be reported every {}: a window of {} surely holds {} of the {} readings that "
                            "it needs",
                            words, in_words(interval), in_words(n.lasting), surely_reaches(n.lasting) / interval,
                            needed)};
    if (needed > 1 || (n.over == window_function::sum && up))
        return {.first = {}, .steady = {}, .impossible = false, .why = std::move(why)};
    // One reading alone in its window: the next one in a later pane than the change.
    const auto alone = with(report, {term::kind::pane, n.lasting / limits::window_panes, words, {}});
    if (!one_turns_it && n.over != window_function::sum && n.over != window_function::count &&
        alone.total() > worst.total())
        worst = alone;
    return {.first = std::move(worst), .steady = {}, .impossible = false, .why = std::move(why)};
}

reach algebra::counted(const node& n, bool want) const {
    const auto e = event(n.a);
    if (upward(n.how) == want) {
        if (!e.known) return {.first = {}, .steady = {}, .impossible = e.impossible, .why = e.why};
        if (e.known->total() < surely_reaches(n.lasting) || n.against.value <= 1) return to(*e.known);
        return {
            .first = {},
            .steady = {},
            .impossible = false,
            .why = {fmt::format("事件可能 {} 后才得知，超过了 {} 的窗口", in_words(e.known->total()),
                                in_words(n.lasting)),
                    fmt::format("an occurrence may be known {} late only, more than its window of {} reaches back",
                                in_words(e.known->total()), in_words(n.lasting))}};
    }
    if (e.impossible) return to({}); // it never happens: few from the beginning
    if (!e.known) return {.first = {}, .steady = {}, .impossible = false, .why = e.why};
    return to(with(*e.known, {term::kind::window, n.lasting, "count", {}}));
}

reach algebra::lasting(const node& n, bool want) const {
    const auto r = state(n.a, want);
    if (!want) return r;
    if (r.steady) return to(with(*r.steady, {term::kind::lasting, n.lasting, "for", {}}));
    return {.first = {}, .steady = {}, .impossible = r.impossible, .why = r.why};
}

// Both must be so at once, and the change is where the later one changes.
reach algebra::all_of(const node& n, bool want) const {
    const auto a = state(n.a, want);
    const auto b = state(n.b, want);
    for (const auto* part : {&a, &b})
        if (part->impossible) return {.first = {}, .steady = {}, .impossible = true, .why = part->why};
    for (const auto* part : {&a, &b})
        if (!part->steady) return {.first = {}, .steady = {}, .impossible = false, .why = part->why};
    return to(*longer(a.steady, b.steady));
}

// One of the two is so, and which one isn't known: the slower. A side that can't happen here is none.
reach algebra::any_of(const node& n, bool want) const {
    const auto a = state(n.a, want);
    const auto b = state(n.b, want);
    if (a.impossible) return b;
    if (b.impossible) return a;
    const auto& why = a.steady ? b.why : a.why;
    if (a.steady && b.steady)
        return {.first = longer(a.first, b.first),
                .steady = longer(a.steady, b.steady),
                .impossible = false,
                .why = {}};
    if (a.first && b.first)
        return {.first = longer(a.first, b.first), .steady = {}, .impossible = false, .why = why};
    return {.first = {}, .steady = {}, .impossible = false, .why = why};
}

bool algebra::always_known(std::size_t index) const {
    const auto& n = of_.nodes[index];
    switch (n.kind) {
    case node_kind::unheard:
    case node_kind::counted:
    case node_kind::during:
    case node_kind::condition: return true;
    case node_kind::absent: return !sources(n.what).empty();
    case node_kind::compare:
    case node_kind::is:
    case node_kind::window: return state(index, true).steady.has_value();
    case node_kind::last_in: return !sources({n.what.what, {}}).empty();
    case node_kind::both:
    case node_kind::either: return always_known(n.a) && always_known(n.b);
    case node_kind::negate:
    case node_kind::lasts: return always_known(n.a);
    default: return true;
    }
}

latency algebra::event(std::size_t index) const {
    ensure(index < of_.nodes.size());
    const auto& n = of_.nodes[index];
    switch (n.kind) {
    case node_kind::occurs: {
        const auto all = sources(n.what);
        if (all.empty()) return {.known = {}, .impossible = true, .why = lacks(n.what).why};
        return {.known = slowest(all, in_words(n.what)), .impossible = false, .why = {}};
    }
    case node_kind::becomes: return becoming(n);
    case node_kind::one_of: {
        const auto a = event(n.a);
        const auto b = event(n.b);
        if (a.impossible || !b.known) return b.impossible ? a : b;
        if (b.impossible || !a.known) return a;
        return {.known = longer(a.known, b.known), .impossible = false, .why = {}};
    }
    case node_kind::followed:
    case node_kind::alone: return pair(n);
    case node_kind::at_time_of: {
        auto a = event(n.a);
        const auto s = state(n.b, true);
        if (!a.known || s.steady) return a;
        return {.known = {}, .impossible = s.impossible, .why = s.why};
    }
    default: ensure(false); return {};
    }
}

latency algebra::becoming(const node& n) const {
    const auto r = state(n.a, n.wanted);
    if (!r.first) return {.known = {}, .impossible = r.impossible, .why = r.why};
    if (always_known(n.a)) return {.known = r.first, .impossible = false, .why = {}};
    return {.known = {},
            .impossible = false,
            .why = {"变化前的状态可能未知，这时不产生事件",
                    "what it becomes may have been unknown before, and then nothing happens"}};
}

latency algebra::pair(const node& n) const {
    const auto a = event(n.a);
    if (!a.known) return a;
    if (n.kind == node_kind::alone)
        return {.known = with(*a.known, {term::kind::waiting, n.lasting, "without", {}}),
                .impossible = false,
                .why = {}};
    const auto b = event(n.b);
    if (!b.known) return b;
    if (a.known->total() + b.known->total() < n.lasting) return b;
    return {.known = {},
            .impossible = false,
            .why = {fmt::format("两个事件可能分别晚 {} 和 {} 得知，{} 内无法判断先后", in_words(a.known->total()),
                                in_words(b.known->total()), in_words(n.lasting)),
                    fmt::format("the two may be known {} and {} late, which leaves nothing of {}",
                                in_words(a.known->total()), in_words(b.known->total()), in_words(n.lasting))}};
}

} // namespace anban::prover
