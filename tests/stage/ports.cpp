#include "tests/stage/ports.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>

#include "tests/stage/fault.hpp"

namespace anban::stage {

namespace {

using boost::asio::ip::tcp;

constexpr unsigned lowest = 20'000;
constexpr unsigned highest = 32'000;

// An abstract Unix name is a lock between processes that no crash can leave behind. Kept until we end.
bool reserve(unsigned port) {
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    const auto text = fmt::format("anban-stage-port-{}", port);
    std::memcpy(name.sun_path + 1, text.data(), text.size());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&name), length) == 0) return true;
    ::close(fd);
    return false;
}

bool nobody_listens(const std::string& address, unsigned port) {
    boost::asio::io_context context;
    boost::system::error_code error;
    const auto ip = boost::asio::ip::make_address(address, error);
    if (error) throw fault(fmt::format("'{}' is not an address: {}", address, error.message()));
    tcp::acceptor acceptor(context);
    const tcp::endpoint there(ip, static_cast<std::uint16_t>(port));
    acceptor.open(there.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(there, error);
    if (error == boost::asio::error::address_in_use || error == boost::asio::error::access_denied) return false;
    if (error) throw fault(fmt::format("{}: {}", address, error.message()));
    return true;
}

} // namespace

std::uint16_t free_port(const std::string& address) {
    static std::atomic<unsigned> next = static_cast<unsigned>(::getpid()) * 37U;
    for (unsigned tried = 0; tried < highest - lowest; ++tried) {
        const unsigned port = lowest + next++ % (highest - lowest);
        if (reserve(port) && nobody_listens(address, port)) return static_cast<std::uint16_t>(port);
    }
    throw fault("no free port on this machine");
}

bool wait_until_listening(std::uint16_t port, std::chrono::milliseconds patience, const std::string& address) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    const tcp::endpoint there(boost::asio::ip::make_address(address), port);
    for (;;) {
        boost::asio::io_context context;
        tcp::socket socket(context);
        boost::system::error_code error;
        socket.connect(there, error);
        if (!error) return true;
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

} // namespace anban::stage
