// The program's parts put together: what anband hands over goes to the delivery's decisions, what they say
// goes to the session, what comes down goes to anband.
//
// No session is tried before anband has said hello: the birth names the home's open alarms, and a link
// that stands without a gateway behind it would tell the centre a comfort that isn't true. For the same
// reason heartbeats rest while anband is away.
//
// Threads: the io_context's one.
#pragma once

#include <chrono>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "cloud-bridge/uplink/district.hpp"

namespace anban::uplink {

struct uplink_settings {
    std::filesystem::path socket;                                        // of anband
    std::function<std::expected<district, std::string>()> find_district; // asked before each try
    std::chrono::milliseconds pulse{500};                                // 0: none
};

class uplink_program {
public:
    uplink_program(boost::asio::io_context& io, uplink_settings settings);
    ~uplink_program();
    uplink_program(const uplink_program&) = delete;
    uplink_program& operator=(const uplink_program&) = delete;

    void start();

private:
    class machine;
    std::unique_ptr<machine> machine_;
};

} // namespace anban::uplink
