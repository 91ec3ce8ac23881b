// Packs, alarms and their clauses. A mistake ends its clause, not the alarm: reading goes on with the next
// clause or alarm, so that one run tells them all.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "rules/language/checker.hpp"
#include "rules/language/conditions.hpp"
#include "rules/language/text.hpp"
#include "rules/language/units.hpp"
#include "rules/limits.hpp"

namespace anban::language {
namespace {

const std::vector<std::string_view> clause_words{"class", "priority", "about",     "param", "when",
                                                 "hold",  "clear",    "inhibited", "detect"};

[[nodiscard]] bool is_clause_word(const token& t) {
    return t.what == token::kind::word && std::ranges::find(clause_words, t.as) != clause_words.end();
}

class parser {
public:
    parser(std::string_view text, mistakes& wrong) : c_(text, wrong) {}

    [[nodiscard]] pack read() {
        read_heading();
        while (!c_.at_end() && !full()) {
            if (!c_.is("alarm")) {
                const said name = name_of(c_.peek());
                const said looks{"an alarm looks like: alarm NAME \"标题\" \"Title\" { … }",
                                 "报警的写法：alarm NAME \"标题\" \"Title\" { … }"};
                c_.complain(c_.peek().at,
                            {fmt::format("'alarm' is expected here, not {}", name.en),
                             fmt::format("此处应为 alarm，而不是{}", name.zh)},
                            c_.peek().what == token::kind::word ? did_you_mean(c_.peek().as, {"alarm"}, looks)
                                                                : looks);
                c_.next();
                skip_to_alarm();
                continue;
            }
            read_alarm();
        }
        return std::move(pack_);
    }

private:
    [[nodiscard]] bool full() const { return c_.complaints() >= limits::pack_errors; }

    void read_heading() {
        if (c_.demand("pack", {"a pack begins with: pack NAME \"标题\" \"Title\"",
                               "规则包的开头：pack NAME \"标题\" \"Title\""})) {
            const std::size_t at = c_.peek().at;
            if (auto n = name("the pack's name", "规则包的名字"))
                pack_.name = std::move(*n);
            else if (c_.peek().at == at && !c_.is("alarm"))
                c_.next();
        } else {
            skip_to_alarm();
        }
        read_titles(pack_.title_zh, pack_.title_en);
        if (pack_.title_zh.empty()) pack_.title_zh = pack_.title_en = pack_.name;
    }

    void read_titles(std::string& zh, std::string& en) {
        if (c_.peek().what != token::kind::text) return;
        zh = c_.next().without_quotes();
        en = c_.peek().what == token::kind::text ? std::string{c_.next().without_quotes()} : zh;
    }

    [[nodiscard]] std::optional<std::string> name(std::string_view what_en, std::string_view what_zh) {
        const token t = c_.peek();
        const bool word = t.what == token::kind::word && well_formed_id(t.as) &&
                          t.as.find('.') == std::string_view::npos && (t.as[0] < '0' || t.as[0] > '9');
        const bool reserved = std::ranges::find(reserved_words(), t.as) != reserved_words().end();
        if (word && !reserved) {
            c_.next();
            return std::string{t.as};
        }
        const said as = name_of(t);
        if (reserved && t.what == token::kind::word) {
            c_.complain(t.at, {fmt::format("{} can't be {}: it is a word of the language", as.en, what_en),
                               fmt::format("{}是语言的关键字，不能作{}", as.zh, what_zh)});
        } else {
            c_.complain(t.at,
                        {fmt::format("{} is expected here, not {}", what_en, as.en),
                         fmt::format("此处应为{}，而不是{}", what_zh, as.zh)},
                        {fmt::format("a letter, then letters, digits, _ and -; at most {}", limits::id_bytes),
                         fmt::format("以字母开头，由字母、数字、_ 和 - 组成，最多 {} 个", limits::id_bytes)});
        }
        return std::nullopt;
    }

    // ---- recovery ----

    [[nodiscard]] bool alarm_begins() const {
        // `alarm NAME is active` is a condition.
        return c_.is("alarm") && !c_.peek(2).is("is");
    }
    void skip_to_alarm() {
        while (!c_.at_end() && !alarm_begins()) c_.next();
    }
    void skip_clause() {
        while (!c_.at_end() && !is_clause_word(c_.peek()) && !c_.is("}") && !alarm_begins()) c_.next();
    }

