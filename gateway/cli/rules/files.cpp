#include "gateway/cli/rules/files.hpp"

#include <algorithm>

#include <sys/stat.h>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gateway/cli/offline.hpp"
#include "gateway/cli/rules/home.hpp"
#include "gateway/cli/rules/json.hpp"
#include "gateway/config/files.hpp"

namespace anban::cli {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

[[nodiscard]] std::string in_words(const terminal& t, const language::pack_error& e) {
    if (e.line != 0) return e.in_words(t.chinese);
    return fmt::format("{}: {}\n    {}", e.file, t.say(e.what_zh, e.what), t.say(e.hint_zh, e.hint));
}

// The place in red, as a compiler shows it; the rest as it is.
[[nodiscard]] std::string painted(const terminal& t, const language::pack_error& e) {
    const std::string text = in_words(t, e);
    const auto end = e.line == 0 ? e.file.size() : text.find(": ");
    return t.painted(text.substr(0, end), colour::red) + text.substr(end);
}

void tell(const terminal& t, const pack_file& f) {
    for (const auto& e : f.errors) t.line(painted(t, e));
    if (!f.errors.empty()) return;
    const std::string alarms =
        t.chinese ? fmt::format("{} 个报警", f.pack.rules.size())
                  : fmt::format("{} alarm{}", f.pack.rules.size(), f.pack.rules.size() == 1 ? "" : "s");
    t.line(fmt::format("{} {}  {}  {}", t.painted("✓", colour::green), harmless(f.name),
                       t.say(f.pack.title_zh, f.pack.title_en), alarms));
}

// Files that were named, folders taken apart.
[[nodiscard]] std::vector<pack_file> named_files(const std::vector<std::string>& names) {
    std::vector<pack_file> all;
    for (const auto& name : names) {
        std::error_code ignored;
        if (!fs::is_directory(name, ignored)) {
            all.push_back(read_pack_file(name, name == "-" ? "<stdin>" : name));
            continue;
        }
        for (const auto& path : files::in_folder(name, ".rules").value_or(std::vector<fs::path>{})) {
            all.push_back(read_pack_file(path, path.string()));
        }
    }
    return all;
}

[[nodiscard]] json::array as_json(const std::vector<pack_file>& files) {
    json::array all;
    for (const auto& f : files) {
        json::array errors;
        for (const auto& e : f.errors) errors.push_back(rules_json(e));
        json::array alarms;
        for (const auto& r : f.pack.rules) alarms.emplace_back(r.id.str());
        all.push_back(json::object{{"file", f.name},
                                   {"pack", f.pack.name},
                                   {"alarms", std::move(alarms)},
                                   {"errors", std::move(errors)}});
    }
    return all;
}

[[nodiscard]] bool all_good(const std::vector<pack_file>& files) {
    return std::ranges::all_of(files, [](const pack_file& f) { return f.errors.empty(); });
}

[[nodiscard]] std::string room_advice(const terminal& t, const missing_room& m) {
    const std::string cure =
        m.meant.empty()
            ? fmt::format("{} [[room]] id = \"{}\"", t.say("在 home.toml 中加上", "in home.toml:"), m.room.str())
            : fmt::format("{} {}", t.say("是否应为", "did you mean"), m.meant);
    const std::string what =
        t.chinese ? fmt::format("{} 用到房间 {}，家中没有，不会起作用", m.rule.str(), m.room.str())
                  : fmt::format("{} asks for the room {}, which this home hasn't: it can't work there",
                                m.rule.str(), m.room.str());
    return fmt::format("{} {}\n    → {}", t.painted("!", colour::yellow), what, cure);
}

exit_code check_home(const terminal& t, const fs::path& home) {
    const auto loaded = load_home_rules(home);
    if (!loaded) {
        // Whatever else is wrong, the packs can be judged.
        const auto files = read_pack_files(home);
        if (!t.json) {
            for (const auto& f : files) tell(t, f);
        }
        return refuse(t, loaded.error());
    }
    const auto& problems = loaded->rules.problems;
    const auto rooms = missing_rooms(*loaded);
    const bool good = all_good(loaded->files) && problems.empty();
    if (t.json) {
        json::array told;
        for (const auto& p : problems) told.push_back(rules_json(p));
        json::array advice;
        for (const auto& m : rooms)
            advice.push_back(json::object{{"rule", m.rule.str()}, {"room", m.room.str()}, {"meant", m.meant}});
        t.line(json::serialize(json::object{{"ok", good},
                                            {"files", as_json(loaded->files)},
                                            {"problems", std::move(told)},
                                            {"missing_rooms", std::move(advice)}}));
        return good ? exit_code::ok : exit_code::refused;
    }
    for (const auto& f : loaded->files) tell(t, f);
    if (loaded->files.empty())
        t.line(fmt::format("{} {}", t.say("没有规则包：", "no packs in"), (home / "rules").string()));
    for (const auto& p : problems) tell_problem(t, p);
    for (const auto& m : rooms) t.line(room_advice(t, m));
    return good ? exit_code::ok : exit_code::refused;
}

} // namespace

