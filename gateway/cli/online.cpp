#include "gateway/cli/online.hpp"

#include <functional>

#include <fmt/format.h>

#include "gateway/cli/asking.hpp"
#include "gateway/cli/client.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/offline.hpp"
#include "gateway/cli/render.hpp"
#include "gateway/cli/words.hpp"
#include "rules/signal.hpp"

namespace anban::cli {
namespace json = boost::json;

namespace {

void warn_about_broker(const terminal& t, const json::object& answer) {
    if (t.json || flag_at(answer, "broker_reloaded")) return;
    t.line(t.painted(
        t.say("家庭代理没有运行，或不是用 anban broker write 的配置启动的；它启动时会读取新用户",
              "no home broker runs with the files of `anban broker write`; it reads its users when it starts"),
        colour::yellow));
}

// Follows a stream until it ends; `line` returns an exit code to end with.
[[nodiscard]] exit_code follow(const terminal& t, const std::filesystem::path& dir, const json::object& request,
                               const std::function<void(const json::object&)>& begin,
                               const std::function<std::optional<exit_code>(const json::object&)>& line) {
    auto daemon = client::connect(dir);
    if (!daemon) return refuse(t, {daemon.error()});
    const auto answer = daemon->ask(request, answer_patience);
    if (!answer) return refuse(t, {answer.error()});
    if (!flag_at(*answer, "ok")) {
        if (!t.json) return refuse(t, {error_in(*answer)});
        t.line(json::serialize(*answer));
        return exit_code::refused;
    }
    begin(*answer);
    for (;;) {
        const auto next = daemon->next_line(std::chrono::hours{1});
        if (!next) return refuse(t, {next.error()});
        if (!*next) continue;
        json::error_code bad;
        const auto event = json::parse(**next, bad);
        if (bad || !event.is_object()) continue;
        if (t.json) t.line(**next);
        if (const auto code = line(event.get_object())) return *code;
        if (std::ferror(t.out) != 0) return exit_code::ok; // whoever read us has gone
    }
}

} // namespace

exit_code run_status(const terminal& t, const std::filesystem::path& dir) {
    return ask(t, dir, {{"do", "status"}}, [&](const json::object& answer) {
        tell(t, render_status(t, answer));
        return array_at(answer, "faults").empty() ? exit_code::ok : exit_code::refused;
    });
}

exit_code run_device_list(const terminal& t, const std::filesystem::path& dir) {
    return ask(t, dir, {{"do", "devices"}}, [&](const json::object& answer) {
        tell(t, render_devices(t, answer));
        return exit_code::ok;
    });
}

exit_code run_device_add(const terminal& t, const std::filesystem::path& dir, const new_device& d) {
    json::object device{{"id", d.id},     {"driver", d.driver}, {"role", d.role}, {"address", d.address},
                        {"room", d.room}, {"owner", d.owner},   {"bed", d.bed}};
    if (!d.reports_every.empty()) {
        const auto every = seconds_of(d.reports_every);
        if (!every) {
            t.complain(fmt::format("--reports-every {}: {}", d.reports_every,
                                   t.say("例如 90s、15m、1h、7d", "use e.g. 90s, 15m, 1h, 7d")));
            return exit_code::usage;
        }
        device["reports_every_s"] = *every;
    }
    if (!d.provides.empty()) {
        json::array provides;
        for (const auto& s : d.provides) {
            if (!signal_from_name(s)) {
                t.complain(fmt::format("--provides {}: {}", s, t.say("没有这个信号", "there is no such signal")));
                return exit_code::usage;
            }
            provides.emplace_back(s);
        }
        device["provides"] = std::move(provides);
    }
    return ask(t, dir, {{"do", "device_add"}, {"device", std::move(device)}}, [&](const json::object& answer) {
        tell(t, fmt::format("{} {}", t.painted(t.say("已登记", "added"), colour::green), d.id));
        if (const auto password = text_at(answer, "password"); !password.empty()) {
            tell(t, fmt::format("  {} {}", padded(t.say("MQTT 用户", "MQTT user"), 16), d.id));
            tell(t, fmt::format("  {} {}", padded(t.say("MQTT 密码", "MQTT password"), 16),
                                t.painted(password, colour::bold)));
            tell(t, fmt::format("  {}",
                                t.say("密码只显示这一次；丢失时先 remove 再 add",
                                      "the password is shown this once; if it is lost, remove and add again")));
            warn_about_broker(t, answer);
        }
        tell(t, fmt::format("{} anban device test {}", t.say("下一步：", "next:"), d.id));
        return exit_code::ok;
    });
}

exit_code run_device_remove(const terminal& t, const std::filesystem::path& dir, const std::string& id) {
    return ask(t, dir, {{"do", "device_remove"}, {"id", id}}, [&](const json::object& answer) {
        tell(t, fmt::format("{} {}", t.painted(t.say("已移除", "removed"), colour::green), id));
        if (const auto warning = object_at(answer, "warning"); !warning.empty()) {
            tell(t, text_at(warning, t.chinese ? "what_zh" : "what_en"));
        }
        return exit_code::ok;
    });
}

exit_code run_device_test(const terminal& t, const std::filesystem::path& dir, const std::string& id) {
    const auto begin = [&](const json::object& answer) {
        if (t.json) {
            t.line(json::serialize(answer));
            return;
        }
        if (!flag_at(answer, "link")) {
            t.line(t.painted(t.say("现在没有到中心的连接：只能验证到网关",
                                   "no link to the centre: this can prove the way to the gateway only"),
                             colour::yellow));
        }
        t.line(t.chinese
                   ? fmt::format("请在 5 分钟内触发 {}。只有这一次算测试，不会惊动任何人。", id)
                   : fmt::format("Trigger {} within 5 minutes. Only this once is a test and pages nobody.", id));
    };
    return follow(t, dir, {{"do", "device_test"}, {"id", id}}, begin,
                  [&](const json::object& event) -> std::optional<exit_code> {
                      tell(t, render_test_step(t, event));
                      if (text_at(event, "event") != "end") return std::nullopt;
                      return flag_at(event, "proven") ? exit_code::ok : exit_code::refused;
                  });
}

exit_code run_resident_list(const terminal& t, const std::filesystem::path& dir) {
    return ask(t, dir, {{"do", "residents"}}, [&](const json::object& answer) {
        tell(t, render_residents(t, answer));
        return exit_code::ok;
    });
}

exit_code run_resident_add(const terminal& t, const std::filesystem::path& dir, const std::string& id,
                           const std::vector<std::string>& packs) {
    json::array names;
    for (const auto& pack : packs) names.emplace_back(pack);
    return ask(t, dir, {{"do", "resident_add"}, {"id", id}, {"packs", std::move(names)}},
               [&](const json::object&) {
                   tell(t, fmt::format("{} {}", t.painted(t.say("已添加", "added"), colour::green), id));
                   return exit_code::ok;
               });
}

// "bradycardia.low=45 bpm", or "cardiac.bradycardia.low=45 bpm" where two packs have the alarm.
[[nodiscard]] static std::optional<json::object> value_in(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) return std::nullopt;
    std::vector<std::string> names{""};
    for (const char c : text.substr(0, equals)) {
        if (c == '.')
            names.emplace_back();
        else
            names.back() += c;
    }
    if (names.size() < 2 || names.size() > 3) return std::nullopt;
    return json::object{{"pack", names.size() == 3 ? names[0] : std::string{}},
                        {"alarm", names[names.size() - 2]},
                        {"param", names.back()},
                        {"value", text.substr(equals + 1)}};
}

