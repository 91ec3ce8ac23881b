#include "gateway/control/server.hpp"

#include <algorithm>
#include <deque>
#include <set>

#include <sys/stat.h>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "gateway/config/files.hpp"
#include "gateway/control/peer.hpp"
#include "rules/limits.hpp"

namespace anban::control {
namespace asio = boost::asio;
using unix_socket = asio::local::stream_protocol;

constexpr auto accept_pause = std::chrono::milliseconds{100};

struct server::state : std::enable_shared_from_this<state> {
    state(asio::io_context& io, std::function<reply(std::string_view)> a, std::function<instant()> n)
        : acceptor(io), timer(io), pause(io), answer(std::move(a)), now(std::move(n)) {}

    void accept();
    void tick();
    [[nodiscard]] std::size_t listeners() const;

    unix_socket::acceptor acceptor;
    asio::steady_timer timer;
    asio::steady_timer pause; // before the next accept
    std::function<reply(std::string_view)> answer;
    std::function<instant()> now;
    std::filesystem::path path;
    std::set<std::shared_ptr<connection>> connections;
    bool ticking = false;
};

// One peer. Lives as long as an operation of its own is under way.
class server::connection : public std::enable_shared_from_this<connection> {
public:
    connection(unix_socket::socket socket, std::shared_ptr<state> of)
        : socket_(std::move(socket)), of_(std::move(of)), patience_(socket_.get_executor()) {}

    void read() {
        if (closing_ || reading_) return;
        reading_ = true;
        wait_at_most(limits::control_patience);
        asio::async_read_until(
            socket_, asio::dynamic_buffer(heard_, limits::control_request_bytes), '\n',
            [self = shared_from_this()](boost::system::error_code bad, std::size_t n) { self->on_line(bad, n); });
    }

    void hear(const notice& n) {
        if (!listens_ || closing_) return;
        if (auto line = listens_->hear(n)) say(std::move(*line));
        if (listens_ && listens_->ended()) finish();
    }

    void pass(instant now) {
        if (!listens_ || closing_) return;
        if (auto line = listens_->pass(now)) say(std::move(*line));
        if (listens_ && listens_->ended()) finish();
    }

    [[nodiscard]] bool listens() const noexcept { return listens_ != nullptr; }

    void close() {
        boost::system::error_code ignored;
        patience_.cancel();
        socket_.close(ignored); // NOLINT(bugprone-unused-return-value)
        listens_.reset();
        of_->connections.erase(shared_from_this());
    }

private:
    void on_line(boost::system::error_code bad, std::size_t n) {
        reading_ = false;
        patience_.cancel();
        if (bad == asio::error::not_found) {
            say(boost::json::serialize(refusal(
                {"", 0, 0, {"请求太长", "the request is too long"}, {"最多 64 KiB", "use at most 64 KiB"}})));
            closing_ = true;
            return;
        }
        if (bad) {
            close();
            return;
        }
        const std::string line = heard_.substr(0, n - 1);
        heard_.erase(0, n);
        reply r = of_->answer(line);
        if (r.then && of_->listeners() >= limits::watchers) {
            r.then.reset();
            r.answer = refusal({"",
                                0,
                                0,
                                {"同时观察的人太多", "too many are watching already"},
                                {"关掉一个 anban watch 再试", "end another `anban watch` and try again"}});
        }
        listens_ = std::move(r.then);
        say(boost::json::serialize(r.answer));
        if (listens_) of_->tick();
        read();
    }

    void say(std::string line) {
        if (closing_) return;
        if (waiting_.size() >= limits::watcher_backlog) {
            // What is being written must end; all else gives way to the word that something is missing.
            const std::size_t lost = waiting_.size(); // all but the one that is being written, and this one
            waiting_.resize(1);
            line = boost::json::serialize(boost::json::object{{"event", "gap"}, {"lost", lost}});
            listens_.reset();
            closing_ = true;
            wait_at_most(limits::control_farewell);
        }
        line += '\n';
        waiting_.push_back(std::move(line));
        if (waiting_.size() == 1) write();
    }

    // The stream is over; the connection takes its next request.
    void finish() {
        listens_.reset();
        wait_at_most(limits::control_patience);
    }

