#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "rules/wall_text.hpp"
#include "tests/figures/figures.hpp"
#include "tests/figures/tables.hpp"

namespace anban::figures {
namespace {

// Half of the people, by a digest of their name (FNV-1a): thresholds are chosen on it alone, and judged on the
// others.
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
    [[nodiscard]] double f1() const {
        return told + labelled == 0 ? 0 : 2.0 * static_cast<double>(hit) / static_cast<double>(told + labelled);
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

using people = std::map<std::string, recording>;

// One number of the pack, and the values that are tried for it: all inside its declared bounds.
struct knob {
    const char* rule;
    const char* param;
    const char* unit;
    double from, to, by;
    double chosen;
};

// The days on which a rule whose name begins so told of one of the chosen people, by the pack with these numbers.
template <class Chosen>
[[nodiscard]] std::set<person_day> days_told(const sheet& s, people& all, std::string_view rules,
                                             const std::vector<knob>& numbers, Chosen chosen) {
    std::set<person_day> told;
    for (auto& [who, r] : all) {
        if (!chosen(who)) continue;
        auto& overrides = r.where.plans.front().overrides;
        overrides.clear();
        for (const knob& k : numbers) overrides.push_back({"cardiac", k.rule, k.param, k.chosen, k.unit, {}});
        for (const episode& e : replay(r, choose(s, r.where, {"cardiac"})).episodes) {
            if (e.rule.str().starts_with(rules)) told.emplace(who, wall_text({}, e.began).substr(0, 10));
        }
        overrides.clear();
    }
    return told;
}

// Each number in turn to where the first half's F1 is best, twice round; of equal ones the first.
void choose_numbers(const sheet& s, people& all, std::string_view rules, std::vector<knob>& numbers,
                    const std::set<person_day>& labels) {
    const auto f1 = [&] {
        return compare_days(days_told(s, all, rules, numbers, first_half), labels, first_half).f1();
    };
    for (int round = 0; round < 2; ++round) {
        for (knob& k : numbers) {
            double best = -1, best_at = k.chosen;
            for (k.chosen = k.from; k.chosen <= k.to; k.chosen += k.by) {
                if (const double now = f1(); now > best) {
                    best = now;
                    best_at = k.chosen;
                }
            }
            k.chosen = best_at;
        }
    }
}

void print_scores(sheet& s, std::string_view what, std::string_view key, std::string_view rules, people& all,
                  std::vector<knob> numbers, const std::set<person_day>& labels) {
    const auto row = [&](std::string_view of, const score& of_part) {
        fmt::print("{:<60}{:>8}{:>8}{:>8}{:>10.3f}{:>11.3f}\n", fmt::format("{}, {}", what, of), of_part.labelled,
                   of_part.told, of_part.hit, of_part.recall(), of_part.precision());
    };
    const auto other_half = [](std::string_view p) { return !first_half(p); };
    const auto everybody = [](std::string_view) { return true; };
    const auto shipped = days_told(s, all, rules, {}, everybody);
    const score whole = compare_days(shipped, labels, everybody);
    row("the pack as shipped, everybody (all of them were in view)", whole);
    row("the pack as shipped, first half", compare_days(shipped, labels, first_half));
    row("the pack as shipped, other half", compare_days(shipped, labels, other_half));
    choose_numbers(s, all, rules, numbers, labels);
    row("chosen on the first half, first half (tuning)",
        compare_days(days_told(s, all, rules, numbers, first_half), labels, first_half));
    const score held_out = compare_days(days_told(s, all, rules, numbers, other_half), labels, other_half);
    row("chosen on the first half, other half (HELD OUT)", held_out);
    std::string chosen;
    for (const knob& k : numbers) {
        chosen += fmt::format("{}{}.{} {:g} {}", chosen.empty() ? "" : ", ", k.rule, k.param, k.chosen, k.unit);
    }
    fmt::print("  chosen: {}\n", chosen);
    s.add(fmt::format("{}_recall", key), whole.recall());
    s.add(fmt::format("{}_precision", key), whole.precision());
    s.add(fmt::format("{}_recall_held_out", key), held_out.recall());
    s.add(fmt::format("{}_precision_held_out", key), held_out.precision());
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
    people all;
    for (std::size_t i = 0; i < physiology->size(); ++i) {
        const auto what = known.find(physiology->at(i, "device_type"));
        const auto value = physiology->number(i, "value");
        const auto at = utc_from_text(physiology->at(i, "date"));
        if (what == known.end() || !value || !at || !possible(what->second, *value)) continue;
        const std::string who{physiology->at(i, "patient_id")};
        recording& r = all[who];
        if (r.where.plans.empty()) r.where = one_person(fmt::format("p{}", who), "cuff");
        r.samples.push_back({.at = *at, .device = 0, .what = what->second, .value = *value});
    }
    std::size_t tuning = 0;
    for (auto& [who, r] : all) {
        sort_by_time(r);
        tuning += first_half(who) ? 1U : 0U;
    }
    std::set<person_day> pressure_labels, pulse_labels;
    for (std::size_t i = 0; i < labels->size(); ++i) {
        const person_day day{labels->at(i, "patient_id"), labels->at(i, "date").substr(0, 10)};
        if (labels->at(i, "type") == "Blood pressure") pressure_labels.insert(day);
        if (labels->at(i, "type") == "Pulse") pulse_labels.insert(day);
    }
    fmt::print(
        "pack cardiac on people with dementia at home, by person and day, against a monitoring team's labels;\n"
        "{} people in the half that numbers are chosen on, {} held out\n\n",
        tuning, all.size() - tuning);
    fmt::print("{:<60}{:>8}{:>8}{:>8}{:>10}{:>11}\n", "", "labels", "told", "both", "recall", "precision");
    print_scores(s, "blood pressure", "blood_pressure", "pressure", all,
                 {{"pressure_high_systolic", "high", "mmHg", 140, 190, 5, 160},
                  {"pressure_low_diastolic", "low", "mmHg", 40, 66, 1, 50},
                  {"pressure_high_diastolic", "high", "mmHg", 85, 125, 5, 100},
                  {"pressure_low_systolic", "low", "mmHg", 75, 110, 5, 90}},
                 pressure_labels);
    print_scores(s, "pulse", "pulse", "pulse", all,
                 {{"pulse_low", "low", "bpm", 41, 60, 1, 50}, {"pulse_high", "high", "bpm", 90, 128, 2, 100}},
                 pulse_labels);
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
