#include "gateway/cli/rules/standing.hpp"

#include <algorithm>
#include <chrono>
#include <expected>
#include <thread>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gateway/cli/asking.hpp"
#include "gateway/cli/client.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/offline.hpp"
#include "gateway/cli/render.hpp"
#include "gateway/cli/rules/home.hpp"
#include "gateway/cli/rules/progress_bar.hpp"
#include "gateway/cli/rules/render_past.hpp"
#include "gateway/config/fields.hpp"
#include "gateway/recordings/readings_file.hpp"
#include "rules/backtest/replay.hpp"
#include "rules/language/pack.hpp"
#include "rules/wall_text.hpp"

namespace anban::cli {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

// How far back a rule can look: the longest `for` and window, and a baseline's days.
constexpr auto horizon = std::chrono::hours{24 * 31};
// A reading may be ten minutes old when it is heard, and an alarm's stamp is cut to milliseconds.
constexpr auto told_after = 11min;
constexpr auto told_before = 1s;
constexpr auto readings_written_after = 5s; // the daemon writes them a second after an alarm, behind its commit

[[nodiscard]] utc_time now() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

[[nodiscard]] std::string name_of(const subject& who) {
    return who.id.empty() ? std::string{"home"} : who.id;
}

// "2026-11-22 03:15" of local time.
[[nodiscard]] std::optional<utc_time> local_moment(const zone_table& zone, std::string_view text) {
    const auto local = utc_from_text(text);
    if (!local) return std::nullopt;
    return *local - offset_at(zone, *local - offset_at(zone, *local));
}

exit_code tell_built_in(const terminal& t, json::object answer) {
    if (t.json) {
        answer["ok"] = true;
        answer["rules"] = json::array{};
        t.line(json::serialize(answer));
    } else {
        t.line(t.say("内置规则：每次按键都报警，不需要条件",
                     "built in: each press calls, there is no condition to meet"));
    }
    return exit_code::ok;
}

// The rules of that name that were asked about; none is an error that says what there is.
[[nodiscard]] std::expected<std::vector<const language::effective_rule*>, config_error>
chosen(const home_rules& home, const rule_id& rule, const std::string& of) {
    std::vector<const language::effective_rule*> found;
    std::vector<std::string> names;
    std::vector<std::string> theirs;
    for (const auto& r : home.rules.rules) {
        names.push_back(r.rule.id.str());
        if (r.rule.id != rule) continue;
        theirs.push_back(name_of(r.who));
        if (of.empty() || name_of(r.who) == of) found.push_back(&r);
    }
    if (!found.empty()) return found;
    if (theirs.empty()) {
        const std::string meant = nearest(rule.str(), names);
        wording cure{"用 anban rules list 查看", "see `anban rules list`"};
        if (!meant.empty()) cure = {fmt::format("是否应为 {}？", meant), fmt::format("did you mean {}?", meant)};
        return std::unexpected(config_error{"anban why-not",
                                            0,
                                            0,
                                            {fmt::format("这一家没有运行规则 {}", rule.str()),
                                             fmt::format("no rule {} runs in this home", rule.str())},
                                            std::move(cure)});
    }
    const auto all = fmt::format("{}", fmt::join(theirs, ", "));
    return std::unexpected(config_error{"anban why-not",
                                        0,
                                        0,
                                        {fmt::format("规则 {} 不用于 {}", rule.str(), of),
                                         fmt::format("rule {} doesn't run for {}", rule.str(), of)},
                                        {"可用：" + all, "it runs for: " + all}});
}

// Tells how each of the chosen rules stood; `foot` says what the answer rests on.
exit_code show(const terminal& t, const home_rules& home,
               const std::vector<const language::effective_rule*>& rules, const standing& stood,
               std::string_view foot, colour paint, json::object answer) {
    json::array all;
    for (const auto* rule : rules) {
        const auto view = std::ranges::find(stood.views, rule->who, &rule_view::who);
        if (view == stood.views.end()) continue;
        if (t.json)
            all.push_back(as_json(*view, rule->rule.when, stood.zero));
        else
            t.line(render_standing(t, *view, rule->rule, home.where, stood.zero, stood.at));
    }
    if (!t.json) {
        t.line(t.painted(foot, paint));
        return exit_code::ok;
    }
    answer["ok"] = true;
    answer["at"] = iso_text(stood.at);
    answer["rests_on"] = foot;
    answer["rules"] = std::move(all);
    t.line(json::serialize(answer));
    return exit_code::ok;
}

[[nodiscard]] std::expected<recording, config_error> heard_before(const fs::path& dir, const home_rules& home,
                                                                  utc_time at) {
    auto past = read_past(dir / "journal", home.where, at - horizon, at + 1us);
    if (past) return *std::move(past);
    return std::unexpected(
        config_error{"journal/readings.db",
                     0,
                     0,
                     {fmt::format("没有保存的读数：{}", past.error()),
                      fmt::format("there are no kept readings: {}", past.error())},
                     {"anband 运行后才会保存读数", "they are kept from the first start of anband on"}});
}

[[nodiscard]] std::string until_when(const terminal& t, const home_rules& home, const recording& past) {
    if (past.samples.empty()) {
        return std::string{t.say("那时之前 31 天没有读数", "nothing was heard in the 31 days before")};
    }
    return fmt::format("{} {}", t.say("依据的读数截至", "by readings up to"),
                       wall_text(home.where.zone, past.samples.back().at));
}

exit_code show_past(const terminal& t, const fs::path& dir, const home_rules& home, const rule_id& rule,
                    const std::vector<const language::effective_rule*>& rules, utc_time at) {
    const auto past = heard_before(dir, home, at);
    if (!past) return refuse(t, {past.error()});
    progress_bar bar{t};
    replay_options how;
    how.progress = [&](double part) { bar.show(part); };
    const standing stood = standing_at(*past, home.rules, at, rule, how);
    return show(t, home, rules, stood, until_when(t, home, *past),
                past->samples.empty() ? colour::yellow : colour::dim, {});
}

// The one of these that is named so, else the first.
template <typename one_of>
[[nodiscard]] one_of named_at(const json::object& o, std::string_view field, std::initializer_list<one_of> all) {
    const auto found = std::ranges::find(all, text_at(o, field), [](one_of each) { return name_of(each); });
    return found == all.end() ? *all.begin() : *found;
}

[[nodiscard]] truth truth_at(const json::object& o) {
    return named_at(o, "truth", {truth::unknown, truth::no, truth::yes});
}

[[nodiscard]] held_reason held_at(const json::object& o) {
    return named_at(
        o, "held", {held_reason::none, held_reason::inhibited, held_reason::shelved, held_reason::out_of_service});
}

[[nodiscard]] rule_view view_in(const json::object& o) {
    rule_view v;
    v.rule = rule_id{text_at(o, "rule")};
    v.active = flag_at(o, "active");
    v.holding = flag_at(o, "holding");
    v.held = held_at(o);
    v.held_by = text_at(o, "held_by");
    for (const auto& item : array_at(o, "nodes")) {
        if (!item.is_object()) continue;
        const auto& n = item.get_object();
        node_view& node = v.nodes.emplace_back();
        node.node = static_cast<std::size_t>(number_at(n, "node"));
        node.is = truth_at(n);
        node.since = mono_time{std::chrono::nanoseconds{number_at(n, "since_ns")}};
        if (const auto* value = n.if_contains("value"); value != nullptr && value->is_number())
            node.value = value->to_number<double>();
        if (n.contains("deadline_ns"))
            node.deadline = mono_time{std::chrono::nanoseconds{number_at(n, "deadline_ns")}};
        node.lacks = text_at(n, "lacks_en");
        node.lacks_zh = text_at(n, "lacks_zh");
    }
    return v;
}

// By the engine that runs; nothing where no daemon answers.
std::optional<exit_code> show_present(const terminal& t, const fs::path& dir, const home_rules& home,
                                      const rule_id& rule,
                                      const std::vector<const language::effective_rule*>& rules) {
    auto daemon = client::connect(dir);
    if (!daemon) return std::nullopt;
    const auto answer = daemon->ask({{"do", "rule_standing"}, {"rule", rule.str()}}, answer_patience);
    if (!answer || !flag_at(*answer, "ok")) return std::nullopt; // also of another version
    standing stood;
    stood.at = utc_time{std::chrono::microseconds{number_at(*answer, "now_us")}};
    stood.zero = stood.at - std::chrono::microseconds{number_at(*answer, "now_ns") / 1000};
    for (const auto* known : rules) {
        const auto all = array_at(*answer, "rules");
        const auto runs = std::ranges::find_if(all, [&](const json::value& v) {
            return v.is_object() && text_at(v.get_object(), "who") == name_of(known->who) &&
                   text_at(v.get_object(), "when") == language::in_words(known->rule.when);
        });
        if (runs == all.end()) {
            return refuse(t, {{"anban why-not",
                               0,
                               0,
                               {fmt::format("磁盘上的规则 {} 与 anband 正在运行的不同", rule.str()),
                                fmt::format("rule {} on disk isn't the one that anband runs", rule.str())},
                               {"先运行 anban reload；若被拒绝，anban check 会说明原因",
                                "run `anban reload`; where that is refused, `anban check` says why"}}});
        }
        stood.views.push_back(view_in(runs->get_object()));
        stood.views.back().who = known->who;
    }
    return show(t, home, rules, stood, t.say("由正在运行的 anband 给出", "as anband judges it just now"),
                colour::dim, {});
}

} // namespace

