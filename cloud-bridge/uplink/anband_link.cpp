#include "cloud-bridge/uplink/anband_link.hpp"

#include <algorithm>
#include <array>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "cloud-bridge/uplink/limits.hpp"

namespace anban::uplink {

namespace asio = boost::asio;
using boost::system::error_code;

struct anband_link::state : std::enable_shared_from_this<state> {
    state(asio::io_context& io, std::filesystem::path path, link_events events)
        : socket(io), retry(io), where(std::move(path)), tell(std::move(events)) {}

    asio::local::stream_protocol::socket socket;
    asio::steady_timer retry;
    std::filesystem::path where;
    link_events tell;
    frame_reader reader;
    std::array<char, 65'536> incoming{};
    std::string waiting; // behind what is being written
    std::string writing;
    std::chrono::milliseconds pause{limits::link_retry_first};
    bool attached = false;
    unsigned connection = 0; // what is still under way of an earlier one is ignored

    void connect() {
        const unsigned mine = ++connection;
        error_code ignored;
        socket.close(ignored);
        const std::string path = where.string();
        if (path.size() >= 108) return try_again("the socket's path is longer than 107 bytes");
        socket.async_connect(path, [self = shared_from_this(), mine](const error_code& ec) {
            if (mine != self->connection) return;
            if (ec) return self->try_again(ec.message());
            self->begin();
        });
    }

    void try_again(const std::string&) {
        retry.expires_after(pause);
        pause = std::min<std::chrono::milliseconds>(pause * 2, limits::link_retry_most);
        retry.async_wait([self = shared_from_this()](const error_code& ec) {
            if (!ec) self->connect();
        });
    }

    void begin() {
        attached = true;
        pause = limits::link_retry_first;
        reader = {};
        waiting.clear();
        writing.clear();
        tell.attached();
        read();
    }

    void end(const std::string& why) {
        if (!attached) return;
        attached = false;
        ++connection;
        error_code ignored;
        socket.close(ignored);
        tell.detached(why);
        try_again(why);
    }

    void read() {
        socket.async_read_some(asio::buffer(incoming), [self = shared_from_this(),
                                                        mine = connection](const error_code& ec, std::size_t n) {
            if (mine != self->connection) return;
            if (ec) return self->end(ec.message());
            self->take({self->incoming.data(), n});
        });
    }

    void take(std::string_view bytes) {
        const unsigned mine = connection;
        reader.feed(bytes);
        while (const auto message = reader.next()) {
            auto said = read_to_uplink(*message);
            if (!said) return end("anband said what can't be read: " + said.error());
            tell.said(std::move(*said));
            if (mine != connection) return;
        }
        if (reader.broken()) return end("anband told an impossible length");
        read();
    }

    void send(const from_uplink& m) {
        if (!attached) return;
        waiting += frame_of(m);
        if (waiting.size() > limits::link_backlog_bytes) {
            // Not from within the caller's step.
            asio::post(socket.get_executor(), [self = shared_from_this(), mine = connection] {
                if (mine == self->connection) self->end("anband doesn't read");
            });
            return;
        }
        if (writing.empty()) write();
    }

    void write() {
        writing.swap(waiting);
        asio::async_write(socket, asio::buffer(writing),
                          [self = shared_from_this(), mine = connection](const error_code& ec, std::size_t) {
                              if (mine != self->connection) return;
                              if (ec) return self->end(ec.message());
                              self->writing.clear();
                              if (!self->waiting.empty()) self->write();
                          });
    }
};

anband_link::anband_link(asio::io_context& io, std::filesystem::path socket, link_events tell)
    : state_(std::make_shared<state>(io, std::move(socket), std::move(tell))) {}

anband_link::~anband_link() = default;

void anband_link::start() {
    state_->connect();
}

void anband_link::send(const from_uplink& m) {
    state_->send(m);
}

bool anband_link::attached() const noexcept {
    return state_->attached;
}

void anband_link::begin_anew(std::string why) {
    asio::post(state_->socket.get_executor(), [s = state_, why = std::move(why)] { s->end(why); });
}

} // namespace anban::uplink
