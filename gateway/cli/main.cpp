// The technician's program `anban`: reads the command line and hands on. The only file that knows CLI11.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "device-drivers/driver.hpp"
#include "gateway/cli/command_line.hpp"
#include "gateway/cli/keeping_commands.hpp"
#include "gateway/cli/offline.hpp"
#include "gateway/cli/online.hpp"
#include "gateway/cli/rules/check.hpp"
#include "gateway/cli/rules/files.hpp"
#include "gateway/cli/rules/past.hpp"
#include "gateway/cli/rules/plan.hpp"
#include "gateway/cli/rules/prove.hpp"
#include "gateway/cli/rules/shelving.hpp"
#include "gateway/cli/rules/standing.hpp"
#include "gateway/cli/terminal.hpp"
#include "gateway/config/load.hpp"

namespace {

using namespace anban;
using namespace anban::cli;

[[nodiscard]] std::string default_home() {
    const char* home = std::getenv("ANBAN_HOME"); // NOLINT(concurrency-mt-unsafe): no thread yet
    return home != nullptr && *home != '\0' ? home : "/etc/anban";
}

// The value of an option before CLI11 has read the line; the language must be known before the help is written.
[[nodiscard]] std::string told(int argc, char** argv, std::string_view option) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == option && i + 1 < argc) return argv[i + 1];
        if (word.size() > option.size() && word.starts_with(option) && word[option.size()] == '=') {
            return std::string{word.substr(option.size() + 1)};
        }
    }
    return {};
}

// --lang, else the locale, else what home.toml says: a box's root shell has no locale, but its house has.
[[nodiscard]] bool chinese_asked(int argc, char** argv) {
    if (const auto lang = told(argc, argv, "--lang"); !lang.empty()) return lang == "zh";
    if (const auto locale = locale_is_chinese()) return *locale;
    const auto home = told(argc, argv, "--home");
    return house_language(home.empty() ? default_home() : home) == "zh";
}

// Who has the keyboard: the person behind sudo, where there is one.
[[nodiscard]] std::string who_types() {
    for (const char* name : {"SUDO_USER", "USER", "LOGNAME"}) {
        const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): no thread yet
        if (value != nullptr && *value != '\0') return value;
    }
    return {};
}

[[nodiscard]] driver_names known_drivers() {
    driver_names names;
    for (const auto* d : drivers::all_drivers()) names.emplace_back(d->name());
    return names;
}

