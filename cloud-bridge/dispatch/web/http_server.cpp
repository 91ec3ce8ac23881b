#include "cloud-bridge/dispatch/web/http_server.hpp"

#include <optional>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include "cloud-bridge/dispatch/limits.hpp"

namespace anban::dispatch {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string decode(std::string_view text, bool plus_is_space) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        if (low >= 0) {
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += plus_is_space && text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

void split_target(std::string_view target, http_request& into) {
    const auto mark = target.find('?');
    into.path = decode(target.substr(0, mark), false);
    if (mark == std::string_view::npos) return;
    auto rest = target.substr(mark + 1);
    while (!rest.empty() && into.query.size() < 16) {
        const auto end = std::min(rest.find('&'), rest.size());
        const auto pair = rest.substr(0, end);
        const auto equals = std::min(pair.find('='), pair.size());
        const auto value = equals < pair.size() ? pair.substr(equals + 1) : std::string_view{};
        into.query[decode(pair.substr(0, equals), true)] = decode(value, true);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
}

std::string text(beast::string_view v) {
    return {v.data(), v.size()};
}

// What every answer says; a page's own policy stands before it.
constexpr std::pair<const char*, const char*> standing_headers[] = {
    {"Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cache-Control", "no-store"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

} // namespace

struct http_server::door : std::enable_shared_from_this<http_server::door> {
    class visit;

    asio::io_context& io;
    tcp::acceptor acceptor;
    asio::steady_timer pause;
    http_handler& handler;
    std::size_t visits = 0;

    door(asio::io_context& context, http_handler& h)
        : io(context), acceptor(context), pause(context), handler(h) {}

    void accept();
};

// One connection. Lives as long as an operation of it is under way or a reply for it is awaited.
class http_server::door::visit : public std::enable_shared_from_this<visit> {
public:
    visit(tcp::socket socket, std::shared_ptr<door> d)
        : stream_(std::move(socket)), beat_(d->io), door_(std::move(d)) {
        ++door_->visits;
    }
    ~visit() { --door_->visits; }
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;

    void read() {
        parser_.emplace();
        parser_->header_limit(limits::request_header_bytes);
        parser_->body_limit(limits::request_body_bytes);
        stream_.expires_after(limits::idle_timeout);
        http::async_read_header(
            stream_, buffer_, *parser_,
            [self = shared_from_this()](error_code code, std::size_t) { self->read_body(code); });
    }

private:
    void read_body(error_code code) {
        if (code == http::error::end_of_stream) return close();
        if (code) return refuse(code);
        stream_.expires_after(limits::request_timeout);
        http::async_read(stream_, buffer_, *parser_,
                         [self = shared_from_this()](error_code read_code, std::size_t) {
                             read_code ? self->refuse(read_code) : self->ask();
                         });
    }

    // What could not be read is answered where that makes sense, and the connection ends.
    void refuse(error_code code) {
        http_response r;
        if (code == http::error::body_limit) {
            r.status = 413;
        } else if (code == http::error::header_limit) {
            r.status = 431;
        } else if (code.category() == http::make_error_code(http::error::end_of_stream).category()) {
            r.status = 400;
        } else {
            return close();
        }
        r.content_type = "text/plain; charset=utf-8";
        r.body = "the request can't be read\n";
        keep_ = false;
        head_ = false;
        write(std::move(r));
    }

    void ask() {
        const auto& message = parser_->get();
        http_request request;
        request.method = text(message.method_string());
        split_target({message.target().data(), message.target().size()}, request);
        request.cookie = text(message[http::field::cookie]);
        request.csrf = text(message["X-CSRF-Token"]);
        request.content_type = text(message[http::field::content_type]);
        request.last_event_id = text(message["Last-Event-ID"]);
        request.body = message.body();
        error_code gone;
        request.peer = stream_.socket().remote_endpoint(gone).address().to_string();
        keep_ = message.keep_alive();
        head_ = request.method == "HEAD";
        stream_.expires_never(); // the handler has its own time limits
        door_->handler.handle(std::move(request), [self = shared_from_this()](http_answer answer) {
            if (auto* source = std::get_if<std::shared_ptr<stream_source>>(&answer)) {
                self->begin_stream(std::move(*source));
            } else {
                self->write(std::get<http_response>(std::move(answer)));
            }
        });
    }

    void write(http_response answer) {
        response_.emplace();
        auto& r = *response_;
        r.result(answer.status);
        r.version(11);
        r.keep_alive(keep_);
        for (const auto& [name, value] : standing_headers) r.set(name, value);
        for (const auto& [name, value] : answer.headers) r.set(name, value);
        if (answer.status != 204) r.set(http::field::content_type, answer.content_type);
        r.body() = std::move(answer.body);
        r.prepare_payload();
        if (head_) r.body().clear();
        stream_.expires_after(limits::request_timeout);
        const auto told = [self = shared_from_this(), written = std::move(answer.written)](error_code code,
                                                                                           std::size_t) {
            if (!code && written) written();
            if (code || !self->keep_) return self->close();
            self->read();
        };
        http::async_write(stream_, r, told);
    }

    // ---- Streams ------------------------------------------------------------------------------------

    void begin_stream(std::shared_ptr<stream_source> source) {
        source_ = std::move(source);
        source_->wake = [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->write_more();
        };
        piece_ = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n"
                 "X-Accel-Buffering: no\r\n";
        for (const auto& [name, value] : standing_headers) piece_ += fmt::format("{}: {}\r\n", name, value);
        piece_ += "\r\n";
        write_piece();
        watch_for_end();
        wait_for_beat();
    }

    void write_more() {
        if (writing_ || !source_) return;
        if (source_->cut_off()) return close();
        auto next = source_->next();
        if (!next) return;
        piece_ = std::move(*next);
        write_piece();
    }

    void write_piece() {
        writing_ = true;
        stream_.expires_after(limits::request_timeout);
        asio::async_write(stream_, asio::buffer(piece_),
                          [self = shared_from_this()](error_code code, std::size_t) {
                              self->writing_ = false;
                              if (code) return self->close();
                              if (self->source_) self->source_->written();
                              self->stream_.expires_never();
                              self->write_more();
                          });
    }

    // A console never sends anything on its stream; reading only notices that it has gone.
    void watch_for_end() {
        stream_.socket().async_read_some(asio::buffer(drain_),
                                         [self = shared_from_this()](error_code code, std::size_t) {
                                             code ? self->close() : self->watch_for_end();
                                         });
    }

    void wait_for_beat() {
        beat_.expires_after(limits::stream_comment_every);
        beat_.async_wait([weak = weak_from_this()](error_code code) {
            const auto self = weak.lock();
            if (code || !self || !self->source_) return;
            if (self->source_->cut_off()) return self->close();
            if (!self->writing_) {
                self->piece_ = self->source_->sign_of_life();
                self->write_piece();
            }
            self->wait_for_beat();
        });
    }

    void close() {
        source_.reset();
        beat_.cancel();
        error_code ignored;
        stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
        stream_.socket().close(ignored);
    }

    beast::tcp_stream stream_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    std::optional<http::response<http::string_body>> response_;
    bool keep_ = false;
    bool head_ = false;

    std::shared_ptr<stream_source> source_;
    asio::steady_timer beat_;
    std::string piece_;
    bool writing_ = false;
    char drain_[64] = {};
    std::shared_ptr<door> door_;
};

void http_server::door::accept() {
    acceptor.async_accept([self = shared_from_this()](error_code code, tcp::socket socket) {
        if (code == asio::error::operation_aborted) return;
        if (code) {
            // Out of descriptors, mostly: give those in use time to end.
            self->pause.expires_after(std::chrono::milliseconds(100));
            self->pause.async_wait([self](error_code waited) {
                if (!waited) self->accept();
            });
            return;
        }
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        if (self->visits < limits::connections) std::make_shared<visit>(std::move(socket), self)->read();
        self->accept();
    });
}

http_server::http_server(std::shared_ptr<door> d) : door_(std::move(d)) {}

http_server::~http_server() {
    error_code ignored;
    door_->acceptor.close(ignored);
    door_->pause.cancel();
}

std::uint16_t http_server::port() const {
    error_code ignored;
    return door_->acceptor.local_endpoint(ignored).port();
}

outcome<std::unique_ptr<http_server>> http_server::listen(asio::io_context& io, const std::string& address,
                                                          std::uint16_t port, http_handler& handler) {
    error_code code;
    const auto where = asio::ip::make_address(address, code);
    auto made = std::make_shared<door>(io, handler);
    const tcp::endpoint endpoint(where, port);
    if (!code) made->acceptor.open(endpoint.protocol(), code);
    if (!code) made->acceptor.set_option(tcp::acceptor::reuse_address(true), code);
    if (!code) made->acceptor.bind(endpoint, code);
    if (!code) made->acceptor.listen(asio::socket_base::max_listen_connections, code);
    if (code) {
        return std::unexpected(
            words{fmt::format("不能在 {}:{} 上提供页面：{}", address, port, code.message()),
                  fmt::format("can't serve the page on {}:{}: {}", address, port, code.message())});
    }
    made->accept();
    return std::unique_ptr<http_server>(new http_server(std::move(made)));
}

} // namespace anban::dispatch
