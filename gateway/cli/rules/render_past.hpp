// What a back-test told, as text for a person or as JSON.
//
// Threads: free functions without state.
#pragma once

#include <string>

#include <boost/json.hpp>

#include "gateway/cli/terminal.hpp"
#include "rules/backtest/replay.hpp"
#include "rules/language/plan.hpp"

namespace anban::cli {

// "4 h", "90 s", "2 d 3 h"; at most two parts.
[[nodiscard]] std::string span_text(const terminal& t, std::chrono::nanoseconds span);

// A row a rule: how often, on how many days, by day; then each alarm where there are few.
[[nodiscard]] std::string render_story(const terminal& t, const story& told);
[[nodiscard]] std::string render_difference(const terminal& t, const story& now, const story_difference& d);
[[nodiscard]] boost::json::object as_json(const story& told);
[[nodiscard]] boost::json::object as_json(const story_difference& d, const zone_table& zone);

// One rule at one moment: each condition in the words of the language, whether it is met, since when, with what
// value, and what is missing: also a device that this home hasn't got.
[[nodiscard]] std::string render_standing(const terminal& t, const rule_view& view,
                                          const language::alarm_rule& rule, const installation& where,
                                          utc_time zero, utc_time at);
[[nodiscard]] boost::json::object as_json(const rule_view& view, const language::expression& when, utc_time zero);

} // namespace anban::cli
