#include "gateway/cli/rules/past.hpp"

#include <chrono>
#include <fstream>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gateway/cli/offline.hpp"
#include "gateway/cli/rules/home.hpp"
#include "gateway/cli/rules/progress_bar.hpp"
#include "gateway/cli/rules/render_past.hpp"
#include "gateway/recordings/readings_file.hpp"
#include "gateway/recordings/recording_file.hpp"
#include "rules/backtest/timeline.hpp"

namespace anban::cli {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

exit_code refused(const terminal& t, std::string_view zh, std::string_view en, std::string_view detail = {}) {
    const std::string what = fmt::format("{}{}{}", t.say(zh, en), detail.empty() ? "" : ": ", detail);
    if (t.json)
        t.line(json::serialize(json::object{{"ok", false}, {"error", what}}));
    else
        t.complain(what);
    return exit_code::refused;
}

[[nodiscard]] utc_time now() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

[[nodiscard]] fs::path journal_of(const fs::path& dir) {
    return dir / "journal";
}

// The first mistake where one doesn't check.
[[nodiscard]] std::expected<std::vector<language::pack>, std::string>
packs_from(const terminal& t, const std::vector<std::string>& files) {
    std::vector<language::pack> packs;
    for (const std::string& file : files) {
        pack_file read = read_pack_file(file, file);
        if (!read.errors.empty()) return std::unexpected(read.errors.front().in_words(t.chinese));
        packs.push_back(std::move(read.pack));
    }
    return packs;
}

// All residents by all of these packs: what a person wants who tries a pack.
[[nodiscard]] language::effective_rules for_everybody(const std::vector<language::pack>& packs,
                                                      installation where) {
    for (care_plan& plan : where.plans) {
        plan.packs.clear();
        for (const auto& p : packs) plan.packs.push_back(p.name);
    }
    return language::lay_plans(packs, where);
}

[[nodiscard]] story played(const terminal& t, const recording& past, const language::effective_rules& rules) {
    progress_bar bar{t};
    replay_options how;
    how.progress = [&](double part) { bar.show(part); };
    return replay(past, rules, how);
}

} // namespace

exit_code run_rules_replay(const terminal& t, const fs::path& dir, const replay_request& what) {
    const auto chosen = packs_from(t, what.packs);
    if (!chosen) return refused(t, "规则包有误", "the pack doesn't check", chosen.error());
    const auto other = packs_from(t, what.against);
    if (!other) return refused(t, "规则包有误", "the pack doesn't check", other.error());
    std::vector<language::pack> packs = *chosen;
    recording past;
    language::effective_rules rules;
    if (what.recording.empty() || packs.empty()) {
        auto home = load_home_rules(dir);
        if (!home) return refuse(t, home.error());
        rules = std::move(home->rules);
        past.where = std::move(home->where);
        // Of a recording of elsewhere the residents are others: the home's packs, for all of them.
        for (pack_file& f : home->files) {
            if (!what.recording.empty() && f.errors.empty()) packs.push_back(std::move(f.pack));
        }
    }
    if (what.recording.empty()) {
        auto own = read_past(journal_of(dir), past.where, now() - std::chrono::hours{24 * what.days}, now());
        if (!own) return refused(t, "没有保存的读数", "there are no kept readings", own.error());
        past = std::move(*own);
    } else {
        std::ifstream in{what.recording};
        if (!in) return refused(t, "无法读取", "can't be read", what.recording);
        auto file = read_recording(in, what.recording);
        if (!file) return refused(t, "录制文件有误", "the recording can't be used", file.error());
        past = std::move(*file);
    }
    if (past.samples.empty()) return refused(t, "没有读数", "there are no readings", past.name);
    if (!packs.empty()) rules = for_everybody(packs, past.where);
    const story told = played(t, past, rules);
    json::object answer{{"ok", true}, {"replay", as_json(told)}};
    if (!t.json) t.line(render_story(t, told));
    if (!other->empty()) {
        const auto d = compare(told, played(t, past, for_everybody(*other, past.where)));
        answer["difference"] = as_json(d, past.where.zone);
        if (!t.json) t.line(render_difference(t, told, d));
    }
    if (!what.picture.empty()) {
        std::ofstream to{what.picture};
        to << timeline_svg(past, told, t.chinese ? picture_language::zh : picture_language::en);
        to.close();
        if (!to) return refused(t, "无法写入", "can't be written", what.picture);
        if (!t.json) t.line(fmt::format("{} {}", t.say("图在", "picture in"), what.picture));
        answer["picture"] = what.picture;
    }
    if (t.json) t.line(json::serialize(answer));
    return exit_code::ok;
}

} // namespace anban::cli
