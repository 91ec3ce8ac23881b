// The daemon's end of run/uplink.sock: hands deliveries to anban-uplink and takes what the centre says.
// One uplink at a time; a new connection takes the place of the old one. What can't be written is not kept:
// the home hands over everything without an Ack when an uplink connects again.
//
// Threads: `send` may be called from any and writes to the socket itself; everything else on the io_context's one.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "cloud-bridge/uplink/local_frames.hpp"

namespace anban {

class uplink_port {
public:
    struct events {
        std::function<void()> attached;
        std::function<void()> detached;
        std::function<void(uplink::from_uplink)> said;
    };

    uplink_port(boost::asio::io_context& io, events tell);
    ~uplink_port();
    uplink_port(const uplink_port&) = delete;
    uplink_port& operator=(const uplink_port&) = delete;

    // Takes the place of a dead daemon's socket in `run`, 0600. Fails with a sentence.
    [[nodiscard]] std::expected<void, std::string> listen(const std::filesystem::path& run);
    void send(const uplink::to_uplink& m);
    [[nodiscard]] bool attached() const noexcept;

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace anban
