// Reads what home, gateway and centre tell and keeps the ways of all alarms up to date.
//
// Threads: one; the district's own threads only fill its mailboxes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "tests/stage/demo/ways.hpp"
#include "tests/stage/district.hpp"
#include "tests/stage/http.hpp"

namespace anban::stage::demo {

class player {
public:
    player(district& d, std::function<void(const step&)> on_step);

    // Takes in what has come since the last call, in the order in which it happened: the sources are not
    // equally quick, so what happened in the last moments waits for its turn.
    void take_in();
    // Takes in until `done` says so; false when `patience` is over.
    bool until(const std::function<bool()>& done, std::chrono::milliseconds patience);

    [[nodiscard]] const ways& seen() const noexcept { return ways_; }
    [[nodiscard]] http_client& session() noexcept { return session_; }

private:
    district& district_;
    ways ways_;
    http_client session_;
    mailbox<server_event> events_;
    std::unique_ptr<event_stream> stream_;
    struct news {
        enum class source : std::uint8_t { device, gateway, centre };
        source from;
        std::int64_t at_us;
        boost::json::value event;
    };
    void perform(const news& n);

    std::vector<news> waiting_;
    std::size_t devices_read_ = 0;
    std::size_t gateway_read_ = 0;
    std::size_t centre_read_ = 0;
};

// "   +12.345 ms  button-1  网关收到"
[[nodiscard]] std::string line_of(const step& s, bool chinese);

} // namespace anban::stage::demo
