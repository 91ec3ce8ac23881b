// HTTP as the API sees it: values in, values out. Beast stays in http_server.cpp, so that the API is tested
// without a socket.
//
// Threads: one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace anban::dispatch {

struct http_request {
    std::string method; // upper case
    std::string path;   // without the query, percent-decoded
    std::map<std::string, std::string> query;
    std::string cookie;
    std::string csrf;
    std::string content_type;
    std::string last_event_id;
    std::string body;
    std::string peer; // address of the connection
};

struct http_response {
    unsigned status = 200;
    std::string content_type = "application/json; charset=utf-8";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::function<void()> written; // called once the answer is on its way to the visitor
};

// What a stream has to say next; belongs to one connection.
class stream_source {
public:
    virtual ~stream_source() = default;
    // The next piece, nothing if there is none now.
    [[nodiscard]] virtual std::optional<std::string> next() = 0;
    // The piece last given is on its way to the listener.
    virtual void written() = 0;
    // True once the listener has fallen too far behind or is welcome no more: end the connection. Asked
    // before each piece and each sign of life.
    [[nodiscard]] virtual bool cut_off() const = 0;
    // What to say when there was nothing for limits::stream_comment_every.
    [[nodiscard]] virtual std::string sign_of_life() = 0;
    // Called whenever there is something new.
    std::function<void()> wake;
};

using http_answer = std::variant<http_response, std::shared_ptr<stream_source>>;
// Called exactly once, now or later.
using http_reply = std::move_only_function<void(http_answer)>;

class http_handler {
public:
    virtual ~http_handler() = default;
    virtual void handle(http_request request, http_reply reply) = 0;
};

} // namespace anban::dispatch
