// Requests that change the home directory: checked as a whole on a copy, written, applied.
#pragma once

#include <boost/json/object.hpp>

#include "gateway/control/requests.hpp"

namespace anban::control {

[[nodiscard]] boost::json::object add_device(const daemon_side& daemon, const boost::json::object& request);
[[nodiscard]] boost::json::object remove_device(const daemon_side& daemon, const boost::json::object& request);
[[nodiscard]] boost::json::object add_resident(const daemon_side& daemon, const boost::json::object& request);
// The packs, and numbers of their alarms, of a resident who is there; what the request doesn't name stays.
[[nodiscard]] boost::json::object set_resident(const daemon_side& daemon, const boost::json::object& request);
// Reads the directory again after a person has edited it.
[[nodiscard]] boost::json::object reload(const daemon_side& daemon);

// A text of the request; empty where it is missing or something else.
[[nodiscard]] std::string text_of(const boost::json::object& request, std::string_view key);

} // namespace anban::control
