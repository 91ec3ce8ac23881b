#include "gateway/daemon/uplink_port.hpp"

#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <mutex>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

namespace anban {
namespace {

namespace asio = boost::asio;
using local = asio::local::stream_protocol;

// An uplink that is so far behind gets no more until it has read all; then everything without an Ack is
// handed over again.
constexpr std::size_t most_unwritten = 16 * 1024 * 1024;

} // namespace

struct uplink_port::state : std::enable_shared_from_this<uplink_port::state> {
    struct connection {
        explicit connection(local::socket s) : socket(std::move(s)) {}
        local::socket socket;
        uplink::frame_reader reader;
        std::array<char, 16 * 1024> incoming{};
        std::string unwritten;
        std::string writing;
        bool behind = false;
        bool armed = false; // the io_context's thread will write what is unwritten
    };

    state(asio::io_context& context, events t) : io(context), acceptor(io), pause(io), tell(std::move(t)) {}

    void accept() {
        acceptor.async_accept(
            [self = shared_from_this()](const boost::system::error_code& error, local::socket socket) {
                if (error == asio::error::operation_aborted) return;
                if (!error) {
                    self->take(std::make_shared<connection>(std::move(socket)));
                    return self->accept();
                }
                // Out of descriptors, say: a moment's pause, or this would spin.
                self->pause.expires_after(std::chrono::milliseconds{100});
                self->pause.async_wait([self](const boost::system::error_code& stopped) {
                    if (!stopped) self->accept();
                });
            });
    }

    void take(const std::shared_ptr<connection>& fresh) {
        if (const auto before = current) drop(before);
        {
            const std::lock_guard hold{guard};
            current = fresh;
        }
        read(fresh);
        tell.attached();
    }

    void drop(const std::shared_ptr<connection>& which) {
        {
            const std::lock_guard hold{guard}; // nobody writes to a number that another socket has now
            boost::system::error_code ignored;
            which->socket.close(ignored);
            if (which != current) return;
            current.reset();
        }
        tell.detached();
    }

    void read(const std::shared_ptr<connection>& from) {
        from->socket.async_read_some(
            asio::buffer(from->incoming),
            [self = shared_from_this(), from](const boost::system::error_code& error, std::size_t size) {
                if (error || from != self->current) return self->drop(from);
                from->reader.feed({from->incoming.data(), size});
                while (const auto message = from->reader.next()) {
                    auto said = uplink::read_from_uplink(*message);
                    if (!said) return self->drop(from);
                    self->tell.said(std::move(*said));
                    if (from != self->current) return;
                }
                if (from->reader.broken()) return self->drop(from);
                self->read(from);
            });
    }

    // What the socket takes is written by the caller; the rest when it takes more.
    void send(const std::string& frame) {
        const std::lock_guard hold{guard};
        const auto to = current;
        if (!to) return;
        if (to->unwritten.size() > most_unwritten) {
            to->behind = true;
            return;
        }
        std::size_t done = 0;
        if (to->unwritten.empty() && to->writing.empty()) {
            const auto size =
                ::send(to->socket.native_handle(), frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (size > 0) done = static_cast<std::size_t>(size);
        }
        if (done == frame.size()) return;
        to->unwritten.append(frame, done);
        if (!std::exchange(to->armed, true)) {
            asio::post(io, [self = shared_from_this(), to] { self->write(to); });
        }
    }

    void write(const std::shared_ptr<connection>& to) {
        bool caught_up = false;
        {
            const std::lock_guard hold{guard};
            if (!to->writing.empty()) return;
            to->writing.swap(to->unwritten);
            to->armed = !to->writing.empty();
            caught_up = !to->armed && to == current && std::exchange(to->behind, false);
        }
        if (caught_up) tell.attached();
        if (to->writing.empty()) return;
        asio::async_write(to->socket, asio::buffer(to->writing),
                          [self = shared_from_this(), to](const boost::system::error_code& error, std::size_t) {
                              {
                                  const std::lock_guard hold{self->guard};
                                  to->writing.clear();
                              }
                              if (error) return self->drop(to);
                              self->write(to);
                          });
    }

    asio::io_context& io;
    local::acceptor acceptor;
    asio::steady_timer pause;
    events tell;
    std::mutex guard;                    // of `current` and of what waits to be written to it
    std::shared_ptr<connection> current; // changed on the io_context's thread
};

uplink_port::uplink_port(boost::asio::io_context& io, events tell)
    : state_(std::make_shared<state>(io, std::move(tell))) {}

uplink_port::~uplink_port() {
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
    if (state_->current) state_->current->socket.close(ignored);
}

std::expected<void, std::string> uplink_port::listen(const std::filesystem::path& run) {
    std::error_code made;
    std::filesystem::create_directories(run, made);
    const auto path = run / "uplink.sock";
    std::filesystem::remove(path, made);
    boost::system::error_code error;
    const auto failed = [&](const char* what) {
        return std::unexpected(fmt::format("{} {}: {}", what, path.string(), error.message()));
    };
    if (path.string().size() >= sizeof(sockaddr_un::sun_path)) {
        return std::unexpected(
            fmt::format("the path {} is too long for a Unix socket (at most 107 bytes)", path.string()));
    }
    const local::endpoint here{path.string()};
    state_->acceptor.open(here.protocol(), error);
    if (error) return failed("can't make a socket for");
    const ::mode_t before = ::umask(0177);
    state_->acceptor.bind(here, error);
    ::umask(before);
    if (error) return failed("can't bind");
    state_->acceptor.listen(1, error);
    if (error) return failed("can't listen on");
    state_->accept();
    return {};
}

void uplink_port::send(const uplink::to_uplink& m) {
    state_->send(uplink::frame_of(m));
}

bool uplink_port::attached() const noexcept {
    return state_->current != nullptr;
}

} // namespace anban
