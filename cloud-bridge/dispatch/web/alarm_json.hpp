// An alarm as the API gives it: the case, and what the home's card knows of the people and rooms in it.
//
// Threads: free functions without state; any thread.
#pragma once

#include <map>
#include <string>

#include <boost/json/object.hpp>

#include "cloud-bridge/dispatch/desk/case_file.hpp"
#include "cloud-bridge/dispatch/setup/homes.hpp"

namespace anban::dispatch {

using home_cards = std::map<gateway_id, home_card>;

// RFC 3339 in UTC with milliseconds.
[[nodiscard]] std::string iso(utc_time at);

// What the event stream's beat says; `trouble` is left out while all is well.
[[nodiscard]] boost::json::object beat_json(const std::string& server_time, const std::string& trouble);

[[nodiscard]] boost::json::object alarm_json(const case_file& file, const home_cards& cards);
// With presses, actions, revisions and hops.
[[nodiscard]] boost::json::object alarm_detail_json(const case_file& file, const home_cards& cards);

} // namespace anban::dispatch
