#include "rules/pack.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "rules/limits.hpp"

namespace anban {
namespace {

struct token {
    enum class kind : std::uint8_t { word, number, text, mark, end };
    kind what = kind::end;
    std::string_view as; // of a text: without its quotes
    double value = 0;
    std::size_t at = 0; // offset
};

struct mistake {
    std::size_t at = 0;
    std::string what;
    std::string hint;
};

[[nodiscard]] bool starts_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '%' || c == '/' ||
           (static_cast<unsigned char>(c) >= 0x80);
}
[[nodiscard]] bool in_word(char c) {
    return starts_word(c) || (c >= '0' && c <= '9') || c == '-';
}
[[nodiscard]] bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

[[nodiscard]] std::vector<token> cut(std::string_view text, std::vector<mistake>& wrong) {
    std::vector<token> all;
    std::size_t i = 0;
    const auto take = [&](token::kind what, std::size_t from, std::size_t size, double value = 0) {
        all.push_back({what, text.substr(from, size), value, from});
    };
    while (i < text.size()) {
        const char c = text[i];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            ++i;
        } else if (c == '#') {
            i = std::min(text.find('\n', i), text.size());
        } else if (c == '"') {
            const auto close = text.find_first_of("\"\n", i + 1);
            if (close == std::string_view::npos || text[close] == '\n') {
                wrong.push_back({i, "this text has no end", "close it with \" on the same line"});
                i = std::min(close, text.size());
            } else {
                take(token::kind::text, i + 1, close - i - 1);
                all.back().at = i;
                i = close + 1;
            }
        } else if (is_digit(c) || (c == '-' && i + 1 < text.size() && is_digit(text[i + 1]))) {
            double value = 0;
            std::size_t end = i + 1;
            while (end < text.size() &&
                   (is_digit(text[end]) || (text[end] == '.' && end + 1 < text.size() && is_digit(text[end + 1]))))
                ++end;
            std::from_chars(text.data() + i, text.data() + end, value);
            take(token::kind::number, i, end - i, value);
            i = end;
        } else if (starts_word(c)) {
            std::size_t end = i + 1;
            while (end < text.size() && in_word(text[end])) ++end;
            take(token::kind::word, i, end - i);
            i = end;
        } else {
            const bool two = i + 1 < text.size() &&
                             ((text[i + 1] == '=' && (c == '<' || c == '>')) || (c == '.' && text[i + 1] == '.'));
            take(token::kind::mark, i, two ? 2 : 1);
            i += two ? 2 : 1;
        }
    }
    all.push_back({token::kind::end, {}, 0, text.size()});
    return all;
}

// The nearest known word by edit distance, if it is near enough to be meant.
[[nodiscard]] std::string did_you_mean(std::string_view said, const std::vector<std::string_view>& known) {
    std::size_t best = 3;
    std::string_view nearest;
    for (const std::string_view word : known) {
        std::vector<std::size_t> row(word.size() + 1);
        for (std::size_t j = 0; j <= word.size(); ++j) row[j] = j;
        for (std::size_t i = 1; i <= said.size(); ++i) {
            std::size_t diagonal = std::exchange(row[0], i);
            for (std::size_t j = 1; j <= word.size(); ++j) {
                const std::size_t changed = diagonal + (said[i - 1] == word[j - 1] ? 0 : 1);
                diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
            }
        }
        if (row.back() < best) {
            best = row.back();
            nearest = word;
        }
    }
    return nearest.empty() ? std::string{} : fmt::format("did you mean '{}'?", nearest);
}

class parser {
public:
    parser(std::string_view text, std::vector<mistake>& wrong) : tokens_(cut(text, wrong)), wrong_(wrong) {}

    [[nodiscard]] pack read() {
        pack result;
        if (!word("pack", "a pack begins with: pack NAME \"title\"")) return result;
        result.name = name_of_something("the pack's name");
        if (peek().what == token::kind::text) result.title = next().as;
        while (peek().what != token::kind::end && wrong_.size() < limits::pack_errors) {
            const std::size_t before = wrong_.size();
            rule r = read_alarm(result);
            if (wrong_.size() > before) {
                skip_to_next_alarm();
                continue;
            }
            if (std::ranges::find(result.rules, r.id, &rule::id) != result.rules.end()) {
                complain(alarm_at_, fmt::format("'{}' is in this pack already", r.id.str()), {});
            } else if (result.rules.size() == limits::rules_per_resident) {
                complain(alarm_at_, "too many rules in one pack", {});
                break;
            } else {
                result.rules.push_back(std::move(r));
            }
        }
        return result;
    }

private:
    using params = std::map<std::string_view, std::pair<double, std::string_view>>;

