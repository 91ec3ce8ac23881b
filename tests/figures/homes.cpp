#include <algorithm>
#include <fstream>
#include <set>

#include <fmt/format.h>

#include "gateway/recordings/recording_file.hpp"
#include "rules/wall_text.hpp"
#include "tests/figures/figures.hpp"
#include "tests/figures/tables.hpp"

namespace anban::figures {
namespace {

namespace fs = std::filesystem;

// What the person noted at that moment, where they noted something.
[[nodiscard]] std::string noted_at(const table& activities, utc_time at) {
    for (std::size_t i = 0; i < activities.size(); ++i) {
        const auto from = utc_from_text(activities.at(i, "start")), to = utc_from_text(activities.at(i, "end"));
        if (from && to && *from <= at && at < *to) return std::string{activities.at(i, "activity")};
    }
    return "nothing noted";
}

// The last thing that was heard before `at`, and how long before.
[[nodiscard]] std::string last_heard(const recording& past, utc_time at) {
    auto next = std::ranges::lower_bound(past.samples, at, {}, &sample::at);
    while (next != past.samples.begin() && std::prev(next)->value == 0) --next;
    if (next == past.samples.begin()) return "nothing before";
    const sample& s = *std::prev(next);
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(at - s.at).count();
    return fmt::format("{} in {} {}:{:02} h before", name_of(s.what), past.where.devices[s.device].room.str(),
                       minutes / 60, minutes % 60);
}

// A number that is a time, so many times as long as the pack has it, inside its bounds.
[[nodiscard]] std::vector<plan_override> stretched(const sheet& s, double times) {
    std::vector<plan_override> all;
    for (const auto& p : s.packs) {
        if (p.name != "living-alone") continue;
        for (const auto& rule : p.rules) {
            for (const auto& number : rule.parameters) {
                if (number.unit != "s") continue;
                const double value = std::clamp(number.value * times, number.least, number.most);
                all.push_back({p.name, rule.id.str(), number.name, value, number.unit, {}});
            }
        }
    }
    return all;
}

struct tally {
    double days = 0;
    std::size_t alarms = 0;
    [[nodiscard]] double a_day() const { return days > 0 ? static_cast<double>(alarms) / days : 0; }
};

[[nodiscard]] tally count(const sheet& s, std::vector<recording>& homes, double times) {
    tally all;
    for (recording& past : homes) {
        for (care_plan& plan : past.where.plans) plan.overrides = stretched(s, times);
        const story told = replay(past, choose(s, past.where, {"living-alone"}));
        for (care_plan& plan : past.where.plans) plan.overrides.clear();
        all.days += std::chrono::duration<double, std::ratio<86'400>>(told.to - told.from).count();
        all.alarms +=
            static_cast<std::size_t>(std::ranges::count(told.episodes, held_reason::none, &episode::held));
    }
    return all;
}

// All times of the pack as short as every second home allows (0.1 a day, the goal), and what the other homes say
// to that.
void held_out(sheet& s, std::vector<recording> all) {
    constexpr double goal = 0.1;
    std::vector<recording> tuning, others;
    for (std::size_t i = 0; i < all.size(); ++i) (i % 2 == 0 ? tuning : others).push_back(std::move(all[i]));
    if (others.empty()) return;
    const auto names = [](const std::vector<recording>& some) {
        std::string text;
        for (const recording& r : some) text += (text.empty() ? "" : ", ") + r.name;
        return text;
    };
    double times = 2;
    for (double shorter = times; shorter > 0.25; shorter -= 0.05) {
        if (count(s, tuning, shorter).a_day() > goal) break;
        times = shorter;
    }
    const tally chosen = count(s, tuning, times), unseen = count(s, others, times);
    const tally shipped = count(s, others, 1);
    fmt::print("times of the pack chosen on {}: {:.2f} of the shipped ones\n", names(tuning), times);
    fmt::print("{:<60}{:>8.1f}{:>8}{:>10.3f}\n", "  there (tuning)", chosen.days, chosen.alarms, chosen.a_day());
    fmt::print("{:<60}{:>8.1f}{:>8}{:>10.3f}\n", fmt::format("  {} (HELD OUT)", names(others)), unseen.days,
               unseen.alarms, unseen.a_day());
    fmt::print("{:<60}{:>8.1f}{:>8}{:>10.3f}\n\n", "  the same homes, pack as shipped (all were in view)",
               shipped.days, shipped.alarms, shipped.a_day());
    s.add("home_times_chosen", times);
    s.add("home_alarms_a_day_held_out", unseen.a_day());
}

} // namespace

void homes(sheet& s) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(s.data, error)) {
        const std::string folder = entry.path().parent_path().filename().string();
        if (folder.starts_with("home_") && entry.path().string().ends_with("_events.csv"))
            files.push_back(entry.path());
    }
    std::ranges::sort(files);
    if (files.empty()) return fmt::print("homes: no {}/home_*/*_events.csv\n\n", s.data.string()), void();
    fmt::print("pack living-alone on homes of one person: every alarm is false, nobody came to harm\n\n");
    fmt::print("{:<40}{:>8}{:>10}{:>8}{:>10}\n", "home", "days", "readings", "alarms", "a day");
    double all_days = 0, worst = 0;
    std::size_t all_alarms = 0;
    std::string explained;
    std::vector<recording> heard;
    for (const fs::path& file : files) {
        std::ifstream in{file};
        auto past = read_recording(in, file.filename().string());
        if (!past) {
            fmt::print("{}\n", past.error());
            s.failed = true;
            continue;
        }
        const auto rules = choose(s, past->where, {"living-alone"});
        const story told = replay(*past, rules);
        const double days = std::chrono::duration<double, std::ratio<86'400>>(told.to - told.from).count();
        const auto alarms =
            static_cast<std::size_t>(std::ranges::count(told.episodes, held_reason::none, &episode::held));
        fmt::print("{:<40}{:>8.1f}{:>10}{:>8}{:>10.3f}\n", past->name, days, told.readings, alarms,
                   static_cast<double>(alarms) / days);
        const std::string name = file.filename().string();
        const auto noted = table::read(file.parent_path() / (name.substr(0, name.size() - 10) + "activities.csv"));
        for (const episode& e : told.episodes) {
            if (e.held != held_reason::none) continue;
            explained +=
                fmt::format("  {} {} {}: {}; noted: {}\n", past->name, wall_text({}, e.began), e.rule.str(),
                            last_heard(*past, e.began), noted ? noted_at(*noted, e.began) : "no notes");
        }
        all_days += days;
        all_alarms += alarms;
        worst = std::max(worst, static_cast<double>(alarms) / days);
        heard.push_back(std::move(*past));
    }
    const double a_day = all_days > 0 ? static_cast<double>(all_alarms) / all_days : 0;
    fmt::print("{:<40}{:>8.1f}{:>10}{:>8}{:>10.3f}\n\n{}\n", "all", all_days, "", all_alarms, a_day, explained);
    s.add("homes", files.size());
    s.add("home_days", all_days);
    s.add("home_alarms_a_day", a_day);
    s.add("home_alarms_a_day_worst", worst);
    held_out(s, std::move(heard));
}

} // namespace anban::figures
