#include "cloud-bridge/sockets/tcp_tuning.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace anban {
namespace {

[[nodiscard]] bool is_connected_tcp(int fd) noexcept {
    int domain = 0;
    socklen_t size = sizeof domain;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return false;
    if (domain != AF_INET && domain != AF_INET6) return false;
    int type = 0;
    size = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) return false;
    sockaddr_storage peer{};
    size = sizeof peer;
    return getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

} // namespace

int tune_tcp_connections(std::chrono::milliseconds give_up_after) noexcept {
    // More than the process has open; the lowest free number is always taken.
    constexpr int highest = 1024;
    const int no_delay = 1;
    const auto timeout_ms = static_cast<unsigned>(give_up_after.count());
    int tuned = 0;
    for (int fd = 3; fd < highest; ++fd) {
        if (!is_connected_tcp(fd)) continue;
        const bool quick = setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay) == 0;
        const bool bounded =
            timeout_ms == 0 || setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms) == 0;
        tuned += quick && bounded ? 1 : 0;
    }
    return tuned;
}

} // namespace anban
