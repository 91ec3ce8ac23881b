// HTTP/1.1 on Boost.Beast: reads a request within its bounds, hands it to the handler, writes what comes
// back, keeps the connection. Adds the security headers that every answer has. Streams are server-sent
// events and end with their connection.
//
// Threads: the io_context's one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "cloud-bridge/dispatch/web/http.hpp"
#include "cloud-bridge/dispatch/words.hpp"

namespace anban::dispatch {

class http_server {
public:
    // Listens at once; port 0 takes any.
    [[nodiscard]] static outcome<std::unique_ptr<http_server>>
    listen(boost::asio::io_context& io, const std::string& address, std::uint16_t port, http_handler& handler);
    ~http_server();
    [[nodiscard]] std::uint16_t port() const;

private:
    struct door;
    explicit http_server(std::shared_ptr<door> d);
    std::shared_ptr<door> door_;
};

} // namespace anban::dispatch
