// A whole district, raised for one test case, and the questions that the cases ask of it. The centre is asked
// by its HTTP API as a page would, never its store.
//
// Threads: the test's.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "tests/stage/district.hpp"
#include "tests/stage/http.hpp"

namespace anban::acceptance {

using namespace std::chrono_literals;
namespace json = boost::json;
using stage::number_of;
using stage::text_of;

// Until `done` says so; false when `patience` is over.
bool eventually(const std::function<bool()>& done, std::chrono::milliseconds patience);

// A number from the environment, for loops that may be longer on demand.
[[nodiscard]] long setting(const char* name, long otherwise);

class scene {
public:
    // Everything runs and the home has its link.
    explicit scene(stage::home_plan plan = stage::usual_home());

    // All alarms of the centre, open and closed; empty while it does not answer.
    std::vector<json::value> alarms();
    std::vector<json::value> alarms_of(std::string_view device);
    // The first that `wanted` accepts.
    std::optional<json::value> alarm(const std::function<bool(const json::value&)>& wanted,
                                     std::chrono::milliseconds patience = 15s);
    // The first of this device that is stored.
    std::optional<json::value> stored_alarm_of(std::string_view device, std::chrono::milliseconds patience = 15s);
    json::value detail(const json::value& alarm);
    std::vector<json::value> presses(const json::value& alarm);
    // Press records of this device in all alarms; with `real`, those that are no marked repeats.
    std::size_t press_records(std::string_view device, bool real = false);

    // POST …/verb with the epoch and, for a close, the revision that is read before.
    stage::http_answer act(const json::value& alarm, std::string_view verb, json::object body = {});

    // Something that anban-home printed, at or behind `from` (seen().size() before the command).
    std::optional<json::value> saw(std::string_view event, std::string_view device, std::string_view field,
                                   std::string_view value, std::chrono::milliseconds patience,
                                   std::size_t from = 0);
    std::optional<json::value> answer(std::string_view device, std::string_view what,
                                      std::chrono::milliseconds patience = 10s, std::size_t from = 0) {
        return saw("answer", device, "answer", what, patience, from);
    }
    // A fault of `anban status` whose key begins like this.
    std::optional<json::value> fault(std::string_view key, std::chrono::milliseconds patience = 10s);

    // After the centre's program was started anew.
    void log_in_again() { session_ = district.centre.session(); }
    stage::http_client& session() { return session_; }
    // Ends of all logs, for a message about a failure.
    std::string logs() const;

    stage::district district;

private:
    stage::http_client session_;
};

} // namespace anban::acceptance
