#include "gateway/cli/rules/plan.hpp"

#include <algorithm>
#include <map>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gateway/cli/offline.hpp"
#include "gateway/cli/rules/home.hpp"
#include "gateway/cli/rules/json.hpp"
#include "gateway/cli/words.hpp"
#include "gateway/config/fields.hpp"
#include "gateway/config/files.hpp"
#include "gateway/config/load.hpp"
#include "rules/language/units.hpp"

namespace anban::cli {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

[[nodiscard]] colour paint_of(const language::alarm_rule& r) {
    if (r.of == alarm_class::life_safety) return colour::red;
    return r.urgency == priority::high ? colour::yellow : colour::none;
}

[[nodiscard]] std::string who_word(const terminal& t, const subject& who) {
    return who.id.empty() ? std::string{t.say("家", "home")} : who.id;
}

[[nodiscard]] std::string pack_word(const terminal& t, const language::alarm_rule& r) {
    return r.pack.empty() ? std::string{t.say("内置", "built in")} : r.pack;
}

[[nodiscard]] std::string names_in(const std::vector<rule_id>& ids) {
    std::string all;
    for (const auto& id : ids) all += (all.empty() ? "" : ", ") + id.str();
    return all;
}

// ---- list ----

struct listed {
    const language::alarm_rule* rule;
    std::string who;
};

// In the order in which packs have them; what runs for nobody too.
[[nodiscard]] std::vector<listed> everything(const terminal& t, const home_rules& all) {
    std::vector<listed> rows;
    const auto runs_for = [&](const language::alarm_rule& r) {
        std::string who;
        for (const auto& e : all.rules.rules) {
            if (e.rule.id == r.id && e.rule.pack == r.pack) who += (who.empty() ? "" : ", ") + who_word(t, e.who);
        }
        return who;
    };
    for (const auto& r : language::built_in_rules()) {
        const bool everybody = r.id.str() != "fall";
        rows.push_back({&r, everybody ? std::string{t.say("所有人", "everybody")} : runs_for(r)});
    }
    for (const auto& f : all.files) {
        for (const auto& r : f.pack.rules) rows.push_back({&r, runs_for(r)});
    }
    return rows;
}

// Packs of the installation that the home hasn't.
[[nodiscard]] std::vector<fs::path> not_taken(const home_rules& all, const fs::path& shipped) {
    std::vector<fs::path> paths;
    for (const auto& path : files::in_folder(shipped, ".rules").value_or(std::vector<fs::path>{})) {
        const auto has = [&](const pack_file& f) { return f.name == "rules/" + path.filename().string(); };
        if (std::ranges::none_of(all.files, has)) paths.push_back(path);
    }
    return paths;
}

// ---- show ----

void show_rule(const terminal& t, const language::effective_rule& e) {
    const auto& r = e.rule;
    t.line(fmt::format("  {}  {}  {}", t.painted(r.id.str(), colour::bold),
                       t.painted(t.say(r.title_zh, r.title_en), paint_of(r)),
                       t.painted(fmt::format("{} · {} · {}", class_word(t, name_of(r.of)),
                                             urgency_word(t, name_of(r.urgency)), pack_word(t, r)),
                                 colour::dim)));
    const auto row = [&](std::string_view zh, std::string_view en, const std::string& text) {
        t.line(fmt::format("      {} {}", t.painted(padded(t.say(zh, en), 13), colour::dim), text));
    };
    row("条件", "when", language::in_words(r.when));
    if (r.hold.count() > 0) {
        std::string hold = language::duration_in_words(r.hold);
        for (std::size_t i = 0; i < r.unless.size(); ++i)
            hold += fmt::format(" {} {}", i == 0 ? "unless" : "or", language::in_words(r.unless[i]));
        row("等待确认", "hold", hold);
    }
    if (!r.clear.empty()) row("解除", "clear", language::in_words(r.clear));
    if (!r.inhibited_by.empty()) row("被其抑制", "inhibited by", names_in(r.inhibited_by));
    if (r.detect_within) row("须在此时间内", "detect within", language::duration_in_words(*r.detect_within));
    for (std::size_t i = 0; i < e.origins.size(); ++i) {
        const auto& from = e.origins[i];
        const auto& p = r.parameters[i];
        const std::string bounds = fmt::format("({} .. {})", language::measure_in_words(p.least, p.unit),
                                               language::measure_in_words(p.most, p.unit));
        const std::string where = from.overridden ? t.painted(from.where, colour::yellow)
                                                  : t.painted(t.say("规则包的值", "the pack's"), colour::dim);
        const std::string value = t.painted(language::measure_in_words(from.value, from.unit),
                                            from.overridden ? colour::bold : colour::none);
        t.line(fmt::format("      {} = {}  {}  {}", from.name, value, t.painted(bounds, colour::dim), where));
    }
}

[[nodiscard]] std::string heading(const terminal& t, const subject& who) {
    switch (who.of) {
    case subject::kind::home: return std::string{t.say("全家", "the home")};
    case subject::kind::bed: return fmt::format("{} {}", t.say("床位", "bed"), who.id);
    case subject::kind::room: return fmt::format("{} {}", t.say("房间", "room"), who.id);
    case subject::kind::resident: break;
    }
    return fmt::format("{} {}", t.say("住户", "resident"), who.id);
}

// In the order of the plans, then free beds, then the home.
[[nodiscard]] std::vector<subject> subjects(const installation& where) {
    std::vector<subject> all;
    for (const auto& p : where.plans) all.push_back({subject::kind::resident, p.who.str()});
    for (const auto& b : where.free_beds) all.push_back({subject::kind::bed, b.str()});
    all.push_back({});
    return all;
}

[[nodiscard]] bool is_named(const subject& who, const std::string& name) {
    return who.of == subject::kind::home ? name == "home" : who.id == name;
}

[[nodiscard]] exit_code nobody(const terminal& t, const std::vector<subject>& all, const std::string& who) {
    std::vector<std::string> names;
    for (const auto& s : all) names.push_back(s.id.empty() ? "home" : s.id);
    const std::string meant = nearest(who, names);
    const std::string list = fmt::format("{}", fmt::join(names, ", "));
    return refuse(t, {{"",
                       0,
                       0,
                       {fmt::format("没有住户 {}", who), fmt::format("there is no resident {}", who)},
                       meant.empty() ? wording{"可用：" + list, "there are: " + list}
                                     : wording{fmt::format("是否应为 {}？", meant),
                                               fmt::format("did you mean {}?", meant)}}});
}

} // namespace

