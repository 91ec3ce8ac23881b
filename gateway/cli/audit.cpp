#include "gateway/cli/audit.hpp"

#include <chrono>
#include <deque>
#include <memory>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gateway/cli/offline.hpp"
#include "gateway/cli/words.hpp"
#include "gateway/config/zone.hpp"
#include "gateway/journal/audit.hpp"
#include "rules/wall_text.hpp"

namespace anban::cli {
namespace json = boost::json;

namespace {

[[nodiscard]] wording words_of(audit_event::kind what) {
    using kind = audit_event::kind;
    switch (what) {
    case kind::started: return {"网关启动", "started"};
    case kind::raised: return {"报警", "raised"};
    case kind::pressed: return {"再次按键", "pressed again"};
    case kind::judged: return {"规则判定", "judged"};
    case kind::taken: return {"有人接警", "taken"};
    case kind::on_the_way: return {"已派人", "help on the way"};
    case kind::closed: return {"结案", "closed"};
    case kind::close_refused: return {"结案无效", "close refused"};
    case kind::test_opened: return {"开始测试", "test opened"};
    case kind::shelved: return {"搁置规则", "rule shelved"};
    case kind::unshelved: return {"恢复规则", "rule back"};
    case kind::house_changed: return {"修改配置", "configuration"};
    case kind::restored: return {"恢复备份", "restored"};
    case kind::journal_replaced: return {"更换日志文件", "journal replaced"};
    case kind::journal_mended: return {"日志恢复写入", "journal mended"};
    }
    return {};
}

[[nodiscard]] wording words_of(audit_break::kind what) {
    using kind = audit_break::kind;
    switch (what) {
    case kind::structure: return {"文件结构损坏", "the file's structure is damaged"};
    case kind::altered: return {"内容被改动", "its content was changed"};
    case kind::not_behind:
        return {"与前一条接不上：两者之一被改动，或中间有缺失",
                "it doesn't follow from the one before: one of both was changed, or some between are gone"};
    case kind::gap: return {"前面缺少记录", "rows before it are missing"};
    case kind::cut_off: return {"后面缺少记录", "rows behind it are missing"};
    case kind::made_anew:
        return {"不是原来的记录：已知的链尾不在其中",
                "it isn't the trail that was there: a link that is known isn't in it"};
    case kind::no_snapshot: return {"快照标记有误", "the mark of the snapshot is wrong"};
    }
    return {};
}

[[nodiscard]] utc_time now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

[[nodiscard]] journal_place place_of(const std::filesystem::path& dir) {
    return {.folder = dir / "journal"};
}

[[nodiscard]] exit_code not_there(const terminal& t, const std::filesystem::path& dir, const std::string& why) {
    return refuse(t, {{dir.string(),
                       0,
                       0,
                       {"无法读取审计记录：" + why, "the audit trail can't be read: " + why},
                       {"用 --home 指定家的目录；以 root 或用户 anban 运行",
                        "name the home with --home; run it as root or as user anban"}}});
}

struct gathered {
    std::deque<audit_row> rows;
    std::string failure;
};

// The rows that are wanted, with those of their events that are.
[[nodiscard]] gathered gather(const std::filesystem::path& dir, const audit_wanted& wanted,
                              std::chrono::seconds since) {
    gathered all;
    const utc_time from = since.count() == 0 ? utc_time::min() : now() - since;
    const auto read = read_audit(place_of(dir), [&](const audit_row& row) {
        // An unset clock says nothing of when: better one too many.
        if (row.entry.at.quality != clock_quality::unset && row.entry.at.at < from) return true;
        audit_row kept = row;
        if (!wanted.alarm.empty()) {
            std::erase_if(kept.entry.events, [&](const audit_event& e) {
                return e.alarm == alarm_id{} || !e.alarm.hex().starts_with(wanted.alarm);
            });
        }
        if (kept.entry.events.empty()) return true;
        all.rows.push_back(std::move(kept));
        if (wanted.last != 0 && all.rows.size() > wanted.last) all.rows.pop_front();
        return true;
    });
    if (!read) all.failure = read.error();
    return all;
}

[[nodiscard]] json::object as_json(const audit_row& row, const audit_event& e) {
    json::object o{{"seq", row.seq},
                   {"at", iso_text(row.entry.at.at, true)},
                   {"clock", name_of(row.entry.at.quality)},
                   {"what", name_of(e.what)}};
    if (e.alarm != alarm_id{}) o["alarm"] = e.alarm.hex();
    if (!e.device.empty()) o["device"] = e.device.str();
    if (!e.who.empty()) o["who"] = e.who;
    if (!e.text.empty()) o["text"] = e.text;
    return o;
}

[[nodiscard]] std::string local_text(const zone_table& zone, const stamp& at) {
    return wall_text(zone, at.at) + (at.quality == clock_quality::synchronised ? "" : " ?");
}

[[nodiscard]] std::string place_text(const terminal& t, const zone_table& zone, const audit_break& b) {
    std::string text =
        b.seq == 0 ? std::string{t.say("文件", "the file")} : fmt::format("{} {}", t.say("记录", "row"), b.seq);
    if (b.at) text += fmt::format(" ({})", local_text(zone, *b.at));
    return text;
}

[[nodiscard]] bool seconds_wanted(const terminal& t, const audit_wanted& wanted, std::chrono::seconds& into) {
    if (wanted.since.empty()) return true;
    const auto seconds = seconds_of(wanted.since);
    if (!seconds) {
        t.complain(t.chinese ? fmt::format("--since {}：写成 30m、2h 或 7d", wanted.since)
                             : fmt::format("--since {}: write 30m, 2h or 7d", wanted.since));
        return false;
    }
    into = std::chrono::seconds{*seconds};
    return true;
}

} // namespace

exit_code run_audit_verify(const terminal& t, const std::filesystem::path& dir, const std::string& expect) {
    const auto report = verify_audit(place_of(dir), expect);
    if (!report) return not_there(t, dir, report.error());
    if (t.json) {
        json::array breaks;
        for (const audit_break& b : report->breaks) {
            json::object one{{"what", name_of(b.what)}, {"seq", b.seq}, {"detail", b.detail}};
            if (b.at) one["at"] = iso_text(b.at->at, true);
            breaks.push_back(std::move(one));
        }
        t.line(json::serialize(json::object{{"ok", report->breaks.empty()},
                                            {"entries", report->entries},
                                            {"rows", report->rows},
                                            {"head", report->head},
                                            {"breaks", breaks}}));
        return report->breaks.empty() ? exit_code::ok : exit_code::refused;
    }
    const auto zone = zone_of_box(std::chrono::floor<std::chrono::seconds>(now()));
    for (const audit_break& b : report->breaks) {
        t.line(fmt::format("{}  {}", t.painted(place_text(t, zone, b), colour::red), t.say(words_of(b.what))));
        t.line(fmt::format("    {}", harmless(b.detail)));
    }
    const auto span =
        !report->oldest || !report->newest
            ? std::string{}
            : fmt::format("{} … {}", local_text(zone, *report->oldest), local_text(zone, *report->newest));
    if (report->breaks.empty()) {
        t.line(fmt::format("{}  {}", t.painted(t.say("完整", "whole"), colour::green),
                           t.chinese ? fmt::format("{} 条审计记录，{}", report->entries, span)
                                     : fmt::format("{} entries, {}", report->entries, span)));
    }
    t.line(t.chinese ? fmt::format("链尾 {}（抄下来，以后用 --expect 核对）", report->head)
                     : fmt::format("head {}  (note it; --expect checks against it later)", report->head));
    return report->breaks.empty() ? exit_code::ok : exit_code::refused;
}

exit_code run_audit_list(const terminal& t, const std::filesystem::path& dir, const audit_wanted& wanted) {
    std::chrono::seconds since{};
    if (!seconds_wanted(t, wanted, since)) return exit_code::usage;
    const auto all = gather(dir, wanted, since);
    if (!all.failure.empty()) return not_there(t, dir, all.failure);
    if (t.json) {
        json::array entries;
        for (const audit_row& row : all.rows) {
            for (const audit_event& e : row.entry.events) entries.push_back(as_json(row, e));
        }
        t.line(json::serialize(json::object{{"ok", true}, {"entries", entries}}));
        return exit_code::ok;
    }
    if (all.rows.empty()) {
        t.line(t.say("没有记录", "no entry"));
        return exit_code::ok;
    }
    const auto zone = zone_of_box(std::chrono::floor<std::chrono::seconds>(now()));
    const auto say = [&t](const char* zh, const char* en) { return std::string{t.say(zh, en)}; };
    table rows{{say("时间", "time"), say("事项", "what"), say("报警", "alarm"), say("设备", "device"),
                say("谁", "who"), say("说明", "text")}};
    for (const audit_row& row : all.rows) {
        for (const audit_event& e : row.entry.events) {
            rows.add({{local_text(zone, row.entry.at)},
                      {std::string{t.say(words_of(e.what))}},
                      {e.alarm == alarm_id{} ? std::string{} : e.alarm.hex().substr(0, 8)},
                      {harmless(e.device.str())},
                      {harmless(e.who)},
                      {harmless(e.text)}});
        }
    }
    t.line(rows.in(t));
    return exit_code::ok;
}

exit_code run_audit_export(const terminal& t, const std::filesystem::path& dir, const audit_wanted& wanted) {
    std::chrono::seconds since{};
    if (!seconds_wanted(t, wanted, since)) return exit_code::usage;
    const bool to_file = !wanted.file.empty() && wanted.file != "-";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{
        to_file ? std::fopen(wanted.file.c_str(), "wxe") : nullptr, [](std::FILE* f) { return std::fclose(f); }};
    if (to_file && !file) {
        return refuse(t, {{wanted.file,
                           0,
                           0,
                           {"无法新建文件", "it can't be made, or is there already"},
                           {"换一个文件名", "choose another name"}}});
    }
    std::FILE* const out = to_file ? file.get() : t.out;
    const auto all = gather(dir, wanted, since);
    if (!all.failure.empty()) return not_there(t, dir, all.failure);
    std::size_t written = 0;
    for (const audit_row& row : all.rows) {
        for (const audit_event& e : row.entry.events) {
            const auto line = json::serialize(as_json(row, e)) + "\n";
            written += std::fwrite(line.data(), 1, line.size(), out) == line.size() ? 1 : 0;
        }
    }
    if (!to_file) return exit_code::ok;
    if (std::fflush(out) != 0) {
        return refuse(
            t, {{wanted.file, 0, 0, {"写入失败", "it can't be written"}, {"检查空间", "check the space there"}}});
    }
    t.line(t.chinese ? fmt::format("已导出 {} 条到 {}", written, wanted.file)
                     : fmt::format("{} entries written to {}", written, wanted.file));
    return exit_code::ok;
}

} // namespace anban::cli