    [[nodiscard]] const token& peek() const { return tokens_[at_]; }
    const token& next() { return at_ + 1 < tokens_.size() ? tokens_[at_++] : tokens_[at_]; }
    void complain(std::size_t at, std::string what, std::string hint) {
        wrong_.push_back({at, std::move(what), std::move(hint)});
    }

    bool is(std::string_view w) const {
        return (peek().what == token::kind::word || peek().what == token::kind::mark) && peek().as == w;
    }
    bool accept(std::string_view w) {
        if (!is(w)) return false;
        next();
        return true;
    }
    bool word(std::string_view w, std::string_view hint) {
        if (accept(w)) return true;
        complain(peek().at, fmt::format("'{}' is expected here", w), std::string{hint});
        return false;
    }

    std::string name_of_something(std::string_view what) {
        if (peek().what == token::kind::word && well_formed_id(peek().as)) return std::string{next().as};
        complain(peek().at, fmt::format("{} is expected here", what), "letters, digits, _ and -");
        return {};
    }

    void skip_to_next_alarm() {
        while (peek().what != token::kind::end && !is("alarm")) next();
    }

    rule read_alarm(const pack& in) {
        rule r;
        alarm_at_ = peek().at;
        if (!word("alarm", "an alarm looks like: alarm NAME \"标题\" \"Title\" { … }")) return r;
        r.pack = in.name;
        r.id = rule_id{name_of_something("the alarm's name")};
        if (r.id.str() == "sos") complain(alarm_at_, "'sos' is built in and can't be written by a pack", {});
        if (peek().what == token::kind::text) r.title_zh = next().as;
        r.title_en = peek().what == token::kind::text ? std::string{next().as} : r.title_zh;
        if (!word("{", {})) return r;
        params known;
        bool has_class = false, has_when = false;
        const std::size_t before = wrong_.size();
        while (!accept("}") && wrong_.size() == before) {
            if (accept("class"))
                has_class = read_class(r);
            else if (accept("param"))
                read_param(known);
            else if (accept("when"))
                has_when = read_when(r, known);
            else if (accept("hold"))
                read_hold(r, known);
            else if (accept("clear"))
                read_clear(r, known);
            else
                complain(peek().at, fmt::format("'{}' isn't understood here", peek().as),
                         did_you_mean(peek().as, {"class", "param", "when", "hold", "clear"}));
        }
        if (wrong_.size() > before) return r;
        if (!has_class)
            complain(alarm_at_, "the alarm has no class", "class life-safety, suspected, service or technical");
        if (!has_when) complain(alarm_at_, "the alarm has no 'when'", {});
        check_whole(r);
        return r;
    }

    void check_whole(const rule& r) {
        const bool event = std::holds_alternative<occurs>(r.when);
        if (!event && r.hold.count() > 0)
            complain(alarm_at_, "a hold goes with an event; a state takes 'for'", {});
        if (event && r.clear) complain(alarm_at_, "an event doesn't clear", "only a person ends it");
        if (event && r.for_at_least.count() > 0)
            complain(alarm_at_, "an event has no duration", "use 'hold 20 s'");
    }

    bool read_class(rule& r) {
        const auto known = class_from_name(peek().as);
        if (peek().what != token::kind::word || !known) {
            complain(peek().at, fmt::format("there is no class '{}'", peek().as),
                     did_you_mean(peek().as, {"life-safety", "suspected", "service", "technical"}));
            return false;
        }
        next();
        r.of = *known;
        r.urgency = default_priority(*known);
        return true;
    }

    // param low = 40 bpm in 30 bpm .. 60 bpm
    void read_param(params& known) {
        const token& name = next();
        if (!word("=", "param NAME = VALUE UNIT in LEAST UNIT .. MOST UNIT")) return;
        const auto value = read_quantity();
        if (!value || !word("in", "a parameter declares its bounds")) return;
        const auto least = read_quantity();
        if (!least || !word("..", {})) return;
        const auto most = read_quantity();
        if (!most) return;
        if (value->second != least->second || value->second != most->second) {
            complain(name.at, "value and bounds must have one unit", {});
        } else if (value->first < least->first || value->first > most->first) {
            complain(name.at, fmt::format("the value lies outside its bounds {} .. {}", least->first, most->first),
                     {});
        } else {
            known[name.as] = *value;
        }
    }