exit_code run_rules_list(const terminal& t, const fs::path& home, const fs::path& shipped) {
    const auto all = load_home_rules(home);
    if (!all) return refuse(t, all.error());
    const auto rows = everything(t, *all);
    const auto more = not_taken(*all, shipped);
    const bool good = std::ranges::all_of(all->files, [](const pack_file& f) { return f.errors.empty(); });
    if (t.json) {
        json::array rules;
        for (const auto& row : rows) {
            rules.push_back(
                json::object{{"rule", row.rule->id.str()},
                             {"pack", row.rule->pack},
                             {"title", json::object{{"zh", row.rule->title_zh}, {"en", row.rule->title_en}}},
                             {"class", name_of(row.rule->of)},
                             {"priority", name_of(row.rule->urgency)},
                             {"runs_for", row.who}});
        }
        json::array packs;
        for (const auto& path : more) packs.emplace_back(path.string());
        json::array broken;
        for (const auto& f : all->files) {
            if (!f.errors.empty()) broken.emplace_back(f.name);
        }
        t.line(json::serialize(json::object{{"ok", good},
                                            {"rules", std::move(rules)},
                                            {"shipped", std::move(packs)},
                                            {"set_aside", std::move(broken)}}));
        return good ? exit_code::ok : exit_code::refused;
    }
    table out{{std::string{t.say("规则包", "pack")}, std::string{t.say("报警", "alarm")},
               std::string{t.say("标题", "title")}, std::string{t.say("类别", "class")},
               std::string{t.say("优先级", "priority")}, std::string{t.say("用于", "runs for")}}};
    for (const auto& row : rows) {
        const auto& r = *row.rule;
        out.add({{pack_word(t, r), colour::dim},
                 {r.id.str()},
                 {std::string{t.say(r.title_zh, r.title_en)}, paint_of(r)},
                 {class_word(t, name_of(r.of))},
                 {urgency_word(t, name_of(r.urgency))},
                 {row.who.empty() ? std::string{t.say("没有人", "nobody")} : row.who,
                  row.who.empty() ? colour::dim : colour::none}});
    }
    t.line(out.in(t));
    for (const auto& f : all->files) {
        if (!f.errors.empty())
            t.line(fmt::format(
                "{} {}  {}", t.painted("✗", colour::red), harmless(f.name),
                t.say("未通过检查，已停用：anban rules check", "is set aside: see anban rules check")));
    }
    if (!more.empty()) {
        std::string names;
        for (const auto& path : more) names += (names.empty() ? "" : ", ") + path.stem().string();
        t.line(fmt::format("\n{} {}\n    cp {}/NAME.rules {}/",
                           t.say("还可选用：", "shipped, and not in this home:"), names, shipped.string(),
                           (home / "rules").string()));
    }
    return good ? exit_code::ok : exit_code::refused;
}

exit_code run_rules_show(const terminal& t, const fs::path& home, const std::string& who) {
    const auto all = load_home_rules(home);
    if (!all) return refuse(t, all.error());
    const auto everyone = subjects(all->where);
    const bool known =
        who.empty() || std::ranges::any_of(everyone, [&](const auto& s) { return is_named(s, who); });
    if (!known) return nobody(t, everyone, who);
    std::vector<language::plan_problem> problems;
    for (const auto& p : all->rules.problems) {
        if (who.empty() || p.who.empty() || p.who.str() == who) problems.push_back(p);
    }
    json::array rules;
    for (const auto& s : everyone) {
        if (!who.empty() && !is_named(s, who)) continue;
        if (!t.json)
            t.line(fmt::format(
                "{}  {}", t.painted(heading(t, s), colour::bold),
                t.painted(t.say("（另有内置 sos、service）", "(and the built-in sos and service)"), colour::dim)));
        for (const auto& e : all->rules.rules) {
            if (e.who != s) continue;
            if (t.json)
                rules.push_back(rules_json(e));
            else
                show_rule(t, e);
        }
        if (!t.json) t.line("");
    }
    if (t.json) {
        json::array told;
        for (const auto& p : problems) told.push_back(rules_json(p));
        t.line(json::serialize(
            json::object{{"ok", problems.empty()}, {"rules", std::move(rules)}, {"problems", std::move(told)}}));
    } else {
        for (const auto& p : problems) tell_problem(t, p);
    }
    return problems.empty() ? exit_code::ok : exit_code::refused;
}

} // namespace anban::cli