    void write() {
        asio::async_write(socket_, asio::buffer(waiting_.front()),
                          [self = shared_from_this()](boost::system::error_code bad, std::size_t) {
                              if (bad) {
                                  self->close();
                                  return;
                              }
                              self->waiting_.pop_front();
                              if (!self->waiting_.empty()) {
                                  self->write();
                              } else if (self->closing_) {
                                  self->close();
                              }
                          });
    }

    // A peer that says nothing keeps its place for a while only; one that listens may be silent.
    void wait_at_most(std::chrono::seconds time) {
        patience_.expires_after(time);
        patience_.async_wait([self = shared_from_this()](boost::system::error_code bad) {
            if (!bad && (!self->listens_ || self->closing_)) self->close();
        });
    }

    unix_socket::socket socket_;
    std::shared_ptr<state> of_;
    asio::steady_timer patience_;
    std::string heard_;
    std::deque<std::string> waiting_; // the first one is being written
    std::unique_ptr<stream> listens_;
    bool reading_ = false;
    bool closing_ = false;
};

void server::state::accept() {
    acceptor.async_accept([self = shared_from_this()](boost::system::error_code bad, unix_socket::socket socket) {
        if (bad == asio::error::operation_aborted || !self->acceptor.is_open()) return;
        peer who;
        if (!bad && peer_of(socket.native_handle(), who) && may_speak(who) &&
            self->connections.size() < limits::control_connections) {
            auto c = std::make_shared<connection>(std::move(socket), self);
            self->connections.insert(c);
            c->read();
        }
        // Out of descriptors, say: a moment's pause, or this would spin and the core would starve.
        if (bad) {
            self->pause.expires_after(accept_pause);
            self->pause.async_wait([self](boost::system::error_code stopped) {
                if (!stopped) self->accept();
            });
            return;
        }
        self->accept();
    });
}

std::size_t server::state::listeners() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(connections, [](const auto& c) { return c->listens(); }));
}

// Runs only while somebody listens: an idle daemon sleeps.
void server::state::tick() {
    if (ticking || listeners() == 0) return;
    ticking = true;
    timer.expires_after(std::chrono::seconds{1});
    timer.async_wait([self = shared_from_this()](boost::system::error_code bad) {
        self->ticking = false;
        if (bad) return;
        const auto all = self->connections; // closing one takes it out of the set
        for (const auto& c : all) c->pass(self->now());
        self->tick();
    });
}

server::server(asio::io_context& io, std::function<reply(std::string_view)> answer, std::function<instant()> now)
    : state_(std::make_shared<state>(io, std::move(answer), std::move(now))) {}

server::~server() {
    close();
}

std::expected<void, std::string> server::listen(const std::filesystem::path& run) {
    if (auto made = files::make_folder(run, 0750); !made) return std::unexpected(made.error().why);
    const auto path = run / "control.sock";
    boost::system::error_code bad;
    {
        unix_socket::socket probe{state_->acceptor.get_executor()};
        probe.connect(path.string(), bad); // NOLINT(bugprone-unused-return-value)
        if (!bad) return std::unexpected(fmt::format("{}: another anband listens there", path.string()));
    }
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    state_->acceptor.open(unix_socket{}, bad);
    if (!bad) state_->acceptor.bind(path.string(), bad);
    if (!bad) state_->acceptor.listen(asio::socket_base::max_listen_connections, bad);
    if (!bad && ::chmod(path.c_str(), 0660) != 0) bad = {errno, boost::system::system_category()};
    if (bad) return std::unexpected(fmt::format("{}: {}", path.string(), bad.message()));
    state_->path = path;
    state_->accept();
    return {};
}

void server::publish(const notice& n) {
    if (state_->connections.empty()) return;
    const auto all = state_->connections;
    for (const auto& c : all) c->hear(n);
}

void server::close() {
    if (!state_->acceptor.is_open()) return;
    boost::system::error_code ignored;
    state_->acceptor.close(ignored); // NOLINT(bugprone-unused-return-value)
    state_->timer.cancel();
    state_->pause.cancel();
    const auto all = state_->connections;
    for (const auto& c : all) c->close();
    std::error_code also_ignored;
    std::filesystem::remove(state_->path, also_ignored);
}

} // namespace anban::control
