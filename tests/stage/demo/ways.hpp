// The way of each alarm, put together from what its stations say themselves: the device that was pressed,
// anband's hops, the centre's events, the answers that came back. All clocks are this machine's.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace anban::stage::demo {

// In the order of the way. The first and those that end in ".device" and ".lamp" are seen at the home,
// "gateway." by anband, "centre." by the centre or, for shown, by a listener of its events.
struct station {
    std::string_view name;
    std::string_view zh;
    std::string_view en;
};
[[nodiscard]] const std::vector<station>& stations();

struct way {
    std::string alarm; // id in hex
    std::string device;
    std::string signal; // sos, service, fall
    std::int64_t began_us = 0;
    std::map<std::string, std::int64_t> at_us; // station → when it was first passed
    std::string phase;
    std::string state;
    std::string closing_code;
    std::string queue;
    std::int64_t presses = 0;
};

// Something to print: this alarm has just passed this station.
struct step {
    const way* of = nullptr;
    std::string_view station;
    double ms = 0; // since the press
};

class ways {
public:
    explicit ways(std::function<void(const step&)> on_step) : on_step_(std::move(on_step)) {}

    void hear_device(const boost::json::value& event);  // a line of anban-home
    void hear_gateway(const boost::json::value& event); // a line of `anban watch --json`
    void hear_centre(const boost::json::value& alarm, std::int64_t at_us);

    // The newest way that began at this device; nothing if there is none yet.
    [[nodiscard]] const way* newest_of(std::string_view device) const;
    [[nodiscard]] const way* find(std::string_view alarm) const;
    [[nodiscard]] const std::vector<way>& all() const noexcept { return all_; }

private:
    struct press {
        std::int64_t at_us = 0;
        std::string signal;
    };

    way& way_of(std::string_view alarm, std::string_view device, std::int64_t at_us);
    way* newest(std::string_view device);
    void pass(way& w, std::string_view station, std::int64_t at_us);

    std::function<void(const step&)> on_step_;
    std::vector<way> all_;
    std::map<std::string, press, std::less<>> pressed_; // by device: the newest press
};

// One row an alarm, one column a station, milliseconds since the press.
[[nodiscard]] std::string table_of(const std::vector<way>& all, bool chinese);

} // namespace anban::stage::demo