    std::optional<std::pair<double, std::string_view>> read_quantity() {
        if (peek().what != token::kind::number) {
            complain(peek().at, "a number with its unit is expected here", {});
            return std::nullopt;
        }
        const double value = next().value;
        const bool unit = peek().what == token::kind::word;
        return std::pair{value, unit ? next().as : std::string_view{}};
    }

    // 40 bpm · low · low + 5 bpm
    std::optional<std::pair<double, std::string_view>> read_limit(const params& known) {
        if (peek().what != token::kind::word) return read_quantity();
        const auto named = known.find(peek().as);
        if (named == known.end()) {
            std::vector<std::string_view> names;
            for (const auto& [name, value] : known) names.push_back(name);
            complain(peek().at, fmt::format("'{}' is neither a number nor a parameter of this alarm", peek().as),
                     did_you_mean(peek().as, names));
            return std::nullopt;
        }
        next();
        auto value = named->second;
        const bool plus = is("+");
        if (plus || is("-")) {
            const token& sign = next();
            const auto more = read_quantity();
            if (!more) return std::nullopt;
            if (more->second != value.second) {
                complain(sign.at, fmt::format("'{}' and '{}' can't be added", value.second, more->second), {});
                return std::nullopt;
            }
            value.first += plus ? more->first : -more->first;
        }
        return value;
    }

    std::optional<std::chrono::nanoseconds> read_duration() {
        const token& at = peek();
        const auto read = read_quantity();
        if (!read) return std::nullopt;
        double seconds = 0;
        if (read->second == "ms")
            seconds = read->first / 1000;
        else if (read->second == "s")
            seconds = read->first;
        else if (read->second == "min")
            seconds = read->first * 60;
        else if (read->second == "h")
            seconds = read->first * 3600;
        else {
            complain(at.at, fmt::format("'{}' is no unit of time", read->second), "ms, s, min or h");
            return std::nullopt;
        }
        constexpr double longest = 31.0 * 24 * 3600;
        if (seconds <= 0 || seconds > longest) {
            complain(at.at, "a duration lies between 1 ms and 31 days", {});
            return std::nullopt;
        }
        return std::chrono::nanoseconds{static_cast<std::int64_t>(seconds * 1e9)};
    }

    std::optional<const signal_facts*> read_signal() {
        accept("own");
        const token& at = peek();
        const auto found = at.what == token::kind::word ? signal_from_name(at.as) : std::nullopt;
        if (!found) {
            std::vector<std::string_view> names;
            for (const auto& f : all_signals()) names.push_back(f.name);
            complain(at.at, fmt::format("there is no signal '{}'", at.as), did_you_mean(at.as, names));
            return std::nullopt;
        }
        next();
        return &facts_of(*found);
    }

    // An event, or a state and what it is compared with.
    std::optional<term> read_term(const params& known) {
        const auto facts = read_signal();
        if (!facts) return std::nullopt;
        const signal_facts& f = **facts;
        const token& how = peek();
        if (f.kind == signal_kind::momentary) return occurs{f.what};
        if (f.kind == signal_kind::boolean) {
            const bool becomes = accept("becomes");
            if (!becomes && !word("is", fmt::format("write: {} is true", f.name))) return std::nullopt;
            if (accept("true")) return comparison{f.what, comparison::op::is_true, 0};
            if (accept("false")) return comparison{f.what, comparison::op::is_false, 0};
            complain(peek().at, "'true' or 'false' is expected here", {});
            return std::nullopt;
        }
        using op = comparison::op;
        static constexpr std::pair<std::string_view, op> marks[]{
            {"<", op::less}, {"<=", op::less_equal}, {">", op::greater}, {">=", op::greater_equal}};
        const auto mark = std::ranges::find(marks, how.as, [](const auto& m) { return m.first; });
        if (how.what != token::kind::mark || mark == std::end(marks)) {
            complain(how.at, fmt::format("{} must be compared with a number", f.name), "with <, <=, > or >=");
            return std::nullopt;
        }
        next();
        const token& at = peek();
        const auto limit = read_limit(known);
        if (!limit) return std::nullopt;
        if (limit->second != f.unit) {
            complain(at.at, fmt::format("{} is measured in '{}', not in '{}'", f.name, f.unit, limit->second), {});
            return std::nullopt;
        }
        if (limit->first < f.least || limit->first > f.most) {
            complain(at.at,
                     fmt::format("{} lies between {} and {} {}: this can never be crossed", f.name, f.least,
                                 f.most, f.unit),
                     {});
            return std::nullopt;
        }
        return comparison{f.what, mark->second, limit->first};
    }

