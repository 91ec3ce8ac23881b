// Requests that put rules away for a while, and tell which lie there.
#pragma once

#include <boost/json/object.hpp>

#include "gateway/control/requests.hpp"

namespace anban::control {

[[nodiscard]] boost::json::object shelve(const daemon_side& daemon, const boost::json::object& request);
[[nodiscard]] boost::json::object unshelve(const daemon_side& daemon, const boost::json::object& request);
[[nodiscard]] boost::json::object shelves(const daemon_side& daemon);

} // namespace anban::control
