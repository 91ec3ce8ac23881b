#include "gateway/cli/rules/past.hpp"

#include <unistd.h>

#include <chrono>
#include <fstream>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gateway/cli/client.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/offline.hpp"
#include "gateway/cli/render.hpp"
#include "gateway/cli/rules/home.hpp"
#include "gateway/cli/rules/render_past.hpp"
#include "gateway/recordings/readings_file.hpp"
#include "gateway/recordings/recording_file.hpp"
#include "rules/backtest/timeline.hpp"
#include "rules/wall_text.hpp"

namespace anban::cli {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

// How far back a rule can look: the longest `for` and window, and a baseline's days.
constexpr auto horizon = std::chrono::hours{24 * 31};

exit_code refused(const terminal& t, std::string_view zh, std::string_view en, std::string_view detail = {}) {
    const std::string what = fmt::format("{}{}{}", t.say(zh, en), detail.empty() ? "" : ": ", detail);
    if (t.json)
        t.line(json::serialize(json::object{{"ok", false}, {"error", what}}));
    else
        t.complain(what);
    return exit_code::refused;
}

[[nodiscard]] utc_time now() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

[[nodiscard]] fs::path journal_of(const fs::path& dir) {
    return dir / "journal";
}

// A bar on a terminal while a long play runs; nothing anywhere else, and nothing for a short one.
class progress_bar {
public:
    explicit progress_bar(const terminal& t) : t_(t), shown_(::isatty(::fileno(t.err)) == 1 && !t.json) {}
    ~progress_bar() {
        if (drawn_) fmt::print(t_.err, "\r\033[K");
    }
    progress_bar(const progress_bar&) = delete;
    progress_bar& operator=(const progress_bar&) = delete;