    bool read_when(rule& r, const params& known) {
        const auto what = read_term(known);
        if (!what) return false;
        r.when = *what;
        if (accept("for")) {
            const auto d = read_duration();
            if (!d) return false;
            r.for_at_least = *d;
        }
        return true;
    }

    // hold 20 s unless cancel or own bed_occupied becomes true
    void read_hold(rule& r, const params& known) {
        const auto d = read_duration();
        if (!d) return;
        r.hold = *d;
        if (!accept("unless")) return;
        do {
            const auto ends = read_term(known);
            if (!ends) return;
            if (r.unless.size() == limits::unless_terms) {
                complain(peek().at, "too many conditions after 'unless'", {});
                return;
            }
            r.unless.push_back(*ends);
        } while (accept("or"));
    }

    void read_clear(rule& r, const params& known) {
        const token& at = peek();
        const auto what = read_term(known);
        if (!what) return;
        if (!std::holds_alternative<comparison>(*what))
            return complain(at.at, "an alarm clears by a state, not by an event", {});
        r.clear = std::get<comparison>(*what);
        if (!accept("for")) return;
        if (const auto d = read_duration()) r.clear_for = *d;
    }

    std::vector<token> tokens_;
    std::vector<mistake>& wrong_;
    std::size_t at_ = 0;
    std::size_t alarm_at_ = 0;
};

// Where the text stops being UTF-8; npos where it is all well-formed.
[[nodiscard]] std::size_t first_not_utf8(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    std::size_t i = 0;
    while (i < text.size()) {
        const unsigned lead = byte(i);
        const std::size_t more = lead < 0x80 ? 0 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        if (lead >= 0x80 && (lead < 0xc2 || lead > 0xf4)) return i;
        for (std::size_t k = 1; k <= more; ++k) {
            if ((byte(i + k) & 0xc0U) != 0x80) return i;
        }
        const unsigned second = byte(i + 1);
        const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
        const bool outside = (lead == 0xed && second > 0x9f) || (lead == 0xf4 && second > 0x8f);
        if (overlong || outside) return i;
        i += more + 1;
    }
    return std::string_view::npos;
}

[[nodiscard]] pack_error located(std::string_view text, std::string_view file, const mistake& m) {
    const std::string_view before = text.substr(0, m.at);
    const auto line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    const auto line_end = std::min(text.find('\n', m.at), text.size());
    return {.file = std::string{file},
            .line = static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1,
            .column = m.at - line_start + 1,
            .what = m.what,
            .hint = m.hint,
            .source = std::string{text.substr(line_start, line_end - line_start)}};
}

} // namespace

std::string pack_error::in_words() const {
    std::string text = fmt::format("{}:{}:{}: {}", file, line, column, what);
    if (!source.empty()) {
        std::string indent = source.substr(0, std::min(column - 1, source.size()));
        for (char& c : indent) c = c == '\t' ? '\t' : ' ';
        text += fmt::format("\n    {}\n    {}^", source, indent);
    }
    if (!hint.empty()) text += "\n    " + hint;
    return text;
}

std::expected<pack, std::vector<pack_error>> read_pack(std::string_view text, std::string_view file) {
    if (text.size() > limits::pack_bytes) {
        return std::unexpected(std::vector{
            pack_error{.file = std::string{file},
                       .line = 1,
                       .column = 1,
                       .what = fmt::format("the pack is larger than {} KiB", limits::pack_bytes / 1024),
                       .hint = "split it"}});
    }
    if (const std::size_t at = first_not_utf8(text); at != std::string_view::npos) {
        const auto line = static_cast<std::size_t>(std::ranges::count(text.substr(0, at), '\n')) + 1;
        return std::unexpected(std::vector{pack_error{.file = std::string{file},
                                                      .line = line,
                                                      .column = 1,
                                                      .what = "the text isn't UTF-8",
                                                      .hint = "save the file as UTF-8 (it may be GBK)"}});
    }
    std::vector<mistake> wrong;
    parser p{text, wrong};
    pack result = p.read();
    if (wrong.empty()) return result;
    std::vector<pack_error> errors;
    for (const mistake& m : wrong) errors.push_back(located(text, file, m));
    return std::unexpected(std::move(errors));
}

} // namespace anban
