// A browser's part without a browser: log-in, cookie, CSRF token, requests, and the stream of events.
//
// Threads: `http_client` one thread at a time; `event_stream` reads on a thread of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace anban::stage {

struct http_answer {
    unsigned status = 0;
    std::string body;
    std::string location;                          // of a redirect
    [[nodiscard]] boost::json::value json() const; // null where the body is no JSON
};

class http_client {
public:
    // `base` as the centre prints it: "http://127.0.0.1:PORT".
    explicit http_client(std::string base);

    // Throws fault if nobody answers within `patience`.
    http_answer get(std::string_view path);
    http_answer post(std::string_view path, const boost::json::value& body);
    http_answer post_text(std::string_view path, std::string_view body);
    http_answer erase(std::string_view path);

    // POST /api/v1/session with a one-time token or a name and password; keeps cookie and CSRF token.
    http_answer log_in_with_token(std::string_view token);
    http_answer log_in(std::string_view name, std::string_view password);

    [[nodiscard]] const std::string& cookie() const noexcept { return cookie_; }
    [[nodiscard]] const std::string& base() const noexcept { return base_; }
    void forget_csrf() { csrf_.clear(); }

private:
    http_answer ask(std::string_view method, std::string_view path, std::string_view body);
    http_answer keep_session(http_answer answer);

    std::string base_;
    std::string host_;
    std::string port_;
    std::string cookie_;
    std::string csrf_;
};

struct server_event {
    std::string id;
    std::string kind; // "alarm", "hello"
    boost::json::value data;
    std::int64_t at_us = 0; // when it was read here, UTC
};

// GET path as text/event-stream until destroyed. Ends by itself when the server goes.
class event_stream {
public:
    event_stream(const http_client& session, std::string_view path, std::function<void(server_event)> on_event,
                 std::string_view last_id = {});
    ~event_stream();
    event_stream(const event_stream&) = delete;
    event_stream& operator=(const event_stream&) = delete;

    [[nodiscard]] bool ended() const noexcept;

private:
    class reader;
    std::unique_ptr<reader> reader_;
};

[[nodiscard]] std::int64_t utc_now_us();

} // namespace anban::stage
