// The numbers in a condition: limits, durations, baselines; their units and their reach.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "rules/language/conditions.hpp"
#include "rules/language/units.hpp"
#include "rules/limits.hpp"

namespace anban::language {
namespace {

[[nodiscard]] bool is_reserved(std::string_view word) {
    return std::ranges::find(reserved_words(), word) != reserved_words().end();
}

[[nodiscard]] double seconds_of(std::chrono::nanoseconds d) {
    return std::chrono::duration<double>(d).count();
}

[[nodiscard]] declared* find_param(alarm_in_work& alarm, std::string_view name) {
    const auto found = std::ranges::find_if(alarm.params, [&](const declared& p) { return p.what.name == name; });
    return found == alarm.params.end() ? nullptr : &*found;
}

[[nodiscard]] std::vector<std::string_view> names_of(const std::vector<declared>& params) {
    std::vector<std::string_view> names;
    for (const auto& p : params) names.emplace_back(p.what.name);
    return names;
}

void no_such_param(cursor& c, const alarm_in_work& alarm, const token& t) {
    if (std::ranges::find(alarm.broken, t.as) != alarm.broken.end()) return;
    said hint = did_you_mean(t.as, names_of(alarm.params));
    if (hint.en.empty())
        hint = {"a parameter is declared before it is used: param low = 40 bpm in 30 bpm .. 60 bpm",
                "参数要先声明再使用：param low = 40 bpm in 30 bpm .. 60 bpm"};
    const said name = name_of(t);
    c.complain(t.at,
               {fmt::format("{} is neither a number nor a parameter of this alarm", name.en),
                fmt::format("{}既不是数字，也不是本报警的参数", name.zh)},
               std::move(hint));
}

} // namespace

const std::vector<std::string_view>& reserved_words() {
    static const std::vector<std::string_view> words{
        "pack",      "alarm",  "class",    "priority", "about",   "home",      "param",    "in",
        "when",      "hold",   "unless",   "or",       "and",     "not",       "clear",    "by",
        "inhibited", "detect", "within",   "for",      "during",  "becomes",   "then",     "without",
        "while",     "no",     "last",     "is",       "active",  "count",     "of",       "over",
        "times",     "from",   "readings", "own",      "unheard", "elsewhere", "anywhere", "sum",
        "mean",      "min",    "max",      "rate",     "true",    "false",     "baseline", "spread"};
    return words;
}

std::optional<read_number> quantity(cursor& c) {
    const token t = c.peek();
    if (t.what != token::kind::number) {
        const said name = name_of(t);
        c.complain(c.here(),
                   {fmt::format("a number with its unit is expected here, not {}", name.en),
                    fmt::format("此处应为带单位的数字，而不是{}", name.zh)},
                   {"e.g. 40 bpm, 4 h, 90 %", "例如 40 bpm、4 h、90 %"});
        return std::nullopt;
    }
    c.next();
    const token unit = c.peek();
    if (unit.what != token::kind::word || (is_reserved(unit.as) && !measured(1, unit.as)) ||
        (unit.is("min") && c.peek(1).is("of")))
        return read_number{rounded(t.value), "", "", t.at};
    const auto kept = measured(t.value, unit.as);
    if (!kept) {
        const said name = name_of(unit);
        c.complain(unit.at, {fmt::format("there is no unit {}", name.en), fmt::format("没有单位{}", name.zh)},
                   did_you_mean(unit.as, all_units()));
        return std::nullopt;
    }
    c.next();
    return read_number{kept->value, kept->unit, unit.as, t.at};
}

bool fits_duration(cursor& c, double seconds, std::chrono::nanoseconds least, std::size_t at) {
    if (seconds >= seconds_of(least) && seconds <= seconds_of(limits::longest_duration)) return true;
    c.complain(at, {fmt::format("a duration here lies between {} and {}", duration_in_words(least),
                                duration_in_words(limits::longest_duration)),
                    fmt::format("此处的时长应在 {} 到 {} 之间", duration_in_words(least),
                                duration_in_words(limits::longest_duration))});
    return false;
}

std::optional<read_duration> condition_reader::duration(std::chrono::nanoseconds least) {
    const token t = c_.peek();
    if (t.what == token::kind::word) {
        declared* param = find_param(alarm_, t.as);
        if (param == nullptr) {
            no_such_param(c_, alarm_, t);
            return std::nullopt;
        }
        c_.next();
        param->used = true;
        if (param->what.unit != "s") {
            c_.complain(t.at, {fmt::format("'{}' is no duration: it is measured in '{}'", t.as, param->what.unit),
                               fmt::format("“{}”不是时长，单位是 {}", t.as, param->what.unit)});
            return std::nullopt;
        }
        if (!fits_duration(c_, param->what.least, least, param->at) ||
            !fits_duration(c_, param->what.most, least, param->at))
            return std::nullopt;
        return read_duration{from_seconds(param->what.value), param->what.name};
    }
    const auto q = quantity(c_);
    if (!q) return std::nullopt;
    if (q->unit != "s") {
        const bool bare = q->written.empty();
        c_.complain(q->at,
                    bare ? said{"a duration needs a unit of time", "时长需要时间单位"}
                         : said{fmt::format("'{}' is no unit of time", q->written),
                                fmt::format("“{}”不是时间单位", q->written)},
                    {"ms, s, min, h or d", "ms、s、min、h 或 d"});
        return std::nullopt;
    }
    if (!fits_duration(c_, q->value, least, q->at)) return std::nullopt;
    return read_duration{from_seconds(q->value), {}};
}

std::optional<comparison> condition_reader::comparison_sign() {
    if (c_.accept("<")) return comparison::less;
    if (c_.accept("<=")) return comparison::less_equal;
    if (c_.accept(">")) return comparison::greater;
    if (c_.accept(">=")) return comparison::greater_equal;
    const said name = language::name_of(c_.peek());
    const bool equals = c_.is("=");
    c_.complain(c_.here(),
                {fmt::format("a comparison is expected here, not {}", name.en),
                 fmt::format("此处应为比较符号，而不是{}", name.zh)},
                equals ? said{"quantities are never exactly equal: < <= > >=", "数值不会恰好相等，请用 < <= > >="}
                       : said{"< <= > >=", "< <= > >="});
    return std::nullopt;
}

bool condition_reader::wrong_unit(std::size_t at, std::string_view what, std::string_view unit,
                                  std::string_view said_unit) {
    const bool time = measured(1, said_unit) && measured(1, said_unit)->unit == "s";
    said hint = unit.empty()
                    ? said{"write the number alone", "只写数字"}
                    : said{fmt::format("write: {} … {}", what, unit), fmt::format("写法：{} … {}", what, unit)};
    if (time && !unit.empty())
        hint = {
            fmt::format("write a limit in '{}'; how long it must last comes after it: … {} for 60 s", unit, unit),
            fmt::format("先写以 {} 为单位的界限，再写持续多久：… {} for 60 s", unit, unit)};
    c_.complain(at,
                said_unit.empty()
                    ? said{fmt::format("'{}' is measured in '{}', and no unit is written", what, unit),
                           fmt::format("“{}”的单位是 {}，这里没有写单位", what, unit)}
                : unit.empty() ? said{fmt::format("'{}' has no unit, and here is '{}'", what, said_unit),
                                      fmt::format("“{}”没有单位，这里却写了 {}", what, said_unit)}
                               : said{fmt::format("'{}' is measured in '{}', not in '{}'", what, unit, said_unit),
                                      fmt::format("“{}”的单位是 {}，不是 {}", what, unit, said_unit)},
                std::move(hint));
    return false;
}

std::optional<limit> condition_reader::limit_of(std::string_view unit, std::string_view what,
                                                bool may_be_baseline) {
    const token t = c_.peek();
    limit l;
    if (t.is("baseline")) {
        if (may_be_baseline) return baseline();
        c_.complain(t.at,
                    {fmt::format("'{}' has no baseline here", what), fmt::format("“{}”在这里没有基线", what)},
                    {"a reading, a mean, min or max is compared with a baseline",
                     "只有读数、mean、min 或 max 可与基线比较"});
        return std::nullopt;
    }
    if (t.what == token::kind::word) return param_limit(unit, what);
    const auto q = quantity(c_);
    if (!q) return std::nullopt;
    if (q->unit != unit) {
        static_cast<void>(wrong_unit(q->at, what, unit, q->written));
        return std::nullopt;
    }
    l.value = q->value;
    if (!c_.is("+") && !c_.is("-")) return l;
    const bool plus = c_.next().is("+");
    const auto more = quantity(c_);
    if (!more) return std::nullopt;
    if (more->unit != unit) {
        static_cast<void>(wrong_unit(more->at, what, unit, more->written));
        return std::nullopt;
    }
    l.value = rounded(plus ? l.value + more->value : l.value - more->value);
    return l;
}

std::optional<limit> condition_reader::param_limit(std::string_view unit, std::string_view what) {
    const token t = c_.peek();
    declared* param = find_param(alarm_, t.as);
    if (param == nullptr) {
        no_such_param(c_, alarm_, t);
        return std::nullopt;
    }
    c_.next();
    param->used = true;
    if (param->what.unit != unit) {
        c_.complain(t.at,
                    {fmt::format("'{}' is measured in '{}', and '{}' in '{}'", what, unit, t.as, param->what.unit),
                     fmt::format("“{}”的单位是 {}，而“{}”是 {}", what, unit, t.as, param->what.unit)});
        return std::nullopt;
    }
    limit l;
    l.param = param->what.name;
    const bool signed_number = c_.peek().what == token::kind::number && c_.peek().as.starts_with('-');
    if (c_.is("+") || c_.is("-") || signed_number) {
        const bool minus = c_.is("-");
        if (!signed_number) c_.next();
        const auto more = quantity(c_);
        if (!more) return std::nullopt;
        if (more->unit != unit) {
            c_.complain(more->at, {fmt::format("'{}' and '{}' can't be added", unit, more->written),
                                   fmt::format("{} 与 {} 不能相加", unit, more->written)});
            return std::nullopt;
        }
        l.offset = minus ? -more->value : more->value;
    }
    l.value = rounded(param->what.value + l.offset);
    return l;
}

// baseline [ over N d ] [ + N spread ]
std::optional<limit> condition_reader::baseline() {
    c_.next();
    limit l;
    l.of_baseline = true;
    l.baseline_days = 14;
    if (c_.accept("over")) {
        const auto days = quantity(c_);
        if (!days) return std::nullopt;
        constexpr double a_day = 86'400;
        const double n = days->value / a_day;
        if (days->written != "d" || n < 5 || n > static_cast<double>(limits::baseline_days) ||
            n != std::floor(n)) {
            c_.complain(days->at,
                        {fmt::format("a baseline goes over 5 to {} whole days", limits::baseline_days),
                         fmt::format("基线取 5 到 {} 个整天", limits::baseline_days)},
                        {"write: baseline over 14 d", "写法：baseline over 14 d"});
            return std::nullopt;
        }
        l.baseline_days = static_cast<std::uint16_t>(n);
    }
    const bool signed_number = c_.peek().what == token::kind::number && c_.peek().as.starts_with('-');
    if (!c_.is("+") && !c_.is("-") && !signed_number) return l;
    const bool minus = c_.is("-");
    if (!signed_number) c_.next();
    const token number = c_.next();
    constexpr double most_spreads = 100;
    if (number.what != token::kind::number || std::abs(number.value) > most_spreads) {
        c_.complain(number.at,
                    {"a number of spreads up to 100 is expected here", "此处应为不超过 100 的离散度倍数"},
                    {"write: baseline + 3 spread", "写法：baseline + 3 spread"});
        return std::nullopt;
    }
    l.spreads = rounded(minus ? -number.value : number.value);
    if (!c_.demand("spread", {"write: baseline + 3 spread", "写法：baseline + 3 spread"})) return std::nullopt;
    return l;
}

bool condition_reader::whole_number(const limit& l, std::size_t at) {
    const declared* param = l.param.empty() ? nullptr : find_param(alarm_, l.param);
    const bool whole = l.value == std::floor(l.value) &&
                       (param == nullptr || (param->what.least == std::floor(param->what.least)));
    if (whole) return true;
    c_.complain(at, {"a whole number is expected here", "此处应为整数"});
    return false;
}

bool condition_reader::within_reach(const node& n, double least, double most, std::size_t at) {
    if (n.against.of_baseline) return true;
    const declared* param = n.against.param.empty() ? nullptr : find_param(alarm_, n.against.param);
    std::vector<double> ends{n.against.value};
    if (param != nullptr) {
        ends = {rounded(param->what.least + n.against.offset), rounded(param->what.most + n.against.offset)};
    }
    for (const double v : ends) {
        bool never = false;
        bool always = false;
        switch (n.how) {
        case comparison::less: never = v <= least, always = v > most; break;
        case comparison::less_equal: never = v < least, always = v >= most; break;
        case comparison::greater: never = v >= most, always = v < least; break;
        case comparison::greater_equal: never = v > most, always = v <= least; break;
        }
        if (!never && !always) continue;
        const std::string with = param == nullptr ? std::string{}
                                                  : fmt::format(" ({} = {})", param->what.name,
                                                                number_in_words(rounded(v - n.against.offset)));
        c_.complain(at, {fmt::format("{} can {} this: they lie between {} and {}{}", "readings",
                                     never ? "never meet" : "only meet", number_in_words(least),
                                     number_in_words(most), with),
                         fmt::format("{}：读数在 {} 到 {} 之间{}", never ? "永远不会成立" : "永远成立",
                                     number_in_words(least), number_in_words(most), with)});
        return false;
    }
    return true;
}

} // namespace anban::language
