// The parts of `./dev figures rules`. Each prints its table and adds its figures to the closing line of JSON;
// each works on any directory that is laid out like the project's test data, and says what isn't there.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "rules/backtest/replay.hpp"
#include "rules/language/plan.hpp"

namespace anban::figures {

struct sheet {
    std::filesystem::path data;
    std::vector<language::pack> packs;
    std::string json;    // ,"name":value …
    bool failed = false; // something that must be exact was not

    void add(std::string_view name, double value);
    void add(std::string_view name, std::size_t value);
};

// Every pack below `folder`; the first mistake where one doesn't check.
[[nodiscard]] std::expected<std::vector<language::pack>, std::string>
read_packs(const std::filesystem::path& folder);

// Rules of the named packs for everybody in `where`.
[[nodiscard]] language::effective_rules choose(const sheet& s, installation& where,
                                               const std::vector<std::string>& packs);

// False alarms a home and day of `living-alone` on the homes of DATA/home_*, each explained.
void homes(sheet& s);
// Recall and precision by person and day on the labels of DATA/vitals_tihm.
void blood_pressure(sheet& s);
// Alarms from artefact values on DATA/vitals_edt_wearable.
void wearable(sheet& s);
// NEWS2 on DATA/news2 and DATA/vitals_mimic_icu_demo: the function, and through the engine.
void news2_scores(sheet& s);

} // namespace anban::figures
