#include "cloud-bridge/dispatch/tcp_tuning.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace anban::dispatch {
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

int tune_tcp_connections() noexcept {
    // More than the process has open; the lowest free number is always taken.
    constexpr int highest = 1024;
    const int no_delay = 1;
    int tuned = 0;
    for (int fd = 3; fd < highest; ++fd) {
        if (is_connected_tcp(fd) && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay) == 0)
            ++tuned;
    }
    return tuned;
}

} // namespace anban::dispatch
