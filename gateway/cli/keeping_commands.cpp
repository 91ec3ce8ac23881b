#include "gateway/cli/keeping_commands.hpp"

#include <CLI/CLI.hpp>

#include "gateway/cli/backup.hpp"

namespace anban::cli {
namespace {

void audit_commands(CLI::App& app, command_line& c) {
    auto* audit = app.add_subcommand(
        "audit", c.say("审计记录：verify list export", "the audit trail: verify, list, export"));
    audit->require_subcommand(1);
    auto* verify =
        audit->add_subcommand("verify", c.say("核对审计记录是否完整、未被改动（不需要守护进程）",
                                              "is it whole and unchanged? (with or without the daemon)"));
    verify->add_option(
        "--expect", c.expect,
        c.say("以前抄下的链尾（至少前 8 位）", "a head that was noted earlier, or its first 8 digits"));
    verify->footer(
        c.say("有改动或缺失时退出码为 1。示例：\n  anban audit verify\n  anban audit verify --expect 3f9a12c4",
              "Exits 1 where something was changed or is missing. Examples:\n  anban audit verify\n"
              "  anban audit verify --expect 3f9a12c4"));
    verify->callback([&c] { c.code = run_audit_verify(c.t, c.dir(), c.expect); });

    const auto which = [&c](CLI::App& command) {
        command.add_option("--since", c.audit.since, c.say("多久以来：2h、7d", "of how long: 2h, 7d"));
        command.add_option("--alarm", c.audit.alarm,
                           c.say("只看一个报警：编号或前几位", "of one alarm: its id or its first digits"));
        command.add_option("--last", c.audit.last, c.say("最新的几条", "the newest so many"));
    };
    auto* list = audit->add_subcommand("list", c.say("谁在何时做了什么", "who did what, and when"));
    which(*list);
    list->footer(
        c.say("时间后的 ? 表示时钟未校准。示例：\n  anban audit list --since 7d\n  anban audit list --alarm 3f9a",
              "A ? behind a time: the clock wasn't synchronised. Examples:\n  anban audit list --since 7d\n"
              "  anban audit list --alarm 3f9a"));
    list->callback([&c] { c.code = run_audit_list(c.t, c.dir(), c.audit); });

    auto* out =
        audit->add_subcommand("export", c.say("导出为 JSON，每行一条", "the same as JSON, one entry a line"));
    out->add_option("file", c.audit.file, c.say("文件（默认标准输出）", "a new file (default: standard output)"));
    which(*out);
    out->footer(c.say("示例：\n  anban audit export audit.jsonl --since 30d",
                      "Example:\n  anban audit export audit.jsonl --since 30d"));
    out->callback([&c] { c.code = run_audit_export(c.t, c.dir(), c.audit); });
}

void backup_commands(CLI::App& app, command_line& c) {
    auto* backup =
        app.add_subcommand("backup", c.say("把家的配置、规则和日志存为一个文件（可在运行时）",
                                           "configuration, rules and journal in one file (the daemon may run)"));
    backup->add_option("file", c.backup_file, c.say("新文件", "a new file"))->required();
    backup->footer(c.say("不含密钥和密码；读数也不含。示例：\n  sudo anban backup /media/usb/gw-0001.backup",
                         "Keys and passwords are not in it, nor are readings. Example:\n"
                         "  sudo anban backup /media/usb/gw-0001.backup"));
    backup->callback([&c] { c.code = run_backup(c.t, c.dir(), c.backup_file); });

    auto* restore = app.add_subcommand(
        "restore", c.say("从备份恢复，也可恢复到新设备", "a home back from a backup, also onto a new box"));
    restore->add_option("file", c.backup_file, c.say("备份文件", "the backup"))->required();
    restore->add_flag("--force", c.force,
                      c.say("这里已有一个家时也恢复；原有文件会移开",
                            "also where a home is already; its files are moved aside"));
    restore->footer(c.say("守护进程须已停止。示例：\n  sudo anban restore /media/usb/gw-0001.backup",
                          "The daemon must not run. Example:\n  sudo anban restore /media/usb/gw-0001.backup"));
    restore->callback([&c] { c.code = run_restore(c.t, c.dir(), c.backup_file, c.force); });
}

} // namespace

void keeping_commands(CLI::App& app, command_line& c) {
    audit_commands(app, c);
    backup_commands(app, c);
}

} // namespace anban::cli
