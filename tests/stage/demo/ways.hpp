// The way of each press, put together from what its stations say themselves: the device that was pressed,
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

// In the order of the way. Those that begin with "device." are seen at the device or lamp, "gateway." by anband,
// "centre." by the centre or, for shown, by a listener of its events.
struct station {
    std::string_view name;
    std::string_view zh;
    std::string_view en;
};
[[nodiscard]] const std::vector<station>& stations();

struct way {
    std::string alarm; // id in hex
    std::string device;
    std::string boot; // in hex, with `seq` the device's own number of this press; empty: its family has none
    std::int64_t seq = 0;
    std::string signal;      // sos, service, fall
    std::int64_t number = 1; // which press of its alarm
    std::int64_t began_us = 0;
    std::map<std::string, std::int64_t> at_us; // station → when it was first passed
    std::string phase;
    std::string state;
    std::string state_before; // how far the alarm had come when this press came
    std::string closing_code;
    std::string queue;
    std::int64_t presses = 0;
};

// Something to print: this press has just passed this station.
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

    // The newest press of this alarm; nothing if there is none yet.
    [[nodiscard]] const way* find(std::string_view alarm) const;
    [[nodiscard]] const std::vector<way>& all() const noexcept { return all_; }

private:
    struct press {
        std::int64_t at_us = 0;
        std::string signal;
    };
    struct frame {
        std::string device;
        std::string boot;
        std::int64_t seq = 0;
        friend auto operator<=>(const frame&, const frame&) = default;
    };
    [[nodiscard]] static frame frame_of(const boost::json::value& event);

    void heard(const boost::json::value& event, const std::string& alarm, std::int64_t at_us);
    [[nodiscard]] way* newest(std::string_view alarm);
    [[nodiscard]] way* way_of(const frame& f);
    way& add(std::string_view alarm, const frame& f, std::int64_t at_us);
    void pass(way& w, std::string_view station, std::int64_t at_us);

    std::function<void(const step&)> on_step_;
    std::vector<way> all_;
    std::map<frame, press> pressed_; // published and not yet heard; without boot and seq: the device's newest
};

// One row a press, one column a station, milliseconds since the press.
[[nodiscard]] std::string table_of(const std::vector<way>& all, bool chinese);

} // namespace anban::stage::demo