void offline_commands(CLI::App& app, command_line& c) {
    auto* init = app.add_subcommand(
        "init", c.say("建立家的目录和带注释的 home.toml", "make a home directory with a commented home.toml"));
    init->add_option("--gateway", c.gateway, c.say("网关编号", "the gateway's id"))->capture_default_str();
    init->add_option("--broker-port", c.broker_port,
                     c.say("anband 连接代理的端口", "port on which anband reaches the broker"))
        ->capture_default_str();
    init->footer(
        c.say("示例：\n  sudo anban init --gateway gw-0001", "Example:\n  sudo anban init --gateway gw-0001"));
    init->callback([&c] { c.code = run_init(c.t, c.dir(), c.gateway, c.broker_port); });

    auto* join = app.add_subcommand("join", c.say("用中心给的接入文件接入", "join a centre with its join file"));
    join->add_option("file", c.join_file, c.say("接入文件", "the join file"))->required();
    join->footer(
        c.say("示例：\n  sudo anban join gw-0001.join    # 由中心的 anban-dispatch home add 生成",
              "Example:\n  sudo anban join gw-0001.join    # written by `anban-dispatch home add` at the centre"));
    join->callback([&c] { c.code = run_join(c.t, c.dir(), c.join_file); });

    auto* broker = app.add_subcommand("broker", c.say("家庭代理", "the home broker"));
    broker->require_subcommand(1);
    auto* write = broker->add_subcommand(
        "write", c.say("生成 mosquitto 的配置、权限和用户", "write mosquitto's configuration, rights and users"));
    write
        ->add_option("--device-listener", c.device_listener,
                     c.say("设备用的 地址:端口", "ADDRESS:PORT for devices"))
        ->capture_default_str();
    write->add_option(
        "--daemon-port", c.daemon_port,
        c.say("anband 用的端口（默认见 home.toml）", "port for anband (default: as home.toml says)"));
    write->footer(c.say("示例：\n  sudo anban broker write --device-listener 192.168.1.10:1883",
                        "Example:\n  sudo anban broker write --device-listener 192.168.1.10:1883"));
    write->callback(
        [&c] { c.code = run_broker_write(c.t, c.dir(), known_drivers(), c.device_listener, c.daemon_port); });
    auto* mend = broker->add_subcommand(
        "mend", c.say("损坏的代理文件用备份恢复（代理启动前自动运行）",
                      "put spares in the place of damaged files of the broker (runs by itself before it starts)"));
    mend->footer(c.say("示例：\n  sudo anban broker mend && sudo systemctl restart anban-broker",
                       "Example:\n  sudo anban broker mend && sudo systemctl restart anban-broker"));
    mend->callback([&c] { c.code = run_broker_mend(c.t, c.dir()); });

    auto* check = app.add_subcommand("check", c.say("离线检查家的目录", "check a home directory offline"));
    check->footer(c.say("有问题时退出码为 1。示例：\n  anban --home ./my-home check",
                        "Exits 1 where a fault was found. Example:\n  anban --home ./my-home check"));
    check->callback([&c] { c.code = run_check(c.t, c.dir(), known_drivers(), rules_checker()); });
}

void shelving_commands(CLI::App& rules, command_line& c) {
    const auto names = [&c](CLI::App& command) {
        command
            .add_option("rule", c.shelf.rule,
                        c.say("规则名，见 anban rules list", "the rule, see anban rules list"))
            ->required();
        command
            .add_option("who", c.shelf.who, c.say("住户代号、空床位，或 home", "a resident, a free bed, or home"))
            ->required();
    };
    auto* shelve = rules.add_subcommand(
        "shelve", c.say("暂停一条规则的报警（生命安全的不行）；到期自动恢复",
                        "put a rule away for a while (none of life safety); it comes back by itself"));
    names(*shelve);
    shelve
        ->add_option("--for", c.shelf.length,
                     c.say("多久：30m、2h、7d；最长 31 天", "how long: 30m, 2h, 7d; 31 days at most"))
        ->required();
    shelve->add_option("--reason", c.shelf.reason, c.say("原因", "why"))->required();
    shelve->add_option("--by", c.shelf.by, c.say("谁负责（默认：当前用户）", "who answers for it (default: you)"));
    shelve->add_flag("--out-of-service", c.shelf.out_of_service,
                     c.say("停用：例如传感器在修", "it can't work for now, e.g. its sensor is being mended"));
    shelve->footer(
        c.say("示例：\n  anban rules shelve out_of_bed r-wang --for 12h --reason \"家属陪护\"",
              "Example:\n  anban rules shelve out_of_bed r-wang --for 12h --reason \"family stays the night\""));
    shelve->callback([&c] {
        if (c.shelf.by.empty()) c.shelf.by = who_types();
        c.code = run_shelve(c.t, c.dir(), c.shelf);
    });

    auto* unshelve = rules.add_subcommand(
        "unshelve", c.say("提前恢复；仍成立的会立即报警", "bring a rule back; what is still true calls at once"));
    names(*unshelve);
    unshelve->footer(c.say("示例：\n  anban rules unshelve out_of_bed r-wang",
                           "Example:\n  anban rules unshelve out_of_bed r-wang"));
    unshelve->callback([&c] { c.code = run_unshelve(c.t, c.dir(), c.shelf); });

    rules.add_subcommand("shelved", c.say("哪些规则被搁置或停用", "which rules are shelved or out of service"))
        ->callback([&c] { c.code = run_shelved(c.t, c.dir()); });
}