    // ---- an alarm ----

    void read_alarm() {
        const std::size_t alarm_at = c_.next().at;
        const std::size_t before = c_.complaints();
        alarm_in_work alarm;
        clauses_seen seen;
        alarm.rule.pack = pack_.name;
        alarm.at = c_.peek().at;
        if (auto n = name("the alarm's name", "报警的名字")) {
            alarm.rule.id = rule_id{std::move(*n)};
        } else if (c_.peek().what == token::kind::word && !alarm_begins()) {
            c_.next();
        }
        check_name(alarm);
        read_titles(alarm.rule.title_zh, alarm.rule.title_en);
        if (alarm.rule.title_zh.empty()) alarm.rule.title_zh = alarm.rule.title_en = alarm.rule.id.str();
        if (!c_.demand("{", {"an alarm looks like: alarm NAME \"标题\" \"Title\" { … }",
                             "报警的写法：alarm NAME \"标题\" \"Title\" { … }"})) {
            skip_to_alarm();
            return;
        }
        bool open = true;
        while (open && !full()) {
            if (c_.accept("}")) {
                open = false;
            } else if (c_.at_end() || alarm_begins()) {
                c_.complain(alarm_at, {"this alarm has no end", "这个报警没有结束"},
                            {"close it with }", "用 } 结束"});
                return;
            } else {
                read_clause(alarm, seen);
            }
        }
        if (full() || c_.complaints() > before) return;
        if (seen.of == clauses_seen::nowhere)
            c_.complain(alarm.at, {"the alarm has no class", "报警没有类别"},
                        {"class life-safety, suspected, service or technical",
                         "class life-safety、suspected、service 或 technical"});
        if (seen.when == clauses_seen::nowhere)
            c_.complain(alarm.at, {"the alarm has no 'when'", "报警没有 when"},
                        {"e.g. when heart_rate < 40 bpm for 60 s", "例如 when heart_rate < 40 bpm for 60 s"});
        if (c_.complaints() > before) return;
        if (seen.priority == clauses_seen::nowhere) alarm.rule.urgency = default_priority(alarm.rule.of);
        check_whole(c_, alarm, seen);
        if (c_.complaints() > before) return;
        for (auto& p : alarm.params) alarm.rule.parameters.push_back(std::move(p.what));
        pack_.rules.push_back(std::move(alarm.rule));
    }

    void check_name(const alarm_in_work& alarm) {
        const std::string& n = alarm.rule.id.str();
        if (is_call(n)) {
            c_.complain(alarm.at,
                        {fmt::format("'{}' is built in and can't be written by a pack", n),
                         fmt::format("“{}”是内置的，规则包不能编写", n)},
                        {"it works without any file", "没有任何规则文件它也有效"});
        }
        if (n.empty()) return;
        if (std::ranges::find(names_, n) != names_.end()) {
            c_.complain(alarm.at,
                        {fmt::format("'{}' is in this pack already", n), fmt::format("本规则包中已有“{}”", n)},
                        {"rename or remove one of them", "改名或删除其中一个"});
        } else if (names_.size() == limits::rules_per_resident) {
            c_.complain(alarm.at,
                        {fmt::format("more than {} alarms in one pack", limits::rules_per_resident),
                         fmt::format("一个规则包中的报警超过 {} 个", limits::rules_per_resident)},
                        {"split it", "请拆分"});
        } else {
            names_.push_back(n);
        }
    }

    void read_clause(alarm_in_work& alarm, clauses_seen& seen) {
        const token word = c_.peek();
        const std::size_t before = c_.complaints();
        if (!is_clause_word(word)) {
            const said name = name_of(word);
            const said all{
                "a line begins with class, priority, about, param, when, hold, clear, inhibited or detect",
                "每行以 class、priority、about、param、when、hold、clear、inhibited 或 detect 开头"};
            const bool loose_end = word.is(")") || word.is("and") || word.is("or") || word.is("for");
            c_.complain(
                word.at,
                {fmt::format("{} isn't understood here", name.en), fmt::format("{}在这里无法理解", name.zh)},
                word.what == token::kind::word && !loose_end ? did_you_mean(word.as, clause_words, all) : all);
            c_.next();
            skip_clause();
            return;
        }
        c_.next();
        bool reads = true;
        if (word.is("param")) {
            read_param(alarm);
        } else if (once(word, seen)) {
            reads = read_named(word, alarm);
        }
        if (!reads || c_.complaints() > before) skip_clause();
    }

