// The technician's program `anban`: reads the command line and hands on. The only file that knows CLI11.
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "gateway/cli/offline.hpp"
#include "gateway/cli/terminal.hpp"

namespace {

using namespace anban;
using namespace anban::cli;

// The language must be known before the help is written.
[[nodiscard]] bool chinese_asked(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--lang=zh") return true;
        if (word == "--lang=en") return false;
        if (word == "--lang" && i + 1 < argc) return std::string_view{argv[i + 1]} == "zh";
    }
    return wants_chinese();
}

[[nodiscard]] std::filesystem::path default_home() {
    const char* home = std::getenv("ANBAN_HOME"); // NOLINT(concurrency-mt-unsafe): no thread yet
    return home != nullptr && *home != '\0' ? home : "/etc/anban";
}

[[nodiscard]] std::filesystem::path tidy(const std::filesystem::path& dir) {
    auto whole = std::filesystem::absolute(dir).lexically_normal();
    return whole.has_filename() ? whole : whole.parent_path();
}

} // namespace

int main(int argc, char** argv) {
    terminal t;
    t.chinese = chinese_asked(argc, argv);
    t.colours = wants_colours(stdout);
    const auto say = [&t](const char* zh, const char* en) { return std::string{t.say(zh, en)}; };
    const driver_names drivers{"native", "zigbee2mqtt"};

    CLI::App app{say("安伴网关：技术员的命令行", "Anban gateway: the technician's command line"), "anban"};
    std::string home_dir = default_home().string();
    std::string lang;
    app.add_option("--home", home_dir, say("家的目录（默认 $ANBAN_HOME 或 /etc/anban）",
                                           "the home directory (default: $ANBAN_HOME, else /etc/anban)"));
    app.add_option("--lang", lang, say("语言 zh 或 en", "language: zh or en"))->check(CLI::IsMember({"zh", "en"}));
    app.add_flag("--json", t.json, say("输出 JSON", "answer in JSON"));
    app.require_subcommand(1);
    app.fallthrough();

    exit_code code = exit_code::ok;
    const auto dir = [&home_dir] { return tidy(home_dir); };

    std::string gateway = "gw-0001";
    std::uint16_t port = 1884;
    auto* init = app.add_subcommand("init", say("建立家的目录和带注释的 home.toml", "make a home directory with a commented home.toml"));
    init->add_option("--gateway", gateway, say("网关编号", "the gateway's id"))->capture_default_str();
    init->add_option("--broker-port", port, say("anband 连接代理的端口", "port on which anband reaches the broker"))
        ->capture_default_str();
    init->callback([&] { code = run_init(t, dir(), gateway, port); });

    std::string join_file;
    auto* join = app.add_subcommand("join", say("用中心给的接入文件接入", "join a centre with its join file"));
    join->add_option("file", join_file, say("接入文件", "the join file"))->required();
    join->callback([&] { code = run_join(t, dir(), join_file); });

    std::string device_listener = "0.0.0.0:1883";
    std::optional<std::uint16_t> daemon_port;
    auto* broker = app.add_subcommand("broker", say("家庭代理", "the home broker"));
    broker->require_subcommand(1);
    auto* write = broker->add_subcommand("write", say("生成 mosquitto 的配置、权限和用户", "write mosquitto's configuration, rights and users"));
    write->add_option("--device-listener", device_listener, say("设备用的 地址:端口", "ADDRESS:PORT for devices"))
        ->capture_default_str();
    write->add_option("--daemon-port", daemon_port, say("anband 用的端口（默认见 home.toml）",
                                                        "port for anband (default: as home.toml says)"));
    write->callback([&] { code = run_broker_write(t, dir(), drivers, device_listener, daemon_port); });

    auto* check = app.add_subcommand("check", say("离线检查家的目录", "check a home directory offline"));
    check->callback([&] { code = run_check(t, dir(), drivers, {}); });

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        const int said = app.exit(e);
        return said == 0 ? 0 : static_cast<int>(exit_code::usage);
    }
    return static_cast<int>(code);
}