    void show(double part) {
        if (!shown_ || std::chrono::steady_clock::now() - begun_ < 500ms) return;
        const auto full = static_cast<std::size_t>(part * 30);
        fmt::print(t_.err, "\r[{}{}] {:3.0f} %", std::string(full, '#'), std::string(30 - full, ' '), part * 100);
        std::fflush(t_.err);
        drawn_ = true;
    }

private:
    const terminal& t_;
    bool shown_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

// The first mistake where one doesn't check.
[[nodiscard]] std::expected<std::vector<language::pack>, std::string>
packs_from(const terminal& t, const std::vector<std::string>& files) {
    std::vector<language::pack> packs;
    for (const std::string& file : files) {
        pack_file read = read_pack_file(file, file);
        if (!read.errors.empty()) return std::unexpected(read.errors.front().in_words(t.chinese));
        packs.push_back(std::move(read.pack));
    }
    return packs;
}

// All residents by all of these packs: what a person wants who tries a pack.
[[nodiscard]] language::effective_rules for_everybody(const std::vector<language::pack>& packs,
                                                      installation where) {
    for (care_plan& plan : where.plans) {
        plan.packs.clear();
        for (const auto& p : packs) plan.packs.push_back(p.name);
    }
    return language::lay_plans(packs, where);
}

[[nodiscard]] story played(const terminal& t, const recording& past, const language::effective_rules& rules) {
    progress_bar bar{t};
    replay_options how;
    how.progress = [&](double part) { bar.show(part); };
    return replay(past, rules, how);
}

// "2026-11-22 03:15" of local time.
[[nodiscard]] std::optional<utc_time> local_moment(const zone_table& zone, std::string_view text) {
    const auto local = utc_from_text(text);
    if (!local) return std::nullopt;
    return *local - offset_at(zone, *local - offset_at(zone, *local));
}

[[nodiscard]] const language::effective_rule* find_rule(const language::effective_rules& rules, const rule_id& id,
                                                        const subject& who) {
    for (const auto& r : rules.rules) {
        if (r.rule.id == id && r.who == who) return &r;
    }
    return nullptr;
}

// Plays the home's readings up to `at` and tells how each instance of the rule stood.
exit_code show_standing(const terminal& t, const fs::path& dir, const home_rules& home, const rule_id& rule,
                        const std::string& of, utc_time at, json::object answer = {}) {
    const auto past = read_past(journal_of(dir), home.where, at - horizon, at + 1us);
    if (!past) return refused(t, "没有保存的读数", "there are no kept readings", past.error());
    progress_bar bar{t};
    replay_options how;
    how.progress = [&](double part) { bar.show(part); };
    const standing stood = standing_at(*past, home.rules, at, rule, how);
    json::array all;
    bool any = false;
    for (const rule_view& view : stood.views) {
        if (!of.empty() && view.who.id != of) continue;
        const auto* effective = find_rule(home.rules, rule, view.who);
        if (effective == nullptr) continue;
        any = true;
        if (t.json)
            all.push_back(as_json(view, effective->rule.when, stood.zero));
        else
            t.line(render_standing(t, view, effective->rule.when, home.where.zone, stood.zero, at));
    }
    if (!any) {
        return refused(t, "没有这样的规则或住户；看 anban rules list",
                       "there is no such rule for such a resident; see anban rules list",
                       fmt::format("{} {}", rule.str(), of));
    }
    if (t.json) {
        answer["ok"] = true;
        answer["readings"] = past->samples.size();
        answer["rules"] = std::move(all);
        t.line(json::serialize(answer));
        return exit_code::ok;
    }
    const auto& heard = past->samples;
    const std::string until = heard.empty() ? std::string{} : wall_text(home.where.zone, heard.back().at);
    t.line(t.painted(heard.empty()
                         ? std::string{t.say("那时之前 31 天没有读数", "nothing was heard in the 31 days before")}
                         : fmt::format("{} {}", t.say("依据的读数截至", "by readings up to"), until),
                     heard.empty() ? colour::yellow : colour::dim));
    return exit_code::ok;
}

} // namespace

exit_code run_rules_replay(const terminal& t, const fs::path& dir, const replay_request& what) {
    const auto chosen = packs_from(t, what.packs);
    if (!chosen) return refused(t, "规则包有误", "the pack doesn't check", chosen.error());
    const auto other = packs_from(t, what.against);
    if (!other) return refused(t, "规则包有误", "the pack doesn't check", other.error());
    std::vector<language::pack> packs = *chosen;
    recording past;
    language::effective_rules rules;
    if (what.recording.empty() || packs.empty()) {
        auto home = load_home_rules(dir);
        if (!home) return refuse(t, home.error());
        rules = std::move(home->rules);
        past.where = std::move(home->where);
        // Of a recording of elsewhere the residents are others: the home's packs, for all of them.
        for (pack_file& f : home->files) {
            if (!what.recording.empty() && f.errors.empty()) packs.push_back(std::move(f.pack));
        }
    }
    if (what.recording.empty()) {
        auto own = read_past(journal_of(dir), past.where, now() - std::chrono::hours{24 * what.days}, now());
        if (!own) return refused(t, "没有保存的读数", "there are no kept readings", own.error());
        past = std::move(*own);
    } else {
        std::ifstream in{what.recording};
        if (!in) return refused(t, "无法读取", "can't be read", what.recording);
        auto file = read_recording(in, what.recording);
        if (!file) return refused(t, "录制文件有误", "the recording can't be used", file.error());
        past = std::move(*file);
    }
    if (past.samples.empty()) return refused(t, "没有读数", "there are no readings", past.name);
    if (!packs.empty()) rules = for_everybody(packs, past.where);
    const story told = played(t, past, rules);
    json::object answer{{"ok", true}, {"replay", as_json(told)}};
    if (!t.json) t.line(render_story(t, told));
    if (!other->empty()) {
        const auto d = compare(told, played(t, past, for_everybody(*other, past.where)));
        answer["difference"] = as_json(d, past.where.zone);
        if (!t.json) t.line(render_difference(t, told, d));
    }
    if (!what.picture.empty()) {
        std::ofstream to{what.picture};
        to << timeline_svg(past, told, t.chinese ? picture_language::zh : picture_language::en);
        to.close();
        if (!to) return refused(t, "无法写入", "can't be written", what.picture);
        if (!t.json) t.line(fmt::format("{} {}", t.say("图在", "picture in"), what.picture));
        answer["picture"] = what.picture;
    }
    if (t.json) t.line(json::serialize(answer));
    return exit_code::ok;
}

exit_code run_why(const terminal& t, const fs::path& dir, const std::string& alarm) {
    auto daemon = client::connect(dir);
    if (!daemon) return refuse(t, {daemon.error()});
    const auto answer = daemon->ask({{"do", "alarm"}, {"id", alarm}}, 10s);
    if (!answer) return refuse(t, {answer.error()});
    if (!flag_at(*answer, "ok")) return refused(t, "没有这样的报警", "there is no such alarm", alarm);
    const json::object told = object_at(*answer, "alarm");
    const std::string rule = text_at(told, "rule");
    const auto raised = utc_from_text(text_at(told, "raised_at"));
    if (!raised) {
        return refused(t, "报警时钟未设，无法对照读数",
                       "the alarm's clock was never set: its readings can't be found", alarm);
    }
    const std::string subject = text_at(told, "subject"); // resident/r-wang, or home
    const std::string who = subject.contains('/') ? subject : std::string{};
    auto home = load_home_rules(dir);
    if (!home) return refuse(t, home.error());
    if (!t.json) t.line(render_alarm(t, told));
    if (rule == "sos" || rule == "service") {
        if (t.json) {
            t.line(json::serialize(json::object{{"ok", true}, {"alarm", told}, {"rules", json::array{}}}));
        } else {
            t.line(t.say("内置规则：每次按键都报警，不需要条件",
                         "built in: each press calls, there is no condition to meet"));
        }
        return exit_code::ok;
    }
    return show_standing(t, dir, *home, rule_id{rule}, who.substr(who.find('/') + 1), *raised, {{"alarm", told}});
}

exit_code run_why_not(const terminal& t, const fs::path& dir, const std::string& rule, const std::string& resident,
                      const std::string& at) {
    auto home = load_home_rules(dir);
    if (!home) return refuse(t, home.error());
    utc_time when = now();
    if (!at.empty()) {
        const auto read = local_moment(home->where.zone, at);
        if (!read) {
            t.complain(t.say("时间写作 \"2026-11-22 03:15\"（当地时间）",
                             "a time looks like \"2026-11-22 03:15\" (local time)"));
            return exit_code::usage;
        }
        when = *read;
    }
    return show_standing(t, dir, *home, rule_id{rule}, resident, when);
}

} // namespace anban::cli