exit_code run_resident_set(const terminal& t, const std::filesystem::path& dir, const resident_change& change) {
    json::object request{{"do", "resident_set"}, {"id", change.id}};
    if (change.packs) {
        json::array names;
        for (const auto& pack : *change.packs) {
            if (!pack.empty()) names.emplace_back(pack);
        }
        request["packs"] = std::move(names);
    }
    json::array values;
    for (const auto& text : change.values) {
        auto value = value_in(text);
        if (!value) {
            t.complain(fmt::format("--value {}: {}", text,
                                   t.say("写成 bradycardia.low=\"45 bpm\"", "write bradycardia.low=\"45 bpm\"")));
            return exit_code::usage;
        }
        values.push_back(std::move(*value));
    }
    if (!values.empty()) request["values"] = std::move(values);
    return ask(t, dir, request, [&](const json::object&) {
        tell(t, fmt::format(
                    "{} {}  {}", t.painted(t.say("已修改", "changed"), colour::green), change.id,
                    t.painted(t.say("anban rules show 显示生效的规则", "anban rules show tells what holds now"),
                              colour::dim)));
        return exit_code::ok;
    });
}

exit_code run_alarms(const terminal& t, const std::filesystem::path& dir) {
    return ask(t, dir, {{"do", "alarms"}}, [&](const json::object& answer) {
        tell(t, render_alarms(t, answer));
        return exit_code::ok;
    });
}

exit_code run_alarm_show(const terminal& t, const std::filesystem::path& dir, const std::string& id) {
    return ask(t, dir, {{"do", "alarm"}, {"id", id}}, [&](const json::object& answer) {
        tell(t, render_alarm(t, object_at(answer, "alarm")));
        return exit_code::ok;
    });
}

exit_code run_watch(const terminal& t, const std::filesystem::path& dir) {
    const auto begin = [&](const json::object&) {
        tell(t, t.painted(t.say("正在观察，Ctrl-C 结束", "watching; Ctrl-C ends it"), colour::dim));
    };
    return follow(t, dir, {{"do", "watch"}}, begin, [&](const json::object& event) -> std::optional<exit_code> {
        tell(t, render_event(t, event));
        return std::nullopt;
    });
}

exit_code run_reload(const terminal& t, const std::filesystem::path& dir) {
    return ask(t, dir, {{"do", "reload"}}, [&](const json::object& answer) {
        tell(t, t.painted(t.say("已重新读取", "read again"), colour::green));
        if (flag_at(answer, "restart_needed")) {
            tell(t, t.painted(t.say("[broker] 或 [centre] 有改动：systemctl restart anband anban-uplink",
                                    "[broker] or [centre] has changed: systemctl restart anband anban-uplink"),
                              colour::yellow));
        }
        return exit_code::ok;
    });
}

} // namespace anban::cli
