#include "gateway/cli/rules/shelving.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gateway/cli/asking.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/words.hpp"

namespace anban::cli {
namespace json = boost::json;

std::string time_left(const terminal& t, std::int64_t seconds) {
    const auto minutes = (seconds + 59) / 60;
    const auto days = minutes / (24 * 60);
    const auto hours = minutes / 60 % 24;
    std::string text;
    const auto add = [&](std::int64_t n, const char* zh, const char* en) {
        if (n > 0) text += fmt::format("{}{} {}", text.empty() ? "" : " ", n, t.say(zh, en));
    };
    add(days, "天", "d");
    add(hours, "小时", "h");
    if (days == 0) add(minutes % 60, "分钟", "min");
    return text;
}

exit_code run_shelve(const terminal& t, const std::filesystem::path& dir, const new_shelf& s) {
    const auto seconds = seconds_of(s.length);
    if (!seconds) {
        t.complain(t.chinese ? fmt::format("--for {}：写成 30m、2h 或 7d", s.length)
                             : fmt::format("--for {}: write 30m, 2h or 7d", s.length));
        return exit_code::usage;
    }
    return ask(
        t, dir,
        {{"do", "rule_shelve"},
         {"rule", s.rule},
         {"who", s.who},
         {"by", s.by},
         {"reason", s.reason},
         {"for_s", *seconds},
         {"out_of_service", s.out_of_service}},
        [&](const json::object&) {
            const auto left = time_left(t, *seconds);
            tell(t, t.chinese
                        ? fmt::format("{} {} {}，{}后自动恢复",
                                      t.painted(s.out_of_service ? "已停用" : "已搁置", colour::yellow), s.rule,
                                      s.who, left)
                        : fmt::format("{} {} of {}; it comes back by itself in {}",
                                      t.painted(s.out_of_service ? "out of service:" : "shelved:", colour::yellow),
                                      s.rule, s.who, left));
            return exit_code::ok;
        });
}

exit_code run_unshelve(const terminal& t, const std::filesystem::path& dir, const new_shelf& s) {
    return ask(t, dir, {{"do", "rule_unshelve"}, {"rule", s.rule}, {"who", s.who}}, [&](const json::object&) {
        tell(t, fmt::format("{} {} {}", t.painted(t.say("已恢复", "runs again:"), colour::green), s.rule, s.who));
        return exit_code::ok;
    });
}

exit_code run_shelved(const terminal& t, const std::filesystem::path& dir) {
    return ask(t, dir, {{"do", "rules_shelved"}}, [&](const json::object& answer) {
        const auto shelves = array_at(answer, "shelves");
        if (shelves.empty()) {
            tell(t,
                 t.painted(t.say("没有搁置或停用的规则", "no rule is shelved or out of service"), colour::green));
            return exit_code::ok;
        }
        const auto say = [&t](const char* zh, const char* en) { return std::string{t.say(zh, en)}; };
        table rows{{say("规则", "rule"), say("用于", "of"), say("状态", "state"), say("负责人", "by"),
                    say("还剩", "left"), say("原因", "reason")}};
        for (const auto& value : shelves) {
            const auto& s = value.as_object();
            rows.add({{text_at(s, "rule")},
                      {text_at(s, "who")},
                      {std::string{flag_at(s, "out_of_service") ? t.say("停用", "out of service")
                                                                : t.say("搁置", "shelved")}},
                      {text_at(s, "by")},
                      {time_left(t, number_at(s, "ends_in_s"))},
                      {text_at(s, "reason")}});
        }
        tell(t, rows.in(t));
        return exit_code::ok;
    });
}

} // namespace anban::cli
