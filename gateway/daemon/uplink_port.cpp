#include "gateway/daemon/uplink_port.hpp"

#include <sys/stat.h>

#include <array>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
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
    };

    state(asio::io_context& io, events t) : acceptor(io), pause(io), tell(std::move(t)) {}

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

    void take(std::shared_ptr<connection> fresh) {
        if (current) drop(current);
        current = std::move(fresh);
        read(current);
        tell.attached();
    }

    void drop(const std::shared_ptr<connection>& which) {
        boost::system::error_code ignored;
        which->socket.close(ignored);
        if (which != current) return;
        current.reset();
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

    void write(const std::shared_ptr<connection>& to) {
        if (!to->writing.empty()) return;
        if (to->unwritten.empty()) {
            if (to == current && std::exchange(to->behind, false)) tell.attached();
            return;
        }
        to->writing.swap(to->unwritten);
        asio::async_write(to->socket, asio::buffer(to->writing),
                          [self = shared_from_this(), to](const boost::system::error_code& error, std::size_t) {
                              to->writing.clear();
                              if (error) return self->drop(to);
                              self->write(to);
                          });
    }

    local::acceptor acceptor;
    asio::steady_timer pause;
    events tell;
    std::shared_ptr<connection> current;
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
    const auto to = state_->current;
    if (!to) return;
    if (to->unwritten.size() > most_unwritten) {
        to->behind = true;
        return;
    }
    to->unwritten += uplink::frame_of(m);
    state_->write(to);
}

bool uplink_port::attached() const noexcept {
    return state_->current != nullptr;
}

} // namespace anban