void rules_commands(CLI::App& app, command_line& c) {
    auto* rules = app.add_subcommand(
        "rules", c.say("规则：check format list show prove replay shelve unshelve shelved",
                       "rules: check, format, list, show, prove, replay, shelve, unshelve, shelved"));
    rules->require_subcommand(1);
    shelving_commands(*rules, c);

    auto* check = rules->add_subcommand(
        "check", c.say("检查规则包和护理计划（不需要守护进程）", "check packs and care plans (needs no daemon)"));
    check->add_option("files", c.files,
                      c.say("规则文件或目录，- 为标准输入；不写则检查这个家",
                            "rule files or folders, - for standard input; without any: this home"));
    check->footer(c.say("有错误时退出码为 1。示例：\n  anban rules check\n  anban rules check my-pack.rules",
                        "Exits 1 where something is wrong. Examples:\n  anban rules check\n"
                        "  anban rules check my-pack.rules"));
    check->callback([&c] { c.code = run_rules_check(c.t, c.dir(), c.files); });

    auto* format = rules->add_subcommand(
        "format", c.say("整理规则文件的排版，注释保留", "lay out rule files; comments stay"));
    format
        ->add_option("files", c.files,
                     c.say("规则文件或目录，- 从标准输入到标准输出",
                           "rule files or folders; - goes from standard input to standard output"))
        ->required();
    format->add_flag("--check", c.check_only,
                     c.say("不写文件；需要整理时退出码为 1", "write nothing; exit 1 where a file isn't laid out"));
    format->footer(c.say("示例：\n  anban rules format my-pack.rules\n  anban rules format --check rules/",
                         "Examples:\n  anban rules format my-pack.rules\n  anban rules format --check rules/"));
    format->callback([&c] { c.code = run_rules_format(c.t, c.files, c.check_only); });

    auto* list = rules->add_subcommand("list", c.say("全部报警，及各用于谁", "every alarm, and whom it runs for"));
    list->footer(c.say("示例：\n  anban rules list", "Example:\n  anban rules list"));
    list->callback([&c] { c.code = run_rules_list(c.t, c.dir(), ANBAN_SHIPPED_PACKS); });

    auto* show = rules->add_subcommand("show", c.say("某住户生效的规则，每个数值从何而来",
                                                     "the rules in force, and where each number came from"));
    show->add_option(
        "resident", c.id,
        c.say("住户代号、空床位，或 home；不写则全部", "a resident, a free bed, or home; without: all"));
    show->footer(
        c.say("计划与规则包不符时退出码为 1。示例：\n  anban rules show r-wang\n  anban rules show home --json",
              "Exits 1 where a plan doesn't fit its packs. Examples:\n  anban rules show r-wang\n"
              "  anban rules show home --json"));
    show->callback([&c] { c.code = run_rules_show(c.t, c.dir(), c.id); });

    auto* prove = rules->add_subcommand("prove", c.say("离线证明：每条规则由谁供数、最迟多久上报、为何不会触发",
                                                       "prove what feeds each rule, how late it could be at "
                                                       "worst, and why one can't work (needs no daemon)"));
    prove->add_option("which", c.id,
                      c.say("住户、规则或规则包；不写则全部", "a resident, rule or pack; without: all"));
    prove->footer(c.say(
        "有规则未能证明时退出码为 1。示例：\n  anban rules prove\n  anban --home ./my-home rules prove r-wang\n"
        "  anban --json rules prove bradycardia",
        "Exits 1 where a rule can't be proven. Examples:\n  anban rules prove\n"
        "  anban --home ./my-home rules prove r-wang\n  anban --json rules prove bradycardia"));
    prove->callback([&c] { c.code = run_rules_prove(c.t, c.dir(), c.id); });

    auto* replay =
        rules->add_subcommand("replay", c.say("用录下的读数回放规则：本来会有哪些报警",
                                              "run rules over recorded readings: what would have been alarms"));
    replay->add_option(
        "recording", c.replay.recording,
        c.say("录制文件（默认：本家保存的读数）", "a recording (default: what this home has kept)"));
    replay->add_option(
        "--pack", c.replay.packs,
        c.say("试用的规则包文件（默认：本家的规则）", "packs to try (default: the home's rules as installed)"));
    replay->add_option("--against", c.replay.against, c.say("与之比较的规则包文件", "packs to compare with"));
    replay->add_option("--days", c.replay.days, c.say("本家读数的天数", "days of this home's readings"))
        ->capture_default_str()
        ->check(CLI::Range(1, 62));
    replay->add_option("--picture", c.replay.picture, c.say("写出时间线图 (SVG)", "write a timeline (SVG)"));
    replay->footer(
        c.say("示例：\n  anban rules replay --days 7\n"
              "  anban rules replay house.csv --pack new.rules --against old.rules --picture house.svg",
              "Examples:\n  anban rules replay --days 7\n"
              "  anban rules replay house.csv --pack new.rules --against old.rules --picture house.svg"));
    replay->callback([&c] { c.code = run_rules_replay(c.t, c.dir(), c.replay); });
}