    // Each clause but `param` stands once. Its place is kept also where it doesn't read, so that it isn't called
    // missing.
    [[nodiscard]] bool once(const token& word, clauses_seen& seen) {
        const std::array<std::pair<std::string_view, std::size_t*>, 8> places{{{"class", &seen.of},
                                                                               {"priority", &seen.priority},
                                                                               {"about", &seen.about},
                                                                               {"when", &seen.when},
                                                                               {"hold", &seen.hold},
                                                                               {"clear", &seen.clear},
                                                                               {"inhibited", &seen.inhibited},
                                                                               {"detect", &seen.detect}}};
        for (const auto& [name, place] : places) {
            if (name != word.as) continue;
            if (*place == clauses_seen::nowhere) {
                *place = word.at;
                return true;
            }
            c_.complain(word.at,
                        {fmt::format("this alarm has a '{}' already", name), fmt::format("这个报警已有 {}", name)},
                        {"keep one of them", "只保留一个"});
        }
        return false;
    }

    [[nodiscard]] bool read_named(const token& word, alarm_in_work& alarm) {
        condition_reader conditions{c_, alarm};
        using sort = condition_reader::sort;
        alarm_rule& r = alarm.rule;
        if (word.is("class")) {
            read_class(r);
        } else if (word.is("priority")) {
            read_priority(r);
        } else if (word.is("about")) {
            r.about_home = c_.demand("home", {"write: about home", "写法：about home"});
        } else if (word.is("when")) {
            return conditions.read(r.when, sort::any, "when");
        } else if (word.is("clear")) {
            return conditions.read(r.clear, sort::state, "clear");
        } else if (word.is("hold")) {
            const auto lasting = conditions.duration(std::chrono::milliseconds{1});
            if (!lasting) return false;
            r.hold = lasting->lasting;
            r.hold_param = lasting->param;
            if (c_.accept("unless")) return conditions.read_unless(r.unless);
        } else if (word.is("inhibited")) {
            read_inhibitors(r);
        } else {
            if (!c_.demand("within", {"write: detect within 5 min", "写法：detect within 5 min"})) return false;
            const auto q = quantity(c_);
            if (!q) return false;
            if (q->unit != "s") {
                c_.complain(q->at, {"a duration is expected here", "此处应为时长"}, {"e.g. 5 min", "例如 5 min"});
            } else if (fits_duration(c_, q->value, std::chrono::milliseconds{1}, q->at)) {
                r.detect_within = from_seconds(q->value);
            }
        }
        return true;
    }

    void read_class(alarm_rule& r) {
        const token t = c_.peek();
        const auto known = t.what == token::kind::word ? class_from_name(t.as) : std::nullopt;
        if (!known) {
            const said name = name_of(t);
            c_.complain(t.at, {fmt::format("there is no class {}", name.en), fmt::format("没有类别{}", name.zh)},
                        did_you_mean(t.as, {"life-safety", "suspected", "service", "technical"},
                                     {"life-safety, suspected, service or technical",
                                      "life-safety、suspected、service 或 technical"}));
            return;
        }
        c_.next();
        r.of = *known;
    }

    void read_priority(alarm_rule& r) {
        for (const priority p : {priority::high, priority::medium, priority::low}) {
            if (!c_.accept(name_of(p))) continue;
            r.urgency = p;
            return;
        }
        const said name = name_of(c_.peek());
        c_.complain(
            c_.peek().at, {fmt::format("there is no priority {}", name.en), fmt::format("没有优先级{}", name.zh)},
            did_you_mean(c_.peek().as, {"high", "medium", "low"}, {"high, medium or low", "high、medium 或 low"}));
    }

