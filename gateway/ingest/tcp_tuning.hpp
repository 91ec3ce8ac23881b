// What Paho leaves undone on its sockets. Paho 1.3.12 gives no access to them, so they are looked for among the
// process's descriptors. Its twin is the centre's: the two ends share nothing but the wire.
//
// Threads: any.
#pragma once

namespace anban {

// Sets TCP_NODELAY on every TCP connection of the process: without it a small packet waits until the peer's
// kernel has acknowledged the one before, up to 40 ms, and PUBACKs that wait so hold up a broker that has 20
// messages in flight. Returns on how many.
int tune_tcp_connections() noexcept;

} // namespace anban