exit_code run_rules_check(const terminal& t, const fs::path& home, const std::vector<std::string>& names) {
    if (names.empty()) return check_home(t, home);
    const auto files = named_files(names);
    const bool good = all_good(files);
    if (t.json) {
        t.line(json::serialize(json::object{{"ok", good}, {"files", as_json(files)}}));
    } else {
        for (const auto& f : files) tell(t, f);
        if (files.empty()) t.complain(t.say("那里没有 .rules 文件", "there are no .rules files there"));
    }
    return good && !files.empty() ? exit_code::ok : exit_code::refused;
}

exit_code run_rules_format(const terminal& t, const std::vector<std::string>& names, bool check_only) {
    bool good = true;
    json::array told;
    const auto say = [&](const pack_file& f, std::string_view state, std::string_view zh, std::string_view en,
                         colour c) {
        json::array errors;
        for (const auto& e : f.errors) errors.push_back(rules_json(e));
        told.push_back(json::object{{"file", f.name}, {"state", state}, {"errors", std::move(errors)}});
        if (t.json || f.name == "<stdin>") return;
        t.line(fmt::format("{}  {}", t.painted(t.say(zh, en), c), harmless(f.name)));
    };
    for (pack_file& f : named_files(names)) {
        if (!f.errors.empty()) {
            good = false;
            say(f, "wrong", "有误", "has mistakes", colour::red);
            if (!t.json) {
                for (const auto& e : f.errors) t.complain(painted(t, e));
            }
            continue;
        }
        const auto formatted = language::format_pack(f.text, f.name);
        const bool stands = formatted && *formatted == f.text;
        if (f.name == "<stdin>" && !check_only) {
            if (t.json)
                say(f, "formatted", "", "", colour::none);
            else
                std::fwrite(formatted->data(), 1, formatted->size(), t.out);
        } else if (stands) {
            say(f, "unchanged", "未变", "unchanged", colour::dim);
        } else if (check_only) {
            good = false;
            say(f, "differs", "需要整理", "needs formatting", colour::yellow);
        } else {
            struct ::stat now{};
            const ::mode_t mode = ::stat(f.name.c_str(), &now) == 0 ? now.st_mode & 0777U : 0640U;
            const auto written = files::write(f.name, *formatted, mode);
            if (!written) {
                f.errors.push_back({.file = f.name,
                                    .line = 0,
                                    .column = 0,
                                    .what = "can't be written: " + written.error().why,
                                    .hint = "the old file stands",
                                    .source = {},
                                    .what_zh = "无法写入：" + written.error().why,
                                    .hint_zh = "原文件未变"});
                good = false;
            }
            if (written)
                say(f, "formatted", "已整理", "formatted", colour::green);
            else
                say(f, "wrong", "无法写入", "can't be written", colour::red);
        }
    }
    if (t.json) t.line(json::serialize(json::object{{"ok", good}, {"files", std::move(told)}}));
    return good ? exit_code::ok : exit_code::refused;
}

} // namespace anban::cli