    void read_inhibitors(alarm_rule& r) {
        if (!c_.demand("by", {"write: inhibited by long_bathroom", "写法：inhibited by long_bathroom"})) return;
        do {
            const token t = c_.peek();
            auto n = name("an alarm's name", "报警的名字");
            if (!n) return;
            if (is_call(*n) || *n == r.id.str()) {
                c_.complain(
                    t.at,
                    {fmt::format("'{}' can't inhibit this alarm", *n), fmt::format("“{}”不能抑制本报警", *n)},
                    *n == r.id.str() ? said{"an alarm can't depend on itself", "报警不能依赖它自己"}
                                     : said{"it has no memory: it is never 'active'", "它没有持续状态"});
                return;
            }
            if (r.inhibited_by.size() == limits::inhibitors) {
                c_.complain(t.at, {fmt::format("more than {} inhibitors", limits::inhibitors),
                                   fmt::format("抑制它的报警超过 {} 个", limits::inhibitors)});
                return;
            }
            if (std::ranges::find(r.inhibited_by, rule_id{*n}) != r.inhibited_by.end()) {
                c_.complain(t.at, {fmt::format("'{}' is named twice", *n), fmt::format("“{}”写了两次", *n)});
                return;
            }
            r.inhibited_by.emplace_back(std::move(*n));
        } while (c_.accept(","));
    }

    // param low = 40 bpm in 30 bpm .. 60 bpm
    void read_param(alarm_in_work& alarm) {
        const token at = c_.peek();
        auto n = name("the parameter's name", "参数的名字");
        if (!n) return;
        const said looks{"param NAME = VALUE UNIT in LEAST UNIT .. MOST UNIT",
                         "param 名字 = 值 单位 in 最小 单位 .. 最大 单位"};
        alarm.broken.push_back(*n); // until it has been read
        if (signal_from_name(*n) || measured(1, *n)) {
            c_.complain(at.at, {fmt::format("'{}' can't be a parameter: it is a signal or a unit", *n),
                                fmt::format("“{}”是信号或单位，不能作参数名", *n)});
            return;
        }
        const auto twice = [&](const declared& p) { return p.what.name == *n; };
        if (std::ranges::any_of(alarm.params, twice)) {
            c_.complain(at.at,
                        {fmt::format("there is a parameter '{}' already", *n), fmt::format("已有参数“{}”", *n)});
            return;
        }
        if (alarm.params.size() == limits::rule_parameters) {
            c_.complain(at.at, {fmt::format("more than {} parameters", limits::rule_parameters),
                                fmt::format("参数超过 {} 个", limits::rule_parameters)});
            return;
        }
        if (!c_.demand("=", looks)) return;
        const auto value = quantity(c_);
        if (!value || !c_.demand("in", {"a parameter declares its bounds: in 30 bpm .. 60 bpm",
                                        "参数要声明范围：in 30 bpm .. 60 bpm"}))
            return;
        const auto least = quantity(c_);
        if (!least || !c_.demand("..", looks)) return;
        const auto most = quantity(c_);
        if (!most) return;
        if (value->unit != least->unit || value->unit != most->unit) {
            c_.complain(at.at, {"value and bounds must have one kind of unit", "值和范围的单位必须一致"}, looks);
        } else if (least->value > most->value || value->value < least->value || value->value > most->value) {
            c_.complain(at.at, {fmt::format("the value lies outside its bounds {} .. {}",
                                            measure_in_words(least->value, least->unit),
                                            measure_in_words(most->value, most->unit)),
                                fmt::format("值不在范围 {} .. {} 内", measure_in_words(least->value, least->unit),
                                            measure_in_words(most->value, most->unit))});
        } else {
            alarm.broken.pop_back();
            alarm.params.push_back(
                {{*n, value->value, least->value, most->value, std::string{value->unit}}, at.at, false});
        }
    }

    cursor c_;
    pack pack_;
    std::vector<std::string> names_;
};

} // namespace

std::expected<pack, std::vector<pack_error>> read_pack(std::string_view text, std::string_view file) {
    if (auto error = unreadable(text, file)) return std::unexpected(std::vector{std::move(*error)});
    mistakes wrong;
    pack result = parser{text, wrong}.read();
    if (wrong.empty()) return result;
    return std::unexpected(located(text, file, std::move(wrong)));
}

} // namespace anban::language
