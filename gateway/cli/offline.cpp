#include "gateway/cli/offline.hpp"

#include <chrono>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gateway/config/credentials/broker_files.hpp"
#include "gateway/config/credentials/join.hpp"
#include "gateway/config/credentials/spares.hpp"

namespace anban::cli {
namespace {

namespace json = boost::json;

[[nodiscard]] json::object as_json(const config_error& e) {
    return {{"file", e.file},       {"line", e.line},       {"column", e.column},  {"what_zh", e.what.zh},
            {"what_en", e.what.en}, {"cure_zh", e.cure.zh}, {"cure_en", e.cure.en}};
}

void show(const terminal& t, const config_error& e, colour c) {
    std::string place = e.file;
    if (e.line != 0) place += fmt::format(":{}:{}", e.line, e.column);
    t.line(fmt::format("{}  {}", t.painted(harmless(place), c), harmless(t.say(e.what))));
    t.line(fmt::format("    → {}", harmless(t.say(e.cure))));
}

} // namespace

exit_code refuse(const terminal& t, const config_errors& errors) {
    if (t.json) {
        json::array all;
        for (const auto& e : errors) all.push_back(as_json(e));
        t.line(json::serialize(json::object{{"ok", false}, {"error", all.front()}, {"errors", all}}));
        return exit_code::refused;
    }
    for (const auto& e : errors) t.complain(in_words(e, t.chinese));
    return exit_code::refused;
}

exit_code run_init(const terminal& t, const std::filesystem::path& dir, const std::string& gateway,
                   std::uint16_t broker_port) {
    if (!well_formed_id(gateway)) {
        t.complain(t.say("网关编号为 1 到 64 个字符：A-Z a-z 0-9 _ . -",
                         "a gateway's id has 1 to 64 characters: A-Z a-z 0-9 _ . -"));
        return exit_code::usage;
    }
    const auto started = init_home(dir, gateway, broker_port);
    if (!started) return refuse(t, started.error());
    if (t.json) {
        json::array created;
        for (const auto& name : started->created) created.emplace_back(name);
        t.line(json::serialize(json::object{{"ok", true}, {"home", dir.string()}, {"created", created}}));
        return exit_code::ok;
    }
    for (const auto& name : started->created) {
        t.line(fmt::format("{} {}", t.say("已创建", "created"), (dir / name).string()));
    }
    if (started->created.empty())
        t.line(t.say("都已存在，未改动", "everything is there already; nothing was changed"));
    t.line(
        t.say("下一步：anban join 文件，在 home.toml 填写房间和床位，然后 anban broker write，anban check",
              "next: anban join FILE, write rooms and beds into home.toml, then anban broker write, anban check"));
    return exit_code::ok;
}

exit_code run_join(const terminal& t, const std::filesystem::path& dir, const std::filesystem::path& join_file) {
    const auto done = join_district(dir, join_file);
    if (!done) return refuse(t, done.error());
    std::string hosts;
    for (const auto& host : done->hosts) hosts += fmt::format("{}\"{}\"", hosts.empty() ? "" : ", ", host);
    if (t.json) {
        json::array list;
        for (const auto& host : done->hosts) list.emplace_back(host);
        t.line(json::serialize(json::object{{"ok", true},
                                            {"gateway", done->gateway.str()},
                                            {"hosts", list},
                                            {"home_created", done->created_home},
                                            {"hosts_differ", done->hosts_differ},
                                            {"line", done->centre_line}}));
        return exit_code::ok;
    }
    t.line(
        fmt::format("{} {}", t.painted(t.say("已接入，网关", "joined as"), colour::green), done->gateway.str()));
    if (done->created_home) {
        t.line(fmt::format("{} {}", t.say("已创建", "created"), (dir / home_file).string()));
    } else if (done->hosts_differ) {
        t.line(fmt::format("{} {}:{}", t.painted(t.say("请修改", "please change"), colour::yellow),
                           (dir / home_file).string(), done->centre_line));
        t.line(fmt::format("    [centre]\n    hosts = [{}]", hosts));
    }
    t.line(t.say("如 anban-uplink 正在运行，请重启它：systemctl restart anban-uplink",
                 "if anban-uplink runs, restart it: systemctl restart anban-uplink"));
    return exit_code::ok;
}

exit_code run_broker_mend(const terminal& t, const std::filesystem::path& dir) {
    json::array told;
    for (const config_fault& f : mend_broker_files(dir)) {
        if (t.json) {
            told.push_back(json::object{{"key", f.key}, {"what", f.what.en}, {"cure", f.cure.en}});
        } else {
            t.line(fmt::format("{} — {}", t.say(f.what.zh, f.what.en), t.say(f.cure.zh, f.cure.en)));
        }
    }
    if (t.json) t.line(json::serialize(json::object{{"ok", true}, {"faults", told}}));
    return exit_code::ok;
}

exit_code run_broker_write(const terminal& t, const std::filesystem::path& dir, const driver_names& drivers,
                           const std::string& device_listener, std::optional<std::uint16_t> daemon_port) {
    const auto devices = parse_listener(device_listener);
    if (!devices) {
        t.complain(
            fmt::format("--device-listener {}: {}", device_listener,
                        t.say("应为 地址:端口，例如 0.0.0.0:1883", "must be ADDRESS:PORT, e.g. 0.0.0.0:1883")));
        return exit_code::usage;
    }
    const auto loaded = load_house(dir, drivers);
    if (!loaded) return refuse(t, loaded.error());
    const std::uint16_t port = daemon_port.value_or(loaded->broker.port);
    if (devices->port == port) {
        t.complain(t.say("设备和守护进程不能用同一个端口", "devices and the daemon need two different ports"));
        return exit_code::usage;
    }
    const auto drawn = write_broker_files(dir, *loaded, *devices, port);
    if (!drawn) return refuse(t, {drawn.error()});
    const bool reloaded = reload_broker(dir);
    if (t.json) {
        json::object passwords;
        for (const auto& p : *drawn) passwords[p.user] = p.password;
        t.line(json::serialize(json::object{{"ok", true},
                                            {"conf", (dir / "broker/mosquitto.conf").string()},
                                            {"device_port", devices->port},
                                            {"daemon_port", port},
                                            {"port_differs", port != loaded->broker.port},
                                            {"reloaded", reloaded},
                                            {"new_passwords", passwords}}));
        return exit_code::ok;
    }
    t.line(fmt::format("{} {}", t.say("已写入", "written:"), (dir / "broker").string()));
    for (const auto& p : *drawn) {
        t.line(fmt::format("{} {}  {}",
                           t.say("设备密码（只显示这一次）", "password of the device, shown this once:"), p.user,
                           t.painted(p.password, colour::bold)));
    }
    if (port != loaded->broker.port) {
        t.line(fmt::format("{} {}: [broker] port = {}",
                           t.painted(t.say("请修改", "please change"), colour::yellow), (dir / home_file).string(),
                           port));
    }
    if (reloaded) {
        t.line(t.say("代理已重新读取用户；监听端口的改动要重启它",
                     "the broker has read its users again; a changed "
                     "port needs a restart of it"));
    } else {
        t.line(fmt::format("{} mosquitto -c {}", t.say("启动代理：", "start the broker:"),
                           (dir / "broker/mosquitto.conf").string()));
    }
    return exit_code::ok;
}

exit_code run_check(const terminal& t, const std::filesystem::path& dir, const driver_names& drivers,
                    const rules_check& rules) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto found = check_home(dir, drivers, rules, now);
    std::size_t faults = 0;
    json::array all;
    for (const auto& f : found) {
        const bool fault = f.how == finding::weight::fault;
        if (fault) ++faults;
        if (t.json) {
            auto one = as_json(f.what);
            one["weight"] = fault ? "fault" : "advice";
            all.push_back(std::move(one));
        } else {
            show(t, f.what, fault ? colour::red : colour::yellow);
        }
    }
    if (t.json) {
        t.line(json::serialize(json::object{{"ok", faults == 0}, {"faults", faults}, {"findings", all}}));
    } else if (found.empty()) {
        t.line(t.painted(t.say("没有问题", "nothing wrong"), colour::green));
    } else {
        t.line(t.chinese ? fmt::format("{} 个问题，{} 条建议", faults, found.size() - faults)
                         : fmt::format("{} fault(s), {} advice", faults, found.size() - faults));
    }
    return faults == 0 ? exit_code::ok : exit_code::refused;
}

} // namespace anban::cli
