#include "gateway/cli/rules/render_past.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "gateway/cli/words.hpp"
#include "rules/language/pack.hpp"
#include "rules/prover/sources.hpp"
#include "rules/wall_text.hpp"

namespace anban::cli {
namespace {

namespace json = boost::json;
namespace lang = language;

constexpr std::size_t few_episodes = 40; // more are not listed one by one

[[nodiscard]] std::string who_text(const terminal& t, const subject& who) {
    return who.id.empty() ? std::string{t.say("家", "home")} : who.id;
}

[[nodiscard]] std::string held_text(const terminal& t, const episode& e) {
    switch (e.held) {
    case held_reason::inhibited: return fmt::format("{} {}", t.say("被抑制：", "held down by"), e.held_by);
    case held_reason::shelved: return fmt::format("{} {}", t.say("已搁置：", "shelved:"), e.held_by);
    case held_reason::out_of_service: return fmt::format("{} {}", t.say("已停用：", "out of service:"), e.held_by);
    case held_reason::none: break;
    }
    if (e.cancelled) return std::string{t.say("已取消", "cancelled")};
    if (e.confirmed) return std::string{t.say("已确认", "confirmed")};
    return {};
}

[[nodiscard]] std::string seen_text(const episode& e) {
    std::string all;
    for (const evidence& s : e.seen) {
        const signal_facts& f = facts_of(s.what);
        if (f.kind == signal_kind::quantity) {
            all += fmt::format("{}{} {} {}", all.empty() ? "" : ", ", f.name, s.value, f.unit);
        } else {
            all += fmt::format("{}{}", all.empty() ? "" : ", ", f.name);
        }
    }
    return all;
}

void add_episode(const terminal& t, table& to, const episode& e, const zone_table& zone, colour paint) {
    to.add({{wall_text(zone, e.began), paint},
            {std::string{t.say(e.title_zh, e.title_en)}, paint},
            {who_text(t, e.who)},
            {e.room.str()},
            {e.over ? span_text(t, *e.over - e.began) : "", colour::none},
            {e.calls > 1 ? fmt::format("×{}", e.calls) : "", colour::none},
            {held_text(t, e), colour::dim},
            {seen_text(e), colour::dim}});
}

[[nodiscard]] table episode_table(const terminal& t) {
    return table{{std::string{t.say("开始", "began")}, std::string{t.say("报警", "alarm")},
                  std::string{t.say("对象", "whose")}, std::string{t.say("房间", "room")},
                  std::string{t.say("持续", "lasted")}, "", "", std::string{t.say("依据", "seen")}}};
}

[[nodiscard]] json::object as_json(const episode& e) {
    json::object o{{"rule", e.rule.str()},       {"subject", e.who.id},    {"room", e.room.str()},
                   {"began", iso_text(e.began)}, {"calls", e.calls},       {"class", name_of(e.of)},
                   {"title_zh", e.title_zh},     {"title_en", e.title_en}, {"confirmed", e.confirmed},
                   {"cancelled", e.cancelled}};
    if (e.over) o["over"] = iso_text(*e.over);
    if (e.held != held_reason::none) o["held_by"] = e.held_by;
    json::array seen;
    for (const evidence& s : e.seen) {
        seen.push_back(json::object{{"device", s.device.str()}, {"signal", name_of(s.what)}, {"value", s.value}});
    }
    o["seen"] = std::move(seen);
    return o;
}

// The text of the part of an expression that ends with node `i`: its children stand before it.
[[nodiscard]] std::string part_text(const lang::expression& whole, std::size_t i) {
    lang::expression part;
    part.nodes.assign(whole.nodes.begin(), whole.nodes.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    return lang::in_words(part);
}

[[nodiscard]] std::string truth_text(const terminal& t, truth is, bool event) {
    switch (is) {
    case truth::yes: return t.painted(t.say("✓ 是", "✓ yes"), colour::green);
    case truth::no:
    case truth::unknown: break;
    }
    // An event happens in a moment and is neither true nor unknown between two.
    if (event) return t.painted(t.say("· 事件", "· event"), colour::dim);
    return is == truth::no ? t.painted(t.say("✗ 否", "✗ no"), colour::red)
                           : t.painted(t.say("? 未知", "? unknown"), colour::yellow);
}

} // namespace

std::string span_text(const terminal& t, std::chrono::nanoseconds span) {
    auto left = std::chrono::duration_cast<std::chrono::seconds>(span).count();
    std::string text;
    int parts = 0;
    const auto take = [&](std::int64_t size, std::string_view unit) {
        if (parts == 2 || left < size) return;
        text += fmt::format("{}{} {}", text.empty() ? "" : " ", left / size, unit);
        left %= size;
        ++parts;
    };
    take(86'400, t.say("天", "d"));
    take(3'600, t.say("小时", "h"));
    take(60, t.say("分", "min"));
    take(1, t.say("秒", "s"));
    return text.empty() ? fmt::format("0 {}", t.say("秒", "s")) : text;
}

std::string render_story(const terminal& t, const story& told) {
    const double days = std::chrono::duration<double, std::ratio<86'400>>(told.to - told.from).count();
    std::string text = fmt::format("{}  {} – {}  {} {}, {:.1f} {}\n\n", t.painted(told.name, colour::bold),
                                   wall_text(told.zone, told.from), wall_text(told.zone, told.to), told.readings,
                                   t.say("个读数", "readings"), days, t.say("天", "days"));
    struct row {
        const episode* one = nullptr;
        std::size_t all = 0, held = 0;
        std::set<std::int64_t> days;
    };
    std::map<rule_id, row> rows;
    for (const episode& e : told.episodes) {
        row& r = rows[e.rule];
        r.one = &e;
        if (e.held != held_reason::none) {
            ++r.held;
            continue;
        }
        ++r.all;
        r.days.insert(local_day(told.zone, e.began));
    }
    if (rows.empty()) return text + std::string{t.say("没有任何报警", "no rule would have called")} + "\n";
    table by_rule{{std::string{t.say("报警", "alarm")}, std::string{t.say("规则", "rule")},
                   std::string{t.say("类别", "class")}, std::string{t.say("次数", "times")},
                   std::string{t.say("每天", "a day")}, std::string{t.say("天数", "days with one")},
                   std::string{t.say("被抑制", "held down")}}};
    for (const auto& [id, r] : rows) {
        by_rule.add({{std::string{t.say(r.one->title_zh, r.one->title_en)},
                      r.one->of == alarm_class::life_safety ? colour::red : colour::none},
                     {id.str()},
                     {class_word(t, name_of(r.one->of))},
                     {fmt::format("{}", r.all)},
                     {days > 0 ? fmt::format("{:.3f}", static_cast<double>(r.all) / days) : "–"},
                     {fmt::format("{}", r.days.size())},
                     {r.held > 0 ? fmt::format("{}", r.held) : ""}});
    }
    text += by_rule.in(t);
    if (told.episodes.size() > few_episodes) return text;
    table each = episode_table(t);
    for (const episode& e : told.episodes) add_episode(t, each, e, told.zone, colour::none);
    return text + "\n" + each.in(t);
}

std::string render_difference(const terminal& t, const story& now, const story_difference& d) {
    std::string text = fmt::format("{}: {}  {}: {}  {}: {}\n", t.say("两者都报", "both"), d.both.size(),
                                   t.say("仅新规则", "only the new"), d.only_new.size(),
                                   t.say("仅旧规则", "only the old"), d.only_old.size());
    const auto list = [&](const std::vector<episode>& some, std::string_view mark, colour paint) {
        if (some.empty()) return;
        table rows = episode_table(t);
        for (const episode& e : some) add_episode(t, rows, e, now.zone, paint);
        text += fmt::format("\n{}\n{}", t.painted(mark, paint), rows.in(t));
    };
    list(d.only_new, t.say("+ 仅新规则", "+ only the new rules"), colour::green);
    list(d.only_old, t.say("- 仅旧规则", "- only the old rules"), colour::red);
    return text;
}

json::object as_json(const story& told) {
    json::array all;
    for (const episode& e : told.episodes) all.push_back(as_json(e));
    json::array days;
    for (const day_count& c : by_rule_and_day(told)) {
        const utc_time day{std::chrono::sys_days{std::chrono::days{c.day}}};
        days.push_back(json::object{
            {"rule", c.rule.str()}, {"day", wall_text({}, day).substr(0, 10)}, {"alarms", c.episodes}});
    }
    return {{"recording", told.name},    {"from", iso_text(told.from)}, {"to", iso_text(told.to)},
            {"readings", told.readings}, {"alarms", std::move(all)},    {"by_day", std::move(days)}};
}

json::object as_json(const story_difference& d, const zone_table&) {
    const auto list = [](const std::vector<episode>& some) {
        json::array a;
        for (const episode& e : some) a.push_back(as_json(e));
        return a;
    };
    return {{"both", d.both.size()}, {"only_new", list(d.only_new)}, {"only_old", list(d.only_old)}};
}

namespace {

[[nodiscard]] std::string state_text(const terminal& t, const rule_view& view) {
    if (view.active) return std::string{t.say("成立，已报警", "true: it has called")};
    if (view.holding) return std::string{t.say("已触发，等待确认", "told as suspected, its hold runs")};
    return std::string{t.say("平静", "at rest")};
}

// What keeps it down, whether it is true just now or not.
[[nodiscard]] std::string kept_down_text(const terminal& t, const rule_view& view) {
    switch (view.held) {
    case held_reason::inhibited:
        return fmt::format("{}{}", t.say("此刻被另一条规则压住：", "held down at the moment by "), view.held_by);
    case held_reason::shelved: return fmt::format("{}{}", t.say("已搁置：", "shelved by "), view.held_by);
    case held_reason::out_of_service:
        return fmt::format("{}{}", t.say("已停用：", "out of service by "), view.held_by);
    case held_reason::none: break;
    }
    return {};
}

// "38 bpm", "71.67 bpm", "3 times".
[[nodiscard]] std::string value_text(const lang::node& n, double value) {
    std::string text = fmt::format("{:.2f}", value);
    while (text.ends_with('0')) text.pop_back();
    if (text.ends_with('.')) text.pop_back();
    std::string unit{facts_of(n.what.what).unit};
    if (n.kind == lang::node_kind::counted) unit = "times";
    if (n.kind == lang::node_kind::window && n.over == lang::window_function::count) unit = "readings";
    if (n.kind == lang::node_kind::window && n.over == lang::window_function::rate) unit += "/d";
    return unit.empty() ? text : fmt::format("{} {}", text, unit);
}

[[nodiscard]] std::string lacks_text(const terminal& t, const node_view& view, const lang::node& n,
                                     const subject& who, const installation& where) {
    const bool of_signal = view.lacks == lang::in_words(n.what);
    if (of_signal && prover::sources_of(n.what, who, where).empty()) {
        return t.chinese ? fmt::format("这一家没有提供 {} 的设备", view.lacks)
                         : fmt::format("no device here gives {}", view.lacks);
    }
    if (t.chinese) return fmt::format("{}{}", of_signal ? "没有收到 " : "缺少：", view.lacks_zh);
    return fmt::format("{} {}", of_signal ? "not heard:" : "lacking:", view.lacks);
}

} // namespace

std::string render_standing(const terminal& t, const rule_view& view, const lang::alarm_rule& rule,
                            const installation& where, utc_time zero, utc_time at) {
    const lang::expression& when = rule.when;
    const auto wall = [&](mono_time m) {
        return zero + std::chrono::duration_cast<std::chrono::microseconds>(m.time_since_epoch());
    };
    std::string text =
        fmt::format("{} {}  {}  {}\n", t.painted(view.rule.str(), colour::bold),
                    t.say(rule.title_zh, rule.title_en), who_text(t, view.who), state_text(t, view));
    if (const auto held = kept_down_text(t, view); !held.empty()) {
        text += fmt::format("  {}\n", t.painted(harmless(held), colour::yellow));
    }
    // The whole first, then its parts, each under the condition that it belongs to.
    std::vector<std::size_t> depth(when.nodes.size());
    for (std::size_t i = when.nodes.size(); i-- > 0;) {
        for (const std::uint8_t child : {when.nodes[i].a, when.nodes[i].b}) {
            if (child != lang::no_child) depth[child] = depth[i] + 1;
        }
    }
    for (std::size_t i = when.nodes.size(); i-- > 0;) {
        const auto found = std::ranges::find(view.nodes, i, &node_view::node);
        if (found == view.nodes.end()) continue;
        const bool event = lang::is_event(when.nodes[i].kind);
        std::string line = fmt::format("  {}{}  {}", std::string(2 * depth[i], ' '),
                                       truth_text(t, found->is, event), part_text(when, i));
        if (found->value)
            line += t.painted(fmt::format("  = {}", value_text(when.nodes[i], *found->value)), colour::bold);
        // Only what the engine has seen change has a moment that means something.
        if (!event && found->is != truth::unknown && wall(found->since) > zero && wall(found->since) <= at) {
            line += fmt::format("  {} {} ({})", t.say("自", "since"), wall_text(where.zone, wall(found->since)),
                                span_text(t, at - wall(found->since)));
        }
        if (found->is != truth::yes && found->deadline && wall(*found->deadline) > at) {
            line += fmt::format("  {} {} ({} {})", t.say("最早", "earliest"),
                                wall_text(where.zone, wall(*found->deadline)), t.say("还差", "in"),
                                span_text(t, wall(*found->deadline) - at));
        }
        if (!found->lacks.empty()) {
            line += "  " + t.painted(lacks_text(t, *found, when.nodes[i], view.who, where), colour::yellow);
        }
        text += line + "\n";
    }
    return text;
}

json::object as_json(const rule_view& view, const lang::expression& when, utc_time zero) {
    json::array nodes;
    for (const node_view& n : view.nodes) {
        json::object o{{"condition", part_text(when, n.node)},
                       {"truth", name_of(n.is)},
                       {"since", iso_text(zero + std::chrono::duration_cast<std::chrono::microseconds>(
                                                     n.since.time_since_epoch()))}};
        if (n.value) o["value"] = *n.value;
        if (!n.lacks.empty()) o["lacks"] = n.lacks;
        if (n.deadline && n.is != truth::yes) {
            o["earliest"] = iso_text(
                zero + std::chrono::duration_cast<std::chrono::microseconds>(n.deadline->time_since_epoch()));
        }
        nodes.push_back(std::move(o));
    }
    return {{"rule", view.rule.str()},       {"subject", view.who.id},     {"active", view.active},
            {"holding", view.holding},       {"held", name_of(view.held)}, {"held_by", view.held_by},
            {"conditions", std::move(nodes)}};
}

} // namespace anban::cli