exit_code run_why(const terminal& t, const fs::path& dir, const std::string& alarm) {
    auto daemon = client::connect(dir);
    if (!daemon) return refuse(t, {daemon.error()});
    const auto answer = daemon->ask({{"do", "alarm"}, {"id", alarm}}, answer_patience);
    if (!answer) return refuse(t, {answer.error()});
    if (!flag_at(*answer, "ok")) return refuse(t, {error_in(*answer)});
    const json::object told = object_at(*answer, "alarm");
    const rule_id rule{text_at(told, "rule")};
    auto home = load_home_rules(dir);
    if (!home) return refuse(t, home.error());
    if (!t.json) t.line(render_alarm(t, told) + "\n");
    if (language::is_call(rule.str())) return tell_built_in(t, {{"alarm", told}});
    const auto raised = utc_from_text(text_at(told, "raised_at"));
    if (!raised) {
        return refuse(t, {{"anban why",
                           0,
                           0,
                           {"报警时时钟从未校准，无法对照读数",
                            "the clock was never set when it was raised: its readings can't be found"},
                           {}}});
    }
    const std::string subject = text_at(told, "subject"); // resident/r-wang, or home
    const auto rules = chosen(*home, rule, subject.substr(subject.find('/') + 1));
    if (!rules) return refuse(t, {rules.error()});
    auto past = heard_before(dir, *home, *raised + told_before);
    progress_bar bar{t};
    replay_options how;
    how.progress = [&](double part) { bar.show(part); };
    std::optional<standing> begun;
    for (;;) {
        if (past) {
            begun = standing_when_begun(*past, home->rules, *raised - told_after, *raised + told_before, rule,
                                        rules->front()->who, how);
        }
        // What an alarm rests on is written a moment after it.
        if (begun || now() - *raised > readings_written_after) break;
        std::this_thread::sleep_for(200ms);
        past = heard_before(dir, *home, *raised + told_before);
    }
    if (!past) return refuse(t, {past.error()});
    if (begun) {
        return show(
            t, *home, *rules, *begun,
            fmt::format("{} {}{}", t.say("成立于", "so it stood at"), wall_text(home->where.zone, begun->at),
                        t.say("，由保存的读数重放得出", ", played again from the readings that were kept")),
            colour::dim, {{"alarm", told}, {"begins_again", true}});
    }
    // Honest rather than fitting: the condition isn't met by what is known today.
    return show(t, *home, *rules, standing_at(*past, home->rules, *raised, rule, how),
                fmt::format("{} {}",
                            t.say("重放时这条规则当时不成立：读数有缺失，或规则此后改过；",
                                  "played again the rule doesn't begin at that time: readings are "
                                  "missing, or the rule was changed since;"),
                            until_when(t, *home, *past)),
                colour::yellow, {{"alarm", told}, {"begins_again", false}});
}

exit_code run_why_not(const terminal& t, const fs::path& dir, const std::string& rule, const std::string& resident,
                      const std::string& at) {
    auto home = load_home_rules(dir);
    if (!home) return refuse(t, home.error());
    std::optional<utc_time> when;
    if (!at.empty()) {
        when = local_moment(home->where.zone, at);
        if (!when) {
            t.complain(t.say("时间写作 \"2026-11-22 03:15\"（当地时间）",
                             "a time looks like \"2026-11-22 03:15\" (local time)"));
            return exit_code::usage;
        }
    }
    const rule_id which{rule};
    if (language::is_call(which.str())) return tell_built_in(t, {});
    const auto rules = chosen(*home, which, resident);
    if (!rules) return refuse(t, {rules.error()});
    if (!when) {
        if (const auto shown = show_present(t, dir, *home, which, *rules)) return *shown;
    }
    return show_past(t, dir, *home, which, *rules, when.value_or(now()));
}

} // namespace anban::cli
