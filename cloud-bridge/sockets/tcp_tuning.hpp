// What Paho leaves undone on its sockets. Paho 1.3.12 gives no access to them, so they are looked for among the
// process's descriptors: every TCP connection of these processes is either Paho's or served to a browser, and
// both want the same.
//
// Threads: any.
#pragma once

#include <chrono>

namespace anban {

// Sets TCP_NODELAY on every TCP connection of the process: without it a small packet waits until the peer's
// kernel has acknowledged the one before, up to 40 ms, and PUBACKs that wait so hold up a broker that has 20
// messages in flight. With `give_up_after` above zero also TCP_USER_TIMEOUT: a half-open link is given up
// after it. Returns on how many.
int tune_tcp_connections(std::chrono::milliseconds give_up_after = std::chrono::milliseconds{0}) noexcept;

} // namespace anban
