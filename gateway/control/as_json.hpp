// The core's values as JSON for `anban`. Times are UTC in ISO 8601 with milliseconds, and nothing (null)
// where the clock was never set; ages are counted on the clock that never steps.
#pragma once

#include <string>

#include <boost/json/object.hpp>

#include "gateway/config/error.hpp"
#include "gateway/config/house.hpp"
#include "gateway/home/home.hpp"

namespace anban::control {

[[nodiscard]] boost::json::value as_json(const stamp& s);
[[nodiscard]] boost::json::object as_json(const config_error& e);
[[nodiscard]] boost::json::object as_json(const fault& f);
[[nodiscard]] boost::json::object as_json(const device& d);
[[nodiscard]] boost::json::object as_json(const resident& r);
// What is installed and what was heard, together.
[[nodiscard]] boost::json::object as_json(const device_view& seen, const device* installed, instant now);
[[nodiscard]] boost::json::object as_json(const alarm_state& a, const house& h);
[[nodiscard]] boost::json::object with_details(const alarm_state& a, const house& h, const std::vector<hop>& hops);
[[nodiscard]] boost::json::object as_json(const notice& n);

} // namespace anban::control
