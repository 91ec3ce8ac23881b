// What Paho leaves undone on its sockets, on the gateway's and on the centre's end of the wire. Paho 1.3.12
// gives no access to them, so they are looked for among the process's descriptors.
//
// Without TCP_NODELAY a small packet waits until the peer's kernel has acknowledged the one before, up to
// 40 ms; PUBACKs that wait so hold up a broker that has 20 messages in flight.
//
// Threads: any.
#pragma once

#include <chrono>

namespace anban::wire {

// Sets TCP_NODELAY on every TCP connection of the process and, where `give_up_after` isn't 0, TCP_USER_TIMEOUT:
// a half-open link is given up after it. Returns on how many.
int tune_tcp_connections(std::chrono::milliseconds give_up_after = {}) noexcept;

} // namespace anban::wire
