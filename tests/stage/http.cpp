#include "tests/stage/http.hpp"

#include <atomic>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include "tests/stage/fault.hpp"

namespace anban::stage {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto patience = std::chrono::seconds(10);

struct place {
    std::string host;
    std::string port;
};

place place_of(std::string_view base) {
    constexpr std::string_view scheme = "http://";
    if (!base.starts_with(scheme)) throw fault(fmt::format("'{}' does not begin with http://", base));
    base.remove_prefix(scheme.size());
    while (base.ends_with('/')) base.remove_suffix(1);
    const auto colon = base.rfind(':');
    if (colon == std::string_view::npos) return {std::string(base), "80"};
    return {std::string(base.substr(0, colon)), std::string(base.substr(colon + 1))};
}

tcp::endpoint endpoint_of(const place& p) {
    error_code error;
    const auto ip = asio::ip::make_address(p.host == "localhost" ? "127.0.0.1" : p.host, error);
    if (error) throw fault(fmt::format("'{}' is not an address", p.host));
    return {ip, static_cast<std::uint16_t>(std::stoul(p.port))};
}

} // namespace

std::int64_t utc_now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

boost::json::value http_answer::json() const {
    boost::system::error_code error;
    auto value = boost::json::parse(body, error);
    return error ? boost::json::value() : value;
}

http_client::http_client(std::string base) : base_(std::move(base)) {
    auto p = place_of(base_);
    host_ = std::move(p.host);
    port_ = std::move(p.port);
}

http_answer http_client::ask(std::string_view method, std::string_view path, std::string_view body) {
    asio::io_context context;
    beast::tcp_stream stream(context);
    http::request<http::string_body> request(http::string_to_verb({method.data(), method.size()}),
                                             {path.data(), path.size()}, 11);
    request.set(http::field::host, fmt::format("{}:{}", host_, port_));
    request.set(http::field::connection, "close");
    request.set(http::field::accept, "application/json");
    if (!cookie_.empty()) request.set(http::field::cookie, cookie_);
    if (!csrf_.empty()) request.set("X-CSRF-Token", csrf_);
    if (method != "GET") {
        request.set(http::field::content_type, "application/json");
        request.set(http::field::origin, base_);
        request.body() = body;
    }
    request.prepare_payload();

    http::response_parser<http::string_body> parser;
    parser.body_limit(64 * 1024 * 1024);
    beast::flat_buffer buffer;
    error_code failed;
    const auto read = [&](error_code error, std::size_t) {
        failed = error;
        if (!error) http::async_read(stream, buffer, parser, [&](error_code e, std::size_t) { failed = e; });
    };
    stream.expires_after(patience);
    stream.async_connect(endpoint_of({host_, port_}), [&](error_code error) {
        failed = error;
        if (!error) http::async_write(stream, request, read);
    });
    context.run();
    if (failed) throw fault(fmt::format("{} {}{}: {}", method, base_, path, failed.message()));

    const auto& got = parser.get();
    http_answer answer{got.result_int(), got.body(), std::string(got[http::field::location])};
    if (const auto set = std::string(got[http::field::set_cookie]); !set.empty())
        cookie_ = set.substr(0, set.find(';'));
    return answer;
}

http_answer http_client::get(std::string_view path) {
    return ask("GET", path, {});
}
http_answer http_client::post(std::string_view path, const boost::json::value& body) {
    return ask("POST", path, boost::json::serialize(body));
}
http_answer http_client::post_text(std::string_view path, std::string_view body) {
    return ask("POST", path, body);
}
http_answer http_client::erase(std::string_view path) {
    return ask("DELETE", path, {});
}

http_answer http_client::keep_session(http_answer answer) {
    const auto body = answer.json();
    if (const auto* object = body.if_object())
        if (const auto* token = object->if_contains("csrf"); token != nullptr && token->is_string())
            csrf_ = token->as_string().c_str();
    return answer;
}

http_answer http_client::log_in_with_token(std::string_view token) {
    return keep_session(post("/api/v1/session", {{"token", token}}));
}
http_answer http_client::log_in(std::string_view name, std::string_view password) {
    return keep_session(post("/api/v1/session", {{"operator", name}, {"password", password}}));
}

// ---- Events ---------------------------------------------------------------------------------------------

class event_stream::reader {
public:
    reader(const http_client& session, std::string_view path, std::function<void(server_event)> on_event,
           std::string_view last_id)
        : stream_(context_), on_event_(std::move(on_event)) {
        const auto where = place_of(session.base());
        request_ = {http::verb::get, {path.data(), path.size()}, 11};
        request_.set(http::field::host, fmt::format("{}:{}", where.host, where.port));
        request_.set(http::field::accept, "text/event-stream");
        request_.set(http::field::cookie, session.cookie());
        if (!last_id.empty()) request_.set("Last-Event-ID", {last_id.data(), last_id.size()});
        stream_.expires_after(patience);
        stream_.async_connect(endpoint_of(where), [this](error_code error) {
            if (!error)
                http::async_write(stream_, request_, [this](error_code e, std::size_t) { read_header(e); });
        });
        thread_ = std::thread([this] {
            context_.run();
            ended_ = true;
        });
    }

    ~reader() {
        context_.stop();
        thread_.join();
    }

    [[nodiscard]] bool ended() const noexcept { return ended_; }

private:
    void read_header(error_code error) {
        if (error) return;
        parser_.body_limit(boost::none);
        http::async_read_header(stream_, buffer_, parser_, [this](error_code e, std::size_t) {
            if (e || parser_.get().result_int() != 200) return;
            stream_.expires_never();
            read_body();
        });
    }

    void read_body() {
        http::async_read_some(stream_, buffer_, parser_, [this](error_code error, std::size_t) {
            if (error) return;
            waiting_ += parser_.get().body();
            parser_.get().body().clear();
            for (auto end = waiting_.find('\n'); end != std::string::npos; end = waiting_.find('\n')) {
                auto line = waiting_.substr(0, end);
                waiting_.erase(0, end + 1);
                if (line.ends_with('\r')) line.pop_back();
                take(line);
            }
            read_body();
        });
    }

    void take(std::string_view line) {
        if (line.empty()) {
            if (!data_.empty()) {
                boost::system::error_code error;
                event_.data = boost::json::parse(data_, error);
                event_.at_us = utc_now_us();
                on_event_(event_);
            }
            data_.clear();
            event_.kind.clear();
            return;
        }
        const auto colon = line.find(':');
        const auto name = line.substr(0, colon);
        auto value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
        if (value.starts_with(' ')) value.remove_prefix(1);
        if (name == "event")
            event_.kind = value;
        else if (name == "id")
            event_.id = value;
        else if (name == "data")
            data_ += data_.empty() ? std::string(value) : "\n" + std::string(value);
    }

    asio::io_context context_;
    beast::tcp_stream stream_;
    http::request<http::empty_body> request_;
    http::response_parser<http::string_body> parser_;
    beast::flat_buffer buffer_;
    std::function<void(server_event)> on_event_;
    std::string waiting_;
    std::string data_;
    server_event event_;
    std::atomic<bool> ended_ = false;
    std::thread thread_;
};

event_stream::event_stream(const http_client& session, std::string_view path,
                           std::function<void(server_event)> on_event, std::string_view last_id)
    : reader_(std::make_unique<reader>(session, path, std::move(on_event), last_id)) {}
event_stream::~event_stream() = default;
bool event_stream::ended() const noexcept {
    return reader_->ended();
}

} // namespace anban::stage