void why_commands(CLI::App& app, command_line& c) {
    auto* why = app.add_subcommand("why", c.say("一个报警为什么发生：规则的每个条件当时的状态",
                                                "why an alarm was raised: its rule's conditions at that moment"));
    why->add_option("alarm", c.id, c.say("报警编号，或至少前 4 位", "its id, or at least its first 4 digits"))
        ->required();
    why->footer(c.say("示例：\n  anban why 3f9a12c4", "Example:\n  anban why 3f9a12c4"));
    why->callback([&c] { c.code = run_why(c.t, c.dir(), c.id); });

    auto* not_fired = app.add_subcommand(
        "why-not", c.say("一条规则为什么没有报警：还缺什么", "why a rule has not called: what is missing for it"));
    not_fired->add_option("rule", c.rule, c.say("规则名，见 anban rules list", "the rule, see anban rules list"))
        ->required();
    not_fired->add_option("resident", c.id, c.say("住户（默认：所有人）", "the resident (default: everybody)"));
    not_fired->add_option(
        "--at", c.at,
        c.say("当地时间 \"2026-11-22 03:15\"（默认：现在）", "local time \"2026-11-22 03:15\" (default: now)"));
    not_fired->footer(c.say("示例：\n  anban why-not long_bathroom r-wang --at \"2026-11-22 03:15\"",
                            "Example:\n  anban why-not long_bathroom r-wang --at \"2026-11-22 03:15\""));
    not_fired->callback([&c] { c.code = run_why_not(c.t, c.dir(), c.rule, c.id, c.at); });
}

