// The daemon's answers as a person reads them. Pure: JSON in, text out; a key that is missing shows as
// nothing and never fails.
#pragma once

#include <string>

#include <boost/json/object.hpp>

#include "gateway/cli/terminal.hpp"

namespace anban::cli {

[[nodiscard]] std::string render_status(const terminal& t, const boost::json::object& status);
[[nodiscard]] std::string render_devices(const terminal& t, const boost::json::object& answer);
[[nodiscard]] std::string render_residents(const terminal& t, const boost::json::object& answer);
[[nodiscard]] std::string render_alarms(const terminal& t, const boost::json::object& answer);
[[nodiscard]] std::string render_alarm(const terminal& t, const boost::json::object& alarm);
// One line of `watch`.
[[nodiscard]] std::string render_event(const terminal& t, const boost::json::object& event);
// One line of `device test`.
[[nodiscard]] std::string render_test_step(const terminal& t, const boost::json::object& event);

} // namespace anban::cli
