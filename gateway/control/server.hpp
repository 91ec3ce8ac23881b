// The daemon's Unix socket for `anban`: run/control.sock, one JSON object a line.
//
// Who may speak: root, the daemon's own user, members of group `anban`; anyone else is cut off before a byte
// is read. Bounds: limits::control_connections peers, limits::control_request_bytes a request,
// limits::watchers streams; a listener that lags limits::watcher_backlog events behind is told of the gap
// and cut off, so that a stopped terminal never grows the daemon.
//
// Threads: all on the io_context's one thread. The server must outlive the context's run.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "gateway/control/requests.hpp"

namespace anban::control {

class server {
public:
    // `answer` is called for each request; `now` stamps events.
    server(boost::asio::io_context& io, std::function<reply(std::string_view)> answer,
           std::function<instant()> now);
    ~server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    // Makes `run` (0750), takes the place of a dead daemon's socket, begins to accept. Fails with a sentence:
    // the folder can't be made, or another daemon listens there.
    [[nodiscard]] std::expected<void, std::string> listen(const std::filesystem::path& run);

    // Hands one notice to everyone who watches. Cheap when nobody does.
    void publish(const notice& n);

    // Cuts everyone off and removes the socket.
    void close();

private:
    class connection;
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace anban::control