void device_commands(CLI::App& app, command_line& c) {
    auto* device =
        app.add_subcommand("device", c.say("设备：list add remove test", "devices: list, add, remove, test"));
    device->require_subcommand(1);
    device->add_subcommand("list", c.say("列出设备和上次听到的时间", "list devices and when each was last heard"))
        ->callback([&c] { c.code = run_device_list(c.t, c.dir()); });

    auto* add = device->add_subcommand(
        "add", c.say("登记设备；自有设备会得到密码", "register a device; a native one gets its password"));
    add->add_option("id", c.device.id, c.say("编号，例如 button-1", "its id, e.g. button-1"))->required();
    add->add_option("--driver", c.device.driver, c.say("native 或 zigbee2mqtt", "native or zigbee2mqtt"))
        ->required();
    add->add_option("--role", c.device.role,
                    "call_button | fall_detector | vitals_band | bed_mat | sensor | indicator")
        ->required();
    add->add_option("--address", c.device.address,
                    c.say("驱动中的名字（默认同编号）", "its name in the driver's family (default: its id)"));
    add->add_option("--room", c.device.room, c.say("所在房间", "the room where it hangs"));
    add->add_option("--owner", c.device.owner, c.say("佩戴者或使用者", "the resident who wears it"));
    add->add_option("--bed", c.device.bed, c.say("所在床位", "the bed that it belongs to"));
    add->add_option("--reports-every", c.device.reports_every,
                    c.say("至少多久上报一次，例如 1h", "how often it reports at least, e.g. 1h"));
    add->add_option("--provides", c.device.provides,
                    c.say("上报哪些信号，逗号分隔（默认按用途）",
                          "the signals that it gives, separated by commas (default: by its role)"))
        ->delimiter(',');
    const std::string examples =
        "  anban device add pir-bath --driver zigbee2mqtt --role sensor --room bathroom --provides "
        "motion,battery\n"
        "  anban device add button-1 --driver native --role call_button --room bathroom\n"
        "  anban device add zb-sos --driver zigbee2mqtt --role call_button --address 卧室/呼叫按钮";
    add->footer(c.say("示例：\n", "Examples:\n") + examples);
    add->callback([&c] { c.code = run_device_add(c.t, c.dir(), c.device); });

    auto* remove =
        device->add_subcommand("remove", c.say("移除设备，其密码作废", "remove a device; its password is void"));
    remove->add_option("id", c.id, c.say("编号", "its id"))->required();
    remove->footer(c.say("示例：\n  anban device remove button-1", "Example:\n  anban device remove button-1"));
    remove->callback([&c] { c.code = run_device_remove(c.t, c.dir(), c.id); });

    auto* test = device->add_subcommand(
        "test", c.say("测试设备到中心的全程", "test the whole way from a device to the centre"));
    test->add_option("id", c.id, c.say("编号", "its id"))->required();
    test->footer(c.say(
        "5 分钟内的一次按键算测试，不惊动任何人；未验证到中心时退出码为 1。示例：\n  anban device test button-1",
        "One press within 5 minutes is a test and pages nobody. Exits 1 where the way to the centre\n"
        "could not be proven. Example:\n  anban device test button-1"));
    test->callback([&c] { c.code = run_device_test(c.t, c.dir(), c.id); });
}

