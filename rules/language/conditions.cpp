#include "rules/language/conditions.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "rules/language/units.hpp"
#include "rules/limits.hpp"

namespace anban::language {
namespace {

[[nodiscard]] std::optional<window_function> function_from_name(std::string_view name) {
    if (name == "sum") return window_function::sum;
    if (name == "mean") return window_function::mean;
    if (name == "min") return window_function::least;
    if (name == "max") return window_function::most;
    if (name == "rate") return window_function::rate;
    return std::nullopt;
}

[[nodiscard]] node of_kind(node_kind kind) {
    node n;
    n.kind = kind;
    return n;
}

} // namespace

bool condition_reader::read(expression& into, sort wanted, std::string_view clause) {
    into_ = &into;
    depths_.clear();
    open_ = 0;
    const maybe whole = condition();
    if (!whole) return false;
    if (wanted == sort::state) return want_state(*whole, clause);
    if (wanted == sort::event) return want_event(*whole, clause);
    return true;
}

bool condition_reader::read_unless(std::vector<expression>& into) {
    std::optional<part> before;
    do {
        if (into.size() == limits::unless_terms) {
            c_.complain(c_.peek().at, {fmt::format("more than {} conditions after 'unless'", limits::unless_terms),
                                       fmt::format("unless 之后的条件超过 {} 个", limits::unless_terms)});
            return false;
        }
        expression one;
        into_ = &one;
        depths_.clear();
        const maybe read = timed();
        if (!read || !want_event(*read, "unless")) return false;
        if ((before || c_.is("or")) && !plain(*read, nullptr, "or")) return false;
        before = *read;
        into.push_back(std::move(one));
    } while (c_.accept("or"));
    return true;
}

// ---- conditions of conditions ---------------------------------------------------------------------

condition_reader::maybe condition_reader::condition() {
    maybe left = joined_by_and();
    while (left && c_.is("or")) {
        if (!plain(*left, nullptr, "or")) return std::nullopt;
        c_.next();
        const maybe right = joined_by_and();
        if (!right || !plain(*right, &*left, "or")) return std::nullopt;
        if (is_event_part(*left) != is_event_part(*right)) {
            const part& event = is_event_part(*left) ? *left : *right;
            c_.complain(
                event.from,
                {fmt::format("'or' joins two states or two events; '{}' is an event, the other part is a state",
                             c_.quoted(event.from, event.to)),
                 fmt::format("or 连接两个状态或两个事件；“{}”是事件，另一部分是状态",
                             c_.quoted(event.from, event.to))},
                {"turn the state into an event with: … becomes true", "用 … becomes true 把状态变成事件"});
            return std::nullopt;
        }
        left = join(is_event_part(*left) ? node_kind::one_of : node_kind::either, *left, *right);
    }
    return left;
}

condition_reader::maybe condition_reader::joined_by_and() {
    maybe left = negated();
    while (left && c_.is("and")) {
        if (!plain(*left, nullptr, "and") || !want_state(*left, "and")) return std::nullopt;
        c_.next();
        const maybe right = negated();
        if (!right || !plain(*right, &*left, "and") || !want_state(*right, "and")) return std::nullopt;
        left = join(node_kind::both, *left, *right);
    }
    return left;
}

condition_reader::maybe condition_reader::negated() {
    const std::size_t from = c_.peek().at;
    if (!c_.accept("not")) return timed();
    maybe what = timed();
    if (!what || !plain(*what, nullptr, "not") || !want_state(*what, "not")) return std::nullopt;
    what->from = from;
    return wrap(node_kind::negate, *what);
}

condition_reader::maybe condition_reader::timed() {
    maybe first = primary();
    while (first) {
        const token& word = c_.peek();
        const bool binds = word.is("for") || word.is("during") || word.is("becomes") || word.is("then") ||
                           word.is("without") || word.is("while");
        if (!binds) return first;
        const std::size_t bound_to = first->to;
        first = after(*first);
        if (!first || word.is("becomes")) continue;
        first->loose_at = word.at;
        first->loose = word.as;
        first->bound_to = bound_to;
    }
    return first;
}

// What follows a part and belongs to it: one of the words that timed() knows.
condition_reader::maybe condition_reader::after(const part& first) {
    const token word = c_.next();
    node n;
    if (word.is("for")) {
        if (is_event_part(first)) {
            c_.complain(word.at, {"an event has no duration", "事件没有持续时间"},
                        first.loose == "while" || first.loose == "then" || first.loose == "without"
                            ? said{"put parentheses around what the 'for' belongs to", "用括号括住 for 所属的条件"}
                            : said{"use 'hold 20 s' to confirm an event, or 'no … for' for its absence",
                                   "确认事件用 hold 20 s，长时间没有发生用 no … for"});
            return std::nullopt;
        }
        const auto lasting = duration(std::chrono::milliseconds{1});
        if (!lasting) return std::nullopt;
        n.lasting = lasting->lasting;
        n.lasting_param = lasting->param;
        return wrap(node_kind::lasts, first, std::move(n));
    }
    if (word.is("during")) {
        const maybe span = daily(word.at);
        if (!span) return std::nullopt;
        return join(is_event_part(first) ? node_kind::at_time_of : node_kind::both, first, *span);
    }
    if (word.is("becomes")) {
        if (!want_state(first, "becomes")) return std::nullopt;
        const auto wanted = truth_word();
        if (!wanted) return std::nullopt;
        n.wanted = *wanted;
        return wrap(node_kind::becomes, first, std::move(n));
    }
    if (!want_event(first, word.as)) return std::nullopt;
    const maybe second = primary();
    if (!second) return std::nullopt;
    if (word.is("while")) {
        if (!want_state(*second, "while")) return std::nullopt;
        return join(node_kind::at_time_of, first, *second);
    }
    if (!want_event(*second, word.as)) return std::nullopt;
    if (!c_.demand("within", {fmt::format("write: … {} … within 10 min", word.as),
                              fmt::format("写法：… {} … within 10 min", word.as)}))
        return std::nullopt;
    const auto lasting = duration(std::chrono::milliseconds{1});
    if (!lasting) return std::nullopt;
    n.lasting = lasting->lasting;
    n.lasting_param = lasting->param;
    return join(word.is("then") ? node_kind::followed : node_kind::alone, first, *second, std::move(n));
}

condition_reader::maybe condition_reader::primary() {
    const token& first = c_.peek();
    const bool of = c_.peek(1).is("of");
    if (first.is("(")) return parenthesised();
    if (first.is("no")) return absence();
    if (first.is("last")) return last_seen();
    if (first.is("alarm")) return other_alarm();
    if (first.is("during")) {
        c_.next();
        return daily(first.at);
    }
    if (first.is("count") && of) return counted(first.at);
    if (const auto f = function_from_name(first.as); f && of) {
        const std::size_t from = first.at;
        c_.next();
        c_.next();
        return window(*f, from);
    }
    return about_signal();
}

condition_reader::maybe condition_reader::parenthesised() {
    const std::size_t from = c_.next().at;
    if (open_ == limits::rule_depth) {
        c_.complain(from, {fmt::format("more than {} parentheses inside each other", limits::rule_depth),
                           fmt::format("括号嵌套超过 {} 层", limits::rule_depth)});
        return std::nullopt;
    }
    ++open_;
    maybe inside = condition();
    --open_;
    if (!inside || !c_.demand(")", {"close the parenthesis", "请闭合括号"})) return std::nullopt;
    inside->from = from;
    inside->to = c_.end_of_last();
    inside->loose_at = nowhere;
    inside->loose = {};
    return inside;
}

condition_reader::maybe condition_reader::absence() {
    const std::size_t from = c_.next().at;
    const std::size_t at = c_.peek().at;
    const auto what = source();
    if (!what) return std::nullopt;
    node n = of_kind(node_kind::absent);
    n.what = *what;
    if (facts_of(what->what).computed && what->what != signal::activity) {
        c_.complain(at, {fmt::format("'{}' is computed and can only be compared", name_of(what->what)),
                         fmt::format("“{}”由计算得出，只能比较大小", name_of(what->what))});
        return std::nullopt;
    }
    if (!c_.demand("for", {"write: no motion for 4 h", "写法：no motion for 4 h"})) return std::nullopt;
    const auto lasting = duration(std::chrono::milliseconds{1});
    if (!lasting) return std::nullopt;
    n.lasting = lasting->lasting;
    n.lasting_param = lasting->param;
    return put(std::move(n), from);
}

condition_reader::maybe condition_reader::last_seen() {
    const std::size_t from = c_.next().at;
    const std::size_t at = c_.peek().at;
    const signal_facts* f = signal_word();
    if (f == nullptr) return std::nullopt;
    if (f->kind == signal_kind::quantity) {
        c_.complain(at,
                    {fmt::format("'{}' is a quantity; 'last' asks where something was seen", f->name),
                     fmt::format("“{}”是数值；last 问的是最近在哪里", f->name)},
                    {"write: last motion in bathroom", "写法：last motion in bathroom"});
        return std::nullopt;
    }
    if (!c_.demand("in", {"write: last motion in bathroom", "写法：last motion in bathroom"})) return std::nullopt;
    const auto where = room();
    if (!where) return std::nullopt;
    node n = of_kind(node_kind::last_in);
    n.what = {f->what, {selector::scope::plain, *where}};
    return put(std::move(n), from);
}

condition_reader::maybe condition_reader::other_alarm() {
    const std::size_t from = c_.next().at;
    const token name = c_.next();
    if (name.what != token::kind::word || !well_formed_id(name.as)) {
        c_.complain(name.at, {"the name of an alarm is expected here", "此处应为报警的名字"},
                    {"write: alarm fall is active", "写法：alarm fall is active"});
        return std::nullopt;
    }
    if (is_call(name.as)) {
        c_.complain(name.at,
                    {fmt::format("'{}' has no memory: it is never 'active'", name.as),
                     fmt::format("“{}”没有持续状态，不会处于 active", name.as)},
                    {fmt::format("name its event: {}", name.as), fmt::format("直接写事件：{}", name.as)});
        return std::nullopt;
    }
    if (name.as == alarm_.rule.id.str()) {
        c_.complain(name.at, {"an alarm can't depend on itself", "报警不能依赖它自己"});
        return std::nullopt;
    }
    if (!c_.demand("is", {"write: alarm fall is active", "写法：alarm fall is active"}) || !c_.demand("active"))
        return std::nullopt;
    node n = of_kind(node_kind::condition);
    n.other = rule_id{std::string{name.as}};
    return put(std::move(n), from);
}

condition_reader::maybe condition_reader::counted(std::size_t from) {
    c_.next();
    c_.next();
    const std::size_t ahead = c_.is("own") ? 1 : 0;
    const token& what = c_.peek(ahead);
    const auto known = what.what == token::kind::word ? signal_from_name(what.as) : std::nullopt;
    if (known && facts_of(*known).kind == signal_kind::quantity) return window(window_function::count, from);
    maybe event = primary();
    if (!event || !want_event(*event, "count of")) return std::nullopt;
    if (!c_.demand("over", {"write: count of … over 1 h >= 3 times", "写法：count of … over 1 h >= 3 times"}))
        return std::nullopt;
    const auto over = duration(limits::shortest_window);
    if (!over) return std::nullopt;
    const auto how = comparison_sign();
    if (!how) return std::nullopt;
    const std::size_t at = c_.peek().at;
    const auto against = limit_of("times", "count of", false);
    if (!against) return std::nullopt;
    node n;
    n.how = *how;
    n.against = *against;
    n.lasting = over->lasting;
    n.lasting_param = over->param;
    constexpr double unbounded = largest_number;
    if (!whole_number(*against, at) || !within_reach(n, 0, unbounded, at)) return std::nullopt;
    event->from = from;
    return wrap(node_kind::counted, *event, std::move(n));
}

condition_reader::maybe condition_reader::window(window_function f, std::size_t from) {
    const std::size_t source_at = c_.peek().at;
    const auto what = source();
    if (!what) return std::nullopt;
    const signal_facts& facts = facts_of(what->what);
    if (facts.kind != signal_kind::quantity || facts.computed) {
        const said why =
            facts.computed && facts.kind == signal_kind::quantity
                ? said{fmt::format("'{}' is computed and can only be compared", facts.name),
                       fmt::format("“{}”由计算得出，只能比较大小", facts.name)}
                : said{fmt::format("'{}' is no quantity", facts.name), fmt::format("“{}”不是数值", facts.name)};
        c_.complain(source_at, why,
                    {"count how often an event happens: count of (… becomes true) over 1 h >= 3 times",
                     "统计事件次数：count of (… becomes true) over 1 h >= 3 times"});
        return std::nullopt;
    }
    if (!c_.demand("over", {"write: mean of heart_rate over 10 min < 45 bpm",
                            "写法：mean of heart_rate over 10 min < 45 bpm"}))
        return std::nullopt;
    const auto over = duration(limits::shortest_window);
    if (!over) return std::nullopt;
    node n = of_kind(node_kind::window);
    n.what = *what;
    n.over = f;
    n.lasting = over->lasting;
    n.lasting_param = over->param;
    if (c_.accept("from")) {
        const token number = c_.next();
        constexpr double most = 10'000;
        if (number.what != token::kind::number || number.value < 1 || number.value > most ||
            number.value != static_cast<double>(static_cast<int>(number.value))) {
            c_.complain(number.at,
                        {"a whole number from 1 to 10000 is expected here", "此处应为 1 到 10000 的整数"},
                        {"write: from 3 readings", "写法：from 3 readings"});
            return std::nullopt;
        }
        n.from_readings = static_cast<std::uint16_t>(number.value);
        if (!c_.demand("readings")) return std::nullopt;
    }
    const auto how = comparison_sign();
    if (!how) return std::nullopt;
    n.how = *how;
    const std::size_t at = c_.peek().at;
    const bool like_a_reading =
        f == window_function::mean || f == window_function::least || f == window_function::most;
    const auto against = limit_of(unit_of_window(f, what->what), facts.name, like_a_reading);
    if (!against) return std::nullopt;
    n.against = *against;
    if (f == window_function::count && !whole_number(*against, at)) return std::nullopt;
    const double top = like_a_reading ? facts.most : largest_number;
    const double bottom = like_a_reading                                  ? facts.least
                          : f == window_function::rate || facts.least < 0 ? -largest_number
                                                                          : 0;
    if (!within_reach(n, bottom, top, at)) return std::nullopt;
    return put(std::move(n), from);
}

// `during` has been taken.
condition_reader::maybe condition_reader::daily(std::size_t from) {
    const token begin = c_.peek();
    const bool reads =
        begin.what == token::kind::clock && c_.peek(1).is("..") && c_.peek(2).what == token::kind::clock;
    if (!reads || c_.peek(2).value == begin.value) {
        c_.complain(begin.at, {"two times of day are expected here", "此处应为两个不同的时刻"},
                    {"write: during 22:00..06:00", "写法：during 22:00..06:00"});
        return std::nullopt;
    }
    c_.next();
    c_.next();
    node n = of_kind(node_kind::during);
    n.span = {static_cast<std::uint16_t>(begin.value), static_cast<std::uint16_t>(c_.next().value)};
    return put(std::move(n), from);
}

// ---- the tree -------------------------------------------------------------------------------------

condition_reader::maybe condition_reader::put(node n, std::size_t from) {
    if (alarm_.nodes == limits::rule_nodes) {
        c_.complain(from,
                    {fmt::format("more than {} conditions in one alarm", limits::rule_nodes),
                     fmt::format("一个报警的条件超过 {} 个", limits::rule_nodes)},
                    {"split it into two alarms", "请拆成两个报警"});
        return std::nullopt;
    }
    std::uint8_t depth = 0;
    for (const std::uint8_t child : {n.a, n.b}) {
        if (child != no_child) depth = std::max(depth, depths_[child]);
    }
    if (depth >= limits::rule_depth) {
        c_.complain(from, {fmt::format("conditions more than {} deep inside each other", limits::rule_depth),
                           fmt::format("条件嵌套超过 {} 层", limits::rule_depth)});
        return std::nullopt;
    }
    ++alarm_.nodes;
    n.at.offset = static_cast<std::uint32_t>(from);
    into_->nodes.push_back(std::move(n));
    depths_.push_back(static_cast<std::uint8_t>(depth + 1));
    return part{.root = static_cast<std::uint8_t>(into_->nodes.size() - 1), .from = from, .to = c_.end_of_last()};
}

condition_reader::maybe condition_reader::wrap(node_kind kind, const part& a, node n) {
    n.kind = kind;
    n.a = a.root;
    return put(std::move(n), a.from);
}

condition_reader::maybe condition_reader::join(node_kind kind, const part& a, const part& b, node n) {
    n.kind = kind;
    n.a = a.root;
    n.b = b.root;
    return put(std::move(n), a.from);
}

bool condition_reader::want_state(const part& p, std::string_view beside) {
    if (!is_event_part(p)) return true;
    const std::string as = c_.quoted(p.from, p.to);
    said hint{"an event happens at a moment; a state lasts", "事件发生在一瞬间，状态会持续"};
    if (beside == "and")
        hint = {fmt::format("an event under a condition: {} while (…)", as),
                fmt::format("事件加条件：{} while (…)", as)};
    c_.complain(p.from,
                {fmt::format("'{}' needs a state, and '{}' is an event", beside, as),
                 fmt::format("{} 需要状态，而“{}”是事件", beside, as)},
                std::move(hint));
    return false;
}

bool condition_reader::want_event(const part& p, std::string_view beside) {
    if (is_event_part(p)) return true;
    const std::string as = c_.quoted(p.from, p.to);
    c_.complain(p.from,
                {fmt::format("'{}' needs an event, and '{}' is a state", beside, as),
                 fmt::format("{} 需要事件，而“{}”是状态", beside, as)},
                {fmt::format("the moment when it begins: ({}) becomes true", as),
                 fmt::format("它开始的一刻：({}) becomes true", as)});
    return false;
}

bool condition_reader::plain(const part& p, const part* other, std::string_view beside) {
    if (p.loose_at == nowhere) return true;
    const std::string bound = c_.quoted(p.from, p.bound_to);
    const std::string rest = c_.quoted(p.loose_at, p.to);
    std::string alone = fmt::format("({} {})", bound, rest);
    std::string together = fmt::format("(… {} {}) {}", beside, bound, rest);
    if (other != nullptr) {
        const std::string first = c_.quoted(other->from, other->to);
        alone = fmt::format("{} {} {}", first, beside, alone);
        together = fmt::format("({} {} {}) {}", first, beside, bound, rest);
    } else if (beside == "not") {
        alone = "not " + alone;
        together = fmt::format("(not {}) {}", bound, rest);
    } else {
        alone += fmt::format(" {} …", beside);
        together = fmt::format("({} {} …) {}", bound, beside, rest);
    }
    c_.complain(p.loose_at,
                {fmt::format("'{}' beside '{}' can be read in two ways", p.loose, beside),
                 fmt::format("{} 与 {} 并列有两种读法", p.loose, beside)},
                {fmt::format("use parentheses: {}, or {}", alone, together),
                 fmt::format("请用括号：{}，或 {}", alone, together)});
    return false;
}

} // namespace anban::language
