// How a rule stands just now, by the engine that runs: for `anban why-not`.
#pragma once

#include <boost/json/object.hpp>

#include "gateway/control/requests.hpp"

namespace anban::control {

[[nodiscard]] boost::json::object rule_standing(const daemon_side& daemon, const boost::json::object& request);

} // namespace anban::control
