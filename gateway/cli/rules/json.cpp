#include "gateway/cli/rules/json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace anban::cli {

namespace json = boost::json;

json::object rules_json(const language::pack_error& e) {
    return {{"file", e.file},    {"line", e.line},       {"column", e.column}, {"what_zh", e.what_zh},
            {"what_en", e.what}, {"cure_zh", e.hint_zh}, {"cure_en", e.hint},  {"source", e.source}};
}

json::object rules_json(const language::plan_problem& p) {
    return {{"resident", p.who.str()},
            {"what_zh", p.what_zh},
            {"what_en", p.what_en},
            {"cure_zh", p.cure_zh},
            {"cure_en", p.cure_en}};
}

json::object rules_json(const language::effective_rule& r) {
    const auto seconds = [](std::chrono::nanoseconds d) { return std::chrono::duration<double>(d).count(); };
    json::array parameters;
    for (std::size_t i = 0; i < r.origins.size(); ++i) {
        const auto& from = r.origins[i];
        const auto& p = r.rule.parameters[i];
        parameters.push_back(json::object{{"name", from.name},
                                          {"value", from.value},
                                          {"unit", from.unit},
                                          {"least", p.least},
                                          {"most", p.most},
                                          {"overridden", from.overridden},
                                          {"where", from.where}});
    }
    json::array unless;
    for (const auto& e : r.rule.unless) unless.emplace_back(language::in_words(e));
    json::array inhibitors;
    for (const auto& id : r.rule.inhibited_by) inhibitors.emplace_back(id.str());
    json::object o{{"rule", r.rule.id.str()},
                   {"pack", r.rule.pack},
                   {"subject", name_of(r.who.of)},
                   {"id", r.who.id},
                   {"title", json::object{{"zh", r.rule.title_zh}, {"en", r.rule.title_en}}},
                   {"class", name_of(r.rule.of)},
                   {"priority", name_of(r.rule.urgency)},
                   {"when", language::in_words(r.rule.when)},
                   {"hold_s", nullptr},
                   {"unless", std::move(unless)},
                   {"clear", nullptr},
                   {"inhibited_by", std::move(inhibitors)},
                   {"detect_within_s", nullptr},
                   {"parameters", std::move(parameters)}};
    if (r.rule.hold.count() > 0) o["hold_s"] = seconds(r.rule.hold);
    if (!r.rule.clear.empty()) o["clear"] = language::in_words(r.rule.clear);
    if (r.rule.detect_within) o["detect_within_s"] = seconds(*r.rule.detect_within);
    return o;
}

void tell_problem(const terminal& t, const language::plan_problem& p) {
    const std::string who = p.who.empty() ? std::string{} : p.who.str() + ": ";
    t.line(fmt::format("{} {}{}\n    → {}", t.painted("✗", colour::red), harmless(who),
                       harmless(t.say(p.what_zh, p.what_en)), harmless(t.say(p.cure_zh, p.cure_en))));
}

} // namespace anban::cli
