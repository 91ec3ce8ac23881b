// From the tree back to the words of the language, with as few parentheses as the grammar allows.
#include <cmath>

#include <fmt/format.h>

#include "rules/language/pack.hpp"
#include "rules/language/units.hpp"

namespace anban::language {
namespace {

// How tightly a condition holds together; beside something tighter it needs parentheses.
enum class grip : std::uint8_t { or_list, and_list, negation, changed, timed, one };

[[nodiscard]] std::string_view sign_of(comparison c) {
    switch (c) {
    case comparison::less: return "<";
    case comparison::less_equal: return "<=";
    case comparison::greater: return ">";
    case comparison::greater_equal: break;
    }
    return ">=";
}

[[nodiscard]] std::string_view name_of(window_function f) {
    switch (f) {
    case window_function::count: return "count";
    case window_function::sum: return "sum";
    case window_function::mean: return "mean";
    case window_function::least: return "min";
    case window_function::most: return "max";
    case window_function::rate: break;
    }
    return "rate";
}

class writer {
public:
    writer(const expression& e, bool by_name) : e_(e), by_name_(by_name) {}
    [[nodiscard]] std::string all() const { return words(e_.nodes.size() - 1, grip::or_list); }

private:
    [[nodiscard]] grip grip_of(const node& n) const {
        switch (n.kind) {
        case node_kind::either:
        case node_kind::one_of: return grip::or_list;
        case node_kind::both: return grip::and_list;
        case node_kind::negate: return grip::negation;
        case node_kind::becomes: return says_becomes_itself(n) ? grip::one : grip::changed;
        case node_kind::lasts:
        case node_kind::followed:
        case node_kind::alone:
        case node_kind::at_time_of: return grip::timed;
        default: return grip::one;
        }
    }

    // bed_occupied becomes true, whose child says: bed_occupied is true.
    [[nodiscard]] bool says_becomes_itself(const node& n) const {
        const node& child = e_.nodes[n.a];
        return child.kind == node_kind::is && child.wanted;
    }

    [[nodiscard]] std::string words(std::size_t i, grip needed) const {
        const node& n = e_.nodes[i];
        const grip own = grip_of(n);
        const std::string text = bare(n);
        // `(…) becomes true` stands beside `and` and `or`, what is timed doesn't.
        const bool beside_list = needed == grip::and_list || needed == grip::or_list || needed == grip::negation;
        const bool loose = own == grip::timed && beside_list && i + 1 != e_.nodes.size();
        return own < needed || loose ? fmt::format("({})", text) : text;
    }
    [[nodiscard]] std::string alone(std::size_t i) const { return words(i, grip::one); }

    [[nodiscard]] std::string bare(const node& n) const {
        switch (n.kind) {
        case node_kind::compare: return fmt::format("{} {} {}", source(n), sign_of(n.how), against(n, unit(n)));
        case node_kind::is: return fmt::format("{} is {}", source(n), n.wanted);
        case node_kind::last_in:
            return fmt::format("last {} in {}", anban::name_of(n.what.what), n.what.from.room.str());
        case node_kind::absent: return fmt::format("no {} for {}", source(n), lasting(n));
        case node_kind::unheard: return fmt::format("{} unheard for {}", source(n), lasting(n));
        case node_kind::window: {
            const std::string from =
                n.from_readings > 1 ? fmt::format(" from {} readings", n.from_readings) : std::string{};
            return fmt::format("{} of {} over {}{} {} {}", name_of(n.over), source(n), lasting(n), from,
                               sign_of(n.how), against(n, unit_of_window(n.over, n.what.what)));
        }
        case node_kind::during: return fmt::format("during {}", span(n.span));
        case node_kind::condition: return fmt::format("alarm {} is active", n.other.str());
        case node_kind::both: return listed(n, "and", grip::and_list, grip::negation);
        case node_kind::either:
        case node_kind::one_of: return listed(n, "or", grip::or_list, grip::and_list);
        case node_kind::negate: return fmt::format("not {}", alone(n.a));
        case node_kind::lasts: {
            const node_kind child = e_.nodes[n.a].kind;
            const bool has_for = child == node_kind::absent || child == node_kind::unheard;
            return fmt::format("{} for {}", has_for ? fmt::format("({})", alone(n.a)) : alone(n.a), lasting(n));
        }
        case node_kind::counted:
            return fmt::format("count of {} over {} {} {}", alone(n.a), lasting(n), sign_of(n.how),
                               against(n, "times"));
        case node_kind::occurs: return source(n);
        case node_kind::becomes:
            if (says_becomes_itself(n)) return fmt::format("{} becomes {}", source(e_.nodes[n.a]), n.wanted);
            return fmt::format("({}) becomes {}", bare(e_.nodes[n.a]), n.wanted);
        case node_kind::followed: return fmt::format("{} then {} within {}", alone(n.a), alone(n.b), lasting(n));
        case node_kind::alone: return fmt::format("{} without {} within {}", alone(n.a), alone(n.b), lasting(n));
        case node_kind::at_time_of: break;
        }
        return fmt::format("{} while {}", alone(n.a), alone(n.b));
    }

