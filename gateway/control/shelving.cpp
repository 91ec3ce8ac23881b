#include "gateway/control/shelving.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gateway/config/fields.hpp"
#include "gateway/control/as_json.hpp"
#include "gateway/control/changes.hpp"
#include "rules/limits.hpp"

namespace anban::control {
namespace json = boost::json;

namespace {

constexpr const char* shelving = "anban rules shelve";

[[nodiscard]] std::string name_of(const subject& who) {
    return who.id.empty() ? std::string{"home"} : who.id;
}

[[nodiscard]] json::object refused(const char* command, wording what, wording cure) {
    return refusal({command, 0, 0, std::move(what), std::move(cure)});
}

// For whom a rule runs, by the name that a technician types.
[[nodiscard]] std::expected<subject, json::object> subject_named(const daemon_side& daemon, const char* command,
                                                                 const rule_id& rule, const std::string& name) {
    const auto all = daemon.core.subjects_of(rule);
    const auto found = std::ranges::find(all, name, &name_of);
    if (found != all.end()) return *found;
    std::vector<std::string> known;
    for (const subject& who : all) known.push_back(name_of(who));
    if (known.empty()) {
        return std::unexpected(refused(command,
                                       {fmt::format("没有规则 {}", rule.str()), //
                                        fmt::format("no rule {} runs here", rule.str())},
                                       {"用 anban rules list 查看", "see `anban rules list`"}));
    }
    const auto runs_for = fmt::format("{}", fmt::join(known, ", "));
    return std::unexpected(refused(command,
                                   {fmt::format("规则 {} 不用于 {}", rule.str(), name),
                                    fmt::format("rule {} doesn't run for {}", rule.str(), name)},
                                   {"可用：" + runs_for, "it runs for: " + runs_for}));
}

[[nodiscard]] json::object explained(shelf_refusal why, const shelf& s) {
    const wording help{"运行 anban rules shelve --help", "see anban rules shelve --help"};
    switch (why) {
    case shelf_refusal::life_safety:
        return refused(
            shelving,
            {fmt::format("{} 属于生命安全，不能搁置或停用", s.rule.str()),
             fmt::format("{} is life safety: it can be neither shelved nor taken out of service", s.rule.str())},
            {"若是设备误报，请修理或更换设备", "where a device is at fault, mend or replace it"});
    case shelf_refusal::no_owner:
        return refused(shelving, {"缺少负责人", "who answers for it is missing or too long"}, //
                       {"加上 --by 姓名或工号", "add --by with a name or a number"});
    case shelf_refusal::no_reason:
        return refused(shelving, {"缺少原因", "the reason is missing or too long"},
                       {"加上 --reason，接警员会看到它", "add --reason; whoever looks will read it"});
    case shelf_refusal::no_end:
        return refused(shelving, {"时长须在 1 秒到 31 天之间", "it must end in 1 s to 31 days"},
                       {"例如 --for 2h", "e.g. --for 2h"});
    case shelf_refusal::full:
        return refused(
            shelving,
            {fmt::format("已有 {} 项搁置", limits::shelves), fmt::format("{} rules are shelved", limits::shelves)},
            {"先用 anban rules unshelve 恢复一些", "bring some back first: anban rules unshelve"});
    case shelf_refusal::no_such_rule: break;
    }
    return refused(shelving, {fmt::format("没有规则 {}", s.rule.str()), fmt::format("no rule {}", s.rule.str())},
                   help);
}

[[nodiscard]] json::object as_object(const shelf& s, const instant& now) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(s.until - now.mono);
    return {
        {"rule", s.rule.str()}, {"who", name_of(s.who)}, {"out_of_service", s.how == held_reason::out_of_service},
        {"by", s.owner},        {"reason", s.reason},    {"ends_in_s", left.count()}};
}

} // namespace

json::object shelve(const daemon_side& daemon, const json::object& request) {
    const rule_id rule{text_of(request, "rule")};
    const auto who = subject_named(daemon, shelving, rule, text_of(request, "who"));
    if (!who) return who.error();
    const auto* seconds = request.if_contains("for_s");
    const auto* out = request.if_contains("out_of_service");
    const instant now = daemon.now();
    // Above the longest that is allowed the sum must not overflow: it is refused all the same.
    constexpr std::int64_t most = std::chrono::seconds{limits::longest_shelf}.count() + 1;
    const std::int64_t length = seconds != nullptr && seconds->is_int64() ? seconds->get_int64() : 0;
    const shelf s{.rule = rule,
                  .who = *who,
                  .how = out != nullptr && out->is_bool() && out->get_bool() ? held_reason::out_of_service
                                                                             : held_reason::shelved,
                  .owner = text_of(request, "by"),
                  .reason = text_of(request, "reason"),
                  .until = now.mono + std::chrono::seconds{std::clamp<std::int64_t>(length, 0, most)}};
    daemon.feed(tick{}); // what is refused is judged by the moment of the last step
    if (const auto why = daemon.core.refuses(s)) return explained(*why, s);
    daemon.feed(shelve_rule{s});
    return {{"ok", true}, {"shelf", as_object(s, now)}};
}

json::object unshelve(const daemon_side& daemon, const json::object& request) {
    constexpr const char* command = "anban rules unshelve";
    const rule_id rule{text_of(request, "rule")};
    const auto who = subject_named(daemon, command, rule, text_of(request, "who"));
    if (!who) return who.error();
    const auto lies_there = [&](const shelf& s) { return s.rule == rule && s.who == *who; };
    if (std::ranges::none_of(daemon.core.shelves(), lies_there)) {
        return refused(command,
                       {fmt::format("规则 {} 没有被搁置", rule.str()),
                        fmt::format("rule {} of {} isn't shelved", rule.str(), name_of(*who))},
                       {"用 anban rules shelved 查看", "see `anban rules shelved`"});
    }
    daemon.feed(unshelve_rule{rule, *who});
    return {{"ok", true}, {"rule", rule.str()}, {"who", name_of(*who)}};
}

json::object shelves(const daemon_side& daemon) {
    json::array all;
    for (const shelf& s : daemon.core.shelves()) all.push_back(as_object(s, daemon.now()));
    return {{"ok", true}, {"shelves", std::move(all)}};
}

} // namespace anban::control
