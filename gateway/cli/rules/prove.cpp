#include "gateway/cli/rules/prove.hpp"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gateway/cli/offline.hpp"
#include "gateway/cli/rules/home.hpp"
#include "gateway/cli/rules/json.hpp"
#include "rules/prover/prover.hpp"
#include "rules/prover/sources.hpp"

namespace anban::cli {
namespace {

namespace json = boost::json;
using prover::delay;
using prover::rule_proof;
using prover::term;

[[nodiscard]] std::string_view word(const terminal& t, term::kind what) {
    switch (what) {
    case term::kind::report: return t.say("上报间隔", "report");
    case term::kind::radio: return t.say("无线重发", "radio");
    case term::kind::pane: return t.say("窗口分格", "window's pane");
    case term::kind::window: return t.say("窗口", "window");
    case term::kind::lasting: return t.say("持续", "for");
    case term::kind::absence: return t.say("缺失", "absence");
    case term::kind::waiting: return t.say("等待", "without");
    case term::kind::hold: return t.say("保持", "hold");
    case term::kind::evaluation: return t.say("判断", "judging");
    case term::kind::commit: return t.say("写入日志", "journal");
    case term::kind::delivery: break;
    }
    return t.say("送达中心（第二次发送）", "to the centre, at the second try");
}

[[nodiscard]] std::string sum_in_words(const terminal& t, const delay& d) {
    std::string text;
    for (const auto& part : d.terms) {
        text +=
            fmt::format("{}{} {}", text.empty() ? "" : " + ", prover::in_words(part.amount), word(t, part.what));
        if (!part.device.empty()) text += fmt::format(" {}", part.device.str());
    }
    return text;
}

[[nodiscard]] std::string who_in_words(const terminal& t, const subject& who) {
    return who.id.empty() ? std::string{t.say("全家", "home")} : who.id;
}

constexpr long devices_shown = 6; // of one signal; --json has them all

[[nodiscard]] std::string feeds_in_words(const terminal& t, const rule_proof& r) {
    std::string text;
    for (const auto& f : r.feeds) {
        std::string devices;
        for (const auto& d : f.devices) {
            if (&d - f.devices.data() == devices_shown) {
                devices += fmt::format(" +{}", static_cast<long>(f.devices.size()) - devices_shown);
                break;
            }
            devices += fmt::format("{}{}", devices.empty() ? "" : ", ", d.str());
        }
        if (devices.empty()) devices = t.painted(t.say("无设备", "nothing"), f.needed ? colour::red : colour::dim);
        text += fmt::format("{}{} ← {}", text.empty() ? "" : "; ", f.signal, devices);
    }
    return text;
}

void render_rule(const terminal& t, const rule_proof& r, std::string& text) {
    const auto& title = t.chinese && !r.title_zh.empty() ? r.title_zh : r.title_en;
    // What is built in waits for its device and refuses nothing.
    const auto verdict = !r.proven() ? t.painted(t.say("被拒绝", "refused"), colour::red)
                         : r.told    ? t.painted(t.say("已证明", "proven "), colour::green)
                                     : t.painted(t.say("无设备", "idle   "), colour::yellow);
    text += fmt::format("{}  {}  {}  {}\n", verdict, harmless(who_in_words(t, r.who)),
                        t.painted(r.rule.str(), colour::bold), harmless(title));
    if (r.told) {
        text += fmt::format("    {} {} = {}\n", t.say("最迟", "at most"),
                            t.painted(prover::in_words(r.told->total()), colour::bold), sum_in_words(t, *r.told));
        if (r.confirmed)
            text += fmt::format("    {} {}\n", t.say("确认最迟", "confirmed after at most"),
                                prover::in_words(r.confirmed->total()));
    }
    if (r.detect_within)
        text += fmt::format("    {} {}\n", t.say("承诺", "promised within"), prover::in_words(*r.detect_within));
    text += fmt::format("    {}; {}\n", feeds_in_words(t, r),
                        t.chinese ? fmt::format("内存不超过 {} 字节", r.memory_bytes)
                                  : fmt::format("at most {} bytes of state", r.memory_bytes));
    for (const auto& f : r.findings) {
        text +=
            fmt::format("    {} {}\n", t.painted(f.refused ? "✗" : "!", f.refused ? colour::red : colour::yellow),
                        harmless(t.say(f.says.zh, f.says.en)));
        text += fmt::format("      → {}\n", harmless(t.say(f.cure.zh, f.cure.en)));
    }
}

[[nodiscard]] std::int64_t ms(std::chrono::nanoseconds d) {
    return std::chrono::ceil<std::chrono::milliseconds>(d).count();
}

[[nodiscard]] json::value as_json(const std::optional<delay>& d) {
    if (!d) return nullptr;
    json::array terms;
    for (const auto& part : d->terms) {
        terms.push_back(json::object{{"kind", name_of(part.what)},
                                     {"ms", ms(part.amount)},
                                     {"of", part.of},
                                     {"device", part.device.str()}});
    }
    return json::object{{"ms", ms(d->total())}, {"terms", std::move(terms)}};
}

[[nodiscard]] json::object as_json(const rule_proof& r) {
    json::array feeds;
    for (const auto& f : r.feeds) {
        json::array devices;
        for (const auto& d : f.devices) devices.emplace_back(d.str());
        feeds.push_back(json::object{{"signal", f.signal}, {"needed", f.needed}, {"devices", std::move(devices)}});
    }
    json::array findings;
    for (const auto& f : r.findings) {
        findings.push_back(json::object{{"kind", name_of(f.what)},
                                        {"refused", f.refused},
                                        {"says_zh", f.says.zh},
                                        {"says_en", f.says.en},
                                        {"cure_zh", f.cure.zh},
                                        {"cure_en", f.cure.en}});
    }
    json::object o{{"rule", r.rule.str()},
                   {"pack", r.pack},
                   {"title", json::object{{"zh", r.title_zh}, {"en", r.title_en}}},
                   {"subject", json::object{{"kind", name_of(r.who.of)}, {"id", r.who.id}}},
                   {"class", name_of(r.of)},
                   {"proven", r.proven()},
                   {"told_after_at_most", as_json(r.told)},
                   {"confirmed_after_at_most", as_json(r.confirmed)},
                   {"detect_within_ms", nullptr},
                   {"memory_bytes", r.memory_bytes},
                   {"feeds", std::move(feeds)},
                   {"findings", std::move(findings)}};
    if (r.detect_within) o["detect_within_ms"] = ms(*r.detect_within);
    return o;
}

[[nodiscard]] bool asked_for(const rule_proof& r, const std::string& which) {
    return which.empty() || r.rule.str() == which || r.pack == which || r.who.id == which ||
           (r.who.of == subject::kind::home && which == "home");
}

// Nothing is proven of a home whose packs don't all check: what was left out might be what matters.
[[nodiscard]] bool packs_are_good(const terminal& t, const std::vector<pack_file>& files) {
    json::array errors;
    for (const auto& file : files) {
        for (const auto& e : file.errors) {
            errors.push_back(rules_json(e));
            if (!t.json) t.complain(e.in_words(t.chinese));
        }
    }
    if (t.json && !errors.empty())
        t.line(json::serialize(json::object{{"ok", false}, {"error", errors.front()}, {"errors", errors}}));
    return errors.empty();
}

void show(const terminal& t, const prover::proof& p, const std::vector<language::plan_problem>& problems) {
    std::string text;
    std::size_t refused = 0;
    std::size_t hints = 0;
    for (const auto& r : p.rules) {
        render_rule(t, r, text);
        if (!r.proven()) ++refused;
        hints += static_cast<std::size_t>(std::ranges::count(r.findings, false, &prover::finding::refused));
    }
    if (!text.empty()) text.pop_back();
    if (!text.empty()) t.line(text);
    for (const auto& problem : problems) tell_problem(t, problem);
    const auto all = p.rules.size();
    t.line(t.chinese ? fmt::format("{} 条规则：{} 条已证明，{} 条被拒绝，{} 条提示，{} 个计划问题", all,
                                   all - refused, refused, hints, problems.size())
                     : fmt::format("{} rules: {} proven, {} refused, {} hints, {} problems of the plans", all,
                                   all - refused, refused, hints, problems.size()));
}

void show_json(const terminal& t, const prover::proof& p, const std::vector<language::plan_problem>& problems) {
    json::array rules;
    for (const auto& r : p.rules) rules.push_back(as_json(r));
    json::array left_out;
    for (const auto& problem : problems) left_out.push_back(rules_json(problem));
    t.line(json::serialize(json::object{
        {"ok", p.proven() && problems.empty()}, {"rules", std::move(rules)}, {"problems", std::move(left_out)}}));
}

} // namespace

exit_code run_rules_prove(const terminal& t, const std::filesystem::path& home, const std::string& which) {
    const auto all = load_home_rules(home);
    if (!all) return refuse(t, all.error());
    if (!packs_are_good(t, all->files)) return exit_code::refused;
    auto p = prover::prove(prover::with_calls(all->rules), all->where);
    auto problems = all->rules.problems;
    std::erase_if(p.rules, [&](const rule_proof& r) { return !asked_for(r, which); });
    if (!which.empty()) std::erase_if(problems, [&](const auto& problem) { return problem.who.str() != which; });
    if (p.rules.empty() && problems.empty()) {
        t.complain(t.chinese ? fmt::format("这里没有住户、规则或规则包 {}", which)
                             : fmt::format("there is no resident, rule or pack {} here", which));
        return exit_code::usage;
    }
    if (t.json)
        show_json(t, p, problems);
    else
        show(t, p, problems);
    return p.proven() && problems.empty() ? exit_code::ok : exit_code::refused;
}

} // namespace anban::cli
