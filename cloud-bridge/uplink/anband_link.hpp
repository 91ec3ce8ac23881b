// The uplink's end of the Unix socket to anband: connects for ever, reads messages, writes reports.
//
// What is written while there is no connection is dropped: anband asks for nothing that a new connection
// doesn't bring again. A reader that lags limits::link_backlog_bytes behind is cut off.
//
// Threads: the io_context's one; callbacks run there, never from within a call of send().
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "cloud-bridge/uplink/local_frames.hpp"

namespace anban::uplink {

struct link_events {
    std::function<void()> attached;
    std::function<void(std::string why)> detached;
    std::function<void(to_uplink)> said;
};

class anband_link {
public:
    anband_link(boost::asio::io_context& io, std::filesystem::path socket, link_events tell);
    ~anband_link();
    anband_link(const anband_link&) = delete;
    anband_link& operator=(const anband_link&) = delete;

    void start();
    void send(const from_uplink& m);
    [[nodiscard]] bool attached() const noexcept;
    // Ends the connection and begins another: anband then hands over all that has no Ack.
    void begin_anew(std::string why);

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace anban::uplink
