#include "tests/stage/proxy.hpp"

#include <array>
#include <atomic>
#include <future>
#include <list>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "tests/stage/fault.hpp"

namespace anban::stage {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// One connection, both directions. Lives as long as one of them has a read or write under way.
class pair_of_sockets : public std::enable_shared_from_this<pair_of_sockets> {
public:
    pair_of_sockets(tcp::socket near, asio::io_context& context, const std::atomic<proxy::way>& state)
        : near_(std::move(near)), far_(context), state_(state) {}

    void begin(std::uint16_t there) {
        far_.async_connect({asio::ip::address_v4::loopback(), there},
                           [self = shared_from_this()](error_code error) {
                               if (error) return self->close();
                               error_code ignored;
                               self->near_.set_option(tcp::no_delay(true), ignored);
                               self->far_.set_option(tcp::no_delay(true), ignored);
                               self->carry(self->near_, self->far_, self->up_);
                               self->carry(self->far_, self->near_, self->down_);
                           });
    }

    void close() {
        error_code ignored;
        near_.close(ignored);
        far_.close(ignored);
    }

private:
    using buffer = std::array<char, 16384>;

    void carry(tcp::socket& from, tcp::socket& to, buffer& bytes) {
        from.async_read_some(asio::buffer(bytes),
                             [self = shared_from_this(), &from, &to, &bytes](error_code error, std::size_t n) {
                                 if (error) return self->close();
                                 if (self->state_ == proxy::way::silent)
                                     return self->carry(from, to, bytes); // swallowed
                                 self->pass_on(from, to, bytes, n);
                             });
    }

    void pass_on(tcp::socket& from, tcp::socket& to, buffer& bytes, std::size_t n) {
        asio::async_write(to, asio::buffer(bytes.data(), n),
                          [self = shared_from_this(), &from, &to, &bytes](error_code error, std::size_t) {
                              if (error) return self->close();
                              self->carry(from, to, bytes);
                          });
    }

    tcp::socket near_;
    tcp::socket far_;
    const std::atomic<proxy::way>& state_;
    buffer up_{};
    buffer down_{};
};

} // namespace

class proxy::carrier {
public:
    carrier(std::uint16_t here, std::uint16_t there) : here_(here), there_(there), acceptor_(context_) {
        listen();
        thread_ = std::thread([this] { context_.run(); });
    }

    ~carrier() {
        context_.stop();
        thread_.join();
    }

    void set(way wanted) {
        std::packaged_task<void()> task([this, wanted] { change(wanted); });
        auto done = task.get_future();
        asio::post(context_, std::move(task));
        done.get();
    }

    [[nodiscard]] way state() const noexcept { return state_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return here_; }

private:
    void change(way wanted) {
        const way before = state_.exchange(wanted);
        if (wanted == before) return;
        // Into silence the connections live on; out of it none can, for what was swallowed is missing.
        if (wanted != way::silent) {
            for (auto& one : pairs_)
                if (const auto held = one.lock()) held->close();
            pairs_.clear();
        }
        error_code ignored;
        if (wanted == way::cut)
            acceptor_.close(ignored);
        else if (before == way::cut)
            listen();
    }

    void listen() {
        error_code error;
        acceptor_.open(tcp::v4(), error);
        if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor_.bind({asio::ip::address_v4::loopback(), here_}, error);
        if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
        if (error) throw fault(fmt::format("port {}: {}", here_, error.message()));
        accept();
    }

    void accept() {
        acceptor_.async_accept([this](error_code error, tcp::socket socket) {
            if (error) return; // closed by the switch
            auto made = std::make_shared<pair_of_sockets>(std::move(socket), context_, state_);
            std::erase_if(pairs_, [](const auto& one) { return one.expired(); });
            pairs_.push_back(made);
            made->begin(there_);
            accept();
        });
    }

    const std::uint16_t here_;
    const std::uint16_t there_;
    asio::io_context context_;
    asio::executor_work_guard<asio::io_context::executor_type> busy_ = asio::make_work_guard(context_);
    tcp::acceptor acceptor_;
    std::list<std::weak_ptr<pair_of_sockets>> pairs_;
    std::atomic<way> state_ = way::open;
    std::thread thread_;
};

proxy::proxy(std::uint16_t here, std::uint16_t there) : carrier_(std::make_unique<carrier>(here, there)) {}
proxy::~proxy() = default;
std::uint16_t proxy::port() const noexcept {
    return carrier_->port();
}
proxy::way proxy::state() const noexcept {
    return carrier_->state();
}
void proxy::set(way wanted) {
    carrier_->set(wanted);
}

} // namespace anban::stage
