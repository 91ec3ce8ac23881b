// What Paho leaves undone on its socket. Paho 1.3.12 gives no access to it, so it is looked for: this
// process has no other TCP connection than Paho's, the rest are Unix sockets.
//
// Threads: any.
#pragma once

namespace anban::uplink {

// Sets TCP_NODELAY (an answer behind an unacknowledged packet would wait 40 ms) and TCP_USER_TIMEOUT
// (a half-open link is given up after limits::tcp_user_timeout) on every TCP connection of the process.
// Returns on how many.
int tune_tcp_connections() noexcept;

} // namespace anban::uplink