void other_commands(CLI::App& app, command_line& c) {
    auto* status = app.add_subcommand("status", c.say("现状：故障（最重的在前）及处理办法",
                                                      "how things are: faults, worst first, each with its cure"));
    status->footer(c.say("有故障时退出码为 1。示例：\n  anban status --json",
                         "Exits 1 where there is a fault. Example:\n  anban status --json"));
    status->callback([&c] { c.code = run_status(c.t, c.dir()); });

    auto* resident = app.add_subcommand("resident", c.say("住户：list add set", "residents: list, add, set"));
    resident->require_subcommand(1);
    resident->add_subcommand("list", c.say("列出住户", "list residents"))->callback([&c] {
        c.code = run_resident_list(c.t, c.dir());
    });
    auto* add =
        resident->add_subcommand("add", c.say("添加住户（只用代号，姓名存在中心）",
                                              "add a resident (a pseudonym; names are kept at the centre)"));
    add->add_option("id", c.id, c.say("代号，例如 r-wang", "the pseudonym, e.g. r-wang"))->required();
    add->add_option("--packs", c.packs, c.say("规则包，逗号分隔", "rule packs, separated by commas"))
        ->delimiter(',');
    add->footer(c.say("示例：\n  anban resident add r-wang --packs cardiac",
                      "Example:\n  anban resident add r-wang --packs cardiac"));
    add->callback([&c] { c.code = run_resident_add(c.t, c.dir(), c.id, c.packs); });

    auto* set = resident->add_subcommand(
        "set", c.say("修改住户的规则包和数值", "change a resident's packs and the numbers of their alarms"));
    set->add_option("id", c.change.id, c.say("代号", "the pseudonym"))->required();
    set->add_option(
           "--packs", c.change.packs,
           c.say("规则包，逗号分隔，取代原有的", "rule packs, separated by commas, instead of the present ones"))
        ->delimiter(',');
    set->add_option("--value", c.change.values,
                    c.say("报警.参数=数值；数值为空则恢复规则包的",
                          "alarm.parameter=number; an empty number takes the pack's again"));
    set->footer(c.say("示例：\n  anban resident set r-wang --packs living-alone,cardiac\n"
                      "  anban resident set r-wang --value bradycardia.low=\"45 bpm\"",
                      "Examples:\n  anban resident set r-wang --packs living-alone,cardiac\n"
                      "  anban resident set r-wang --value bradycardia.low=\"45 bpm\""));
    set->callback([&c] { c.code = run_resident_set(c.t, c.dir(), c.change); });

    app.add_subcommand("alarms", c.say("报警，未结束的在前", "alarms, open ones first"))->callback([&c] {
        c.code = run_alarms(c.t, c.dir());
    });
    auto* alarm = app.add_subcommand("alarm", c.say("一个报警：show", "one alarm: show"));
    alarm->require_subcommand(1);
    auto* show = alarm->add_subcommand("show", c.say("一个报警的全部经过", "everything about one alarm"));
    show->add_option("id", c.id, c.say("编号，或至少前 4 位", "its id, or at least its first 4 digits"))
        ->required();
    show->footer(c.say("示例：\n  anban alarm show 3f9a12c4", "Example:\n  anban alarm show 3f9a12c4"));
    show->callback([&c] { c.code = run_alarm_show(c.t, c.dir(), c.id); });

    auto* watch =
        app.add_subcommand("watch", c.say("实时显示读数和报警", "show readings and alarms as they come"));
    watch->footer(c.say("示例：\n  anban watch --json | grep hop", "Example:\n  anban watch --json | grep hop"));
    watch->callback([&c] { c.code = run_watch(c.t, c.dir()); });
    app.add_subcommand("reload",
                       c.say("改过 home.toml 后重新读取", "read the directory again after home.toml was edited"))
        ->callback([&c] { c.code = run_reload(c.t, c.dir()); });
}

} // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN); // a closed pipe ends a stream with an error of writing
    command_line c;
    c.t.chinese = chinese_asked(argc, argv);
    c.t.colours = wants_colours(stdout);
    c.home = default_home();
    std::string lang;

    CLI::App app{c.say("安伴网关：技术员的命令行", "Anban gateway: the technician's command line"), "anban"};
    app.set_version_flag("--version", "anban " ANBAN_VERSION);
    app.add_option("--home", c.home,
                   c.say("家的目录（默认 $ANBAN_HOME 或 /etc/anban）",
                         "the home directory (default: $ANBAN_HOME, else /etc/anban)"));
    app.add_option("--lang", lang,
                   c.say("语言 zh 或 en（默认按系统语言，其次 home.toml）",
                         "language: zh or en (default: the locale's, else home.toml's)"))
        ->check(CLI::IsMember({"zh", "en"}));
    app.add_flag("--json", c.t.json, c.say("输出 JSON", "answer in JSON"));
    app.require_subcommand(1);
    app.fallthrough();
    app.footer(c.say("一次上门：\n"
                     "  sudo anban join gw-0001.join && sudo anban broker write\n"
                     "  anban device add button-1 --driver native --role call_button --room bathroom\n"
                     "  anban device test button-1 && anban status\n"
                     "退出码：0 完成，1 被拒绝或发现故障，2 用法错误",
                     "A visit:\n"
                     "  sudo anban join gw-0001.join && sudo anban broker write\n"
                     "  anban device add button-1 --driver native --role call_button --room bathroom\n"
                     "  anban device test button-1 && anban status\n"
                     "Exit codes: 0 done, 1 refused or a fault was found, 2 used wrongly"));
    other_commands(app, c);
    device_commands(app, c);
    offline_commands(app, c);
    rules_commands(app, c);
    why_commands(app, c);
    keeping_commands(app, c);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        const int said = app.exit(e);
        return said == 0 ? 0 : static_cast<int>(exit_code::usage);
    }
    return static_cast<int>(c.code);
}
