// Rules, their mistakes and problems as JSON and as lines for a person.
//
// Threads: free functions without state.
#pragma once

#include <boost/json/object.hpp>

#include "gateway/cli/terminal.hpp"
#include "rules/language/pack.hpp"
#include "rules/language/plan.hpp"

namespace anban::cli {

[[nodiscard]] boost::json::object rules_json(const language::pack_error& e);
[[nodiscard]] boost::json::object rules_json(const language::plan_problem& p);
[[nodiscard]] boost::json::object rules_json(const language::effective_rule& r);

void tell_problem(const terminal& t, const language::plan_problem& p);

} // namespace anban::cli
