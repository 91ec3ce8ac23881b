// Ports on loopback that nobody uses and that no other stage on this machine will be given while we live.
// They lie below the range from which the kernel serves outgoing connections, so a port that is free stays
// free until its server binds it, and again while its server is killed and started anew.
//
// Threads: any.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace anban::stage {

// Throws fault if there is none. `address` is one of this machine's IPv4 or IPv6 addresses.
[[nodiscard]] std::uint16_t free_port(const std::string& address = "127.0.0.1");

// True as soon as something accepts connections there.
[[nodiscard]] bool wait_until_listening(std::uint16_t port, std::chrono::milliseconds patience,
                                        const std::string& address = "127.0.0.1");

} // namespace anban::stage