    // Lists lean to the left: a list on the right is another tree.
    [[nodiscard]] std::string listed(const node& n, std::string_view word, grip left, grip right) const {
        return fmt::format("{} {} {}", words(n.a, left), word, words(n.b, right));
    }

    [[nodiscard]] static std::string source(const node& n) { return in_words(n.what); }

    [[nodiscard]] static std::string unit(const node& n) { return std::string{facts_of(n.what.what).unit}; }

    [[nodiscard]] std::string lasting(const node& n) const {
        return by_name_ && !n.lasting_param.empty() ? n.lasting_param : duration_in_words(n.lasting);
    }

    [[nodiscard]] std::string against(const node& n, std::string_view unit) const {
        const limit& l = n.against;
        if (l.of_baseline) {
            std::string text = fmt::format("baseline over {} d", l.baseline_days);
            if (l.spreads != 0)
                text +=
                    fmt::format(" {} {} spread", l.spreads < 0 ? '-' : '+', number_in_words(std::abs(l.spreads)));
            return text;
        }
        if (!by_name_ || l.param.empty()) return measure_in_words(l.value, unit);
        if (l.offset == 0) return l.param;
        return fmt::format("{} {} {}", l.param, l.offset < 0 ? '-' : '+',
                           measure_in_words(std::abs(l.offset), unit));
    }

    [[nodiscard]] static std::string span(const daily_span& s) {
        return fmt::format("{:02}:{:02}..{:02}:{:02}", s.from / 60, s.from % 60, s.to / 60, s.to % 60);
    }

    const expression& e_;
    bool by_name_;
};

[[nodiscard]] std::string with_names(const expression& e) {
    return e.empty() ? std::string{} : writer{e, true}.all();
}

} // namespace

std::string in_words(const expression& e) {
    return e.empty() ? std::string{} : writer{e, false}.all();
}

std::string in_words(const alarm_rule& r) {
    std::string text = fmt::format("alarm {} \"{}\" \"{}\" {{\n  class {}\n", r.id.str(), r.title_zh, r.title_en,
                                   anban::name_of(r.of));
    if (r.urgency != default_priority(r.of)) text += fmt::format("  priority {}\n", anban::name_of(r.urgency));
    if (r.about_home) text += "  about home\n";
    for (const parameter& p : r.parameters)
        text += fmt::format("  param {} = {} in {} .. {}\n", p.name, measure_in_words(p.value, p.unit),
                            measure_in_words(p.least, p.unit), measure_in_words(p.most, p.unit));
    text += fmt::format("  when  {}\n", with_names(r.when));
    if (r.hold.count() > 0) {
        text += fmt::format("  hold  {}", r.hold_param.empty() ? duration_in_words(r.hold) : r.hold_param);
        std::string_view word = " unless ";
        for (const expression& e : r.unless) {
            const bool list =
                e.root().kind == node_kind::one_of || (r.unless.size() > 1 && e.root().kind != node_kind::occurs);
            text += list ? fmt::format("{}({})", word, with_names(e)) : fmt::format("{}{}", word, with_names(e));
            word = " or ";
        }
        text += '\n';
    }
    if (!r.clear.empty()) text += fmt::format("  clear {}\n", with_names(r.clear));
    for (std::size_t i = 0; i < r.inhibited_by.size(); ++i)
        text += fmt::format("{}{}", i == 0 ? "  inhibited by " : ", ", r.inhibited_by[i].str());
    if (!r.inhibited_by.empty()) text += '\n';
    if (r.detect_within) text += fmt::format("  detect within {}\n", duration_in_words(*r.detect_within));
    return text + "}\n";
}

std::string in_words(const watched& what) {
    const std::string name{anban::name_of(what.what)};
    switch (what.from.where) {
    case selector::scope::own: return "own " + name;
    case selector::scope::in_room: return fmt::format("{} in {}", name, what.from.room.str());
    case selector::scope::elsewhere: return name + " elsewhere";
    case selector::scope::anywhere: return name + " anywhere";
    case selector::scope::plain: break;
    }
    return name;
}

} // namespace anban::language
