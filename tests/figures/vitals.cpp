#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "rules/wall_text.hpp"
#include "tests/figures/figures.hpp"
#include "tests/figures/tables.hpp"

namespace anban::figures {
namespace {

// Half of the people, by a digest of their name (FNV-1a): how far the halves lie apart tells how far other
// people may.
[[nodiscard]] bool first_half(std::string_view person) {
    std::uint32_t h = 2166136261U;
    for (const char c : person) h = (h ^ static_cast<std::uint8_t>(c)) * 16777619U;
    return (h >> 16U) % 2 == 0;
}

using person_day = std::pair<std::string, std::string>;

struct score {
    std::size_t hit = 0, told = 0, labelled = 0;
    [[nodiscard]] double recall() const {
        return labelled == 0 ? 0 : static_cast<double>(hit) / static_cast<double>(labelled);
    }
    [[nodiscard]] double precision() const {
        return told == 0 ? 0 : static_cast<double>(hit) / static_cast<double>(told);
    }
};

template <class Chosen>
[[nodiscard]] score compare_days(const std::set<person_day>& told, const std::set<person_day>& labels,
                                 Chosen chosen) {
    score s;
    for (const auto& d : told) {
        if (!chosen(d.first)) continue;
        ++s.told;
        s.hit += labels.contains(d) ? 1U : 0U;
    }
    s.labelled =
        static_cast<std::size_t>(std::ranges::count_if(labels, [&](const auto& d) { return chosen(d.first); }));
    return s;
}

void print_scores(sheet& s, std::string_view what, std::string_view key, const std::set<person_day>& told,
                  const std::set<person_day>& labels) {
    const auto row = [&](std::string_view of, const score& of_part) {
        fmt::print("{:<44}{:>8}{:>8}{:>8}{:>10.3f}{:>11.3f}\n", fmt::format("{}, {}", what, of), of_part.labelled,
                   of_part.told, of_part.hit, of_part.recall(), of_part.precision());
    };
    const score all = compare_days(told, labels, [](const auto&) { return true; });
    const score others = compare_days(told, labels, [](const auto& p) { return !first_half(p); });
    row("one half of the people", compare_days(told, labels, [](const auto& p) { return first_half(p); }));
    row("the other half", others);
    row("all", all);
    s.add(fmt::format("{}_recall", key), all.recall());
    s.add(fmt::format("{}_precision", key), all.precision());
    s.add(fmt::format("{}_recall_other_half", key), others.recall());
    s.add(fmt::format("{}_precision_other_half", key), others.precision());
}

[[nodiscard]] installation one_person(std::string_view who, std::string_view device) {
    installation where;
    where.plans.emplace_back().who = resident_id{std::string{who}};
    installed_device& d = where.devices.emplace_back();
    d.id = device_id{std::string{device}};
    d.who = {subject::kind::resident, std::string{who}};
    return where;
}

[[nodiscard]] bool possible(signal what, double value) {
    return value >= facts_of(what).least && value <= facts_of(what).most;
}

} // namespace

void blood_pressure(sheet& s) {
    const auto physiology = table::read(s.data / "vitals_tihm" / "physiology.csv");
    const auto labels = table::read(s.data / "vitals_tihm" / "labels.csv");
    if (!physiology || !labels)
        return fmt::print("{}\n\n", physiology ? labels.error() : physiology.error()), void();
    static const std::map<std::string_view, signal> known{{"Systolic blood pressure", signal::systolic},
                                                          {"Diastolic blood pressure", signal::diastolic},
                                                          {"Heart rate", signal::heart_rate}};
    std::map<std::string, recording> people;
    for (std::size_t i = 0; i < physiology->size(); ++i) {
        const auto what = known.find(physiology->at(i, "device_type"));
        const auto value = physiology->number(i, "value");
        const auto at = utc_from_text(physiology->at(i, "date"));
        if (what == known.end() || !value || !at || !possible(what->second, *value)) continue;
        const std::string who{physiology->at(i, "patient_id")};
        recording& r = people[who];
        if (r.where.plans.empty()) r.where = one_person(fmt::format("p{}", who), "cuff");
        r.samples.push_back({.at = *at, .device = 0, .what = what->second, .value = *value});
    }
    std::set<person_day> pressure_told, pulse_told, pressure_labels, pulse_labels;
    for (auto& [who, r] : people) {
        sort_by_time(r);
        const auto rules = choose(s, r.where, {"cardiac"});
        for (const episode& e : replay(r, rules).episodes) {
            const bool pressure = e.rule.str().starts_with("pressure");
            const bool pulse = e.rule.str().starts_with("pulse");
            if (pressure) pressure_told.emplace(who, wall_text({}, e.began).substr(0, 10));
            if (pulse) pulse_told.emplace(who, wall_text({}, e.began).substr(0, 10));
        }
    }
    for (std::size_t i = 0; i < labels->size(); ++i) {
        const person_day day{labels->at(i, "patient_id"), labels->at(i, "date").substr(0, 10)};
        if (labels->at(i, "type") == "Blood pressure") pressure_labels.insert(day);
        if (labels->at(i, "type") == "Pulse") pulse_labels.insert(day);
    }
    fmt::print(
        "pack cardiac on people with dementia at home, by person and day, against a monitoring team's labels\n\n");
    fmt::print("{:<44}{:>8}{:>8}{:>8}{:>10}{:>11}\n", "", "labels", "told", "both", "recall", "precision");
    print_scores(s, "blood pressure", "blood_pressure", pressure_told, pressure_labels);
    print_scores(s, "pulse", "pulse", pulse_told, pulse_labels);
    fmt::print("\n");
}

void wearable(sheet& s) {
    const auto spo2 = table::read(s.data / "vitals_edt_wearable" / "spo2_minute.csv");
    const auto rate = table::read(s.data / "vitals_edt_wearable" / "hr_sleep_minute.csv");
    if (!spo2 || !rate) return fmt::print("{}\n\n", spo2 ? rate.error() : spo2.error()), void();
    recording r;
    r.where = one_person("wearer", "band");
    std::size_t artefacts = 0;
    const auto take = [&](const table& t, std::string_view column, signal what) {
        for (std::size_t i = 0; i < t.size(); ++i) {
            const auto at = utc_from_text(t.at(i, "dateTime"));
            const auto value = t.number(i, column);
            if (!at || !value) continue;
            // What is out of range is a fault of the device and no reading: the home drops it.
            if (!possible(what, *value))
                ++artefacts;
            else
                r.samples.push_back({.at = *at, .device = 0, .what = what, .value = *value});
        }
    };
    take(*spo2, "spo2_value", signal::spo2);
    take(*rate, "bpm", signal::heart_rate);
    sort_by_time(r);
    const auto rules = choose(s, r.where, {"cardiac", "copd"});
    const story told = replay(r, rules);
    std::map<std::string, std::size_t> by_rule;
    std::size_t from_artefact = 0;
    for (const episode& e : told.episodes) {
        if (e.held != held_reason::none) continue;
        ++by_rule[e.rule.str()];
        from_artefact +=
            std::ranges::any_of(e.seen, [](const evidence& v) { return !possible(v.what, v.value); }) ? 1U : 0U;
    }
    const double days = std::chrono::duration<double, std::ratio<86'400>>(told.to - told.from).count();
    fmt::print("packs cardiac and copd on a wristband's minutes: {} readings, {} artefact values, {:.0f} days\n\n",
               r.samples.size(), artefacts, days);
    for (const auto& [rule, n] : by_rule)
        fmt::print("{:<40}{:>8}{:>10.3f} a day\n", rule, n, static_cast<double>(n) / days);
    fmt::print("{:<40}{:>8}\n\n", "alarms from artefact values", from_artefact);
    s.add("wearable_artefact_values", artefacts);
    s.add("wearable_alarms_from_artefacts", from_artefact);
    s.add("wearable_alarms", told.episodes.size());
    s.failed = s.failed || from_artefact > 0;
}

} // namespace anban::figures
