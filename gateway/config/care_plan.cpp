#include "gateway/config/care_plan.hpp"

#include <fmt/format.h>

#include "gateway/config/load.hpp"
#include "rules/language/units.hpp"

namespace anban {

care_plan plan_of(const resident& r) {
    care_plan plan;
    plan.who = r.id;
    plan.packs = r.packs;
    plan.spo2_scale_2 = r.spo2_scale == 2;
    plan.shared_absence_accepted = !r.accepts_shared_absence.empty();
    for (const plan_value& v : r.overrides) {
        const auto said = language::read_measure(v.value);
        if (!said) continue; // loading has told it
        const std::string where = v.line == 0 ? residents_file : fmt::format("{}:{}", residents_file, v.line);
        plan.overrides.push_back({v.pack, v.rule, v.param, said->value, std::string{said->unit}, where});
    }
    return plan;
}

} // namespace anban
