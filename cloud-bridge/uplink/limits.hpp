// Bounds of anban-uplink (those of the gateway are in rules/limits.hpp).
#pragma once

#include <chrono>
#include <cstddef>

#include "cloud-bridge/protocol/limits.hpp"
#include "rules/limits.hpp"

namespace anban::uplink::limits {
using namespace std::chrono_literals;

// ---- The local socket ------------------------------------------------------------------------------

// One message on the Unix socket. The longest is the Birth in a Hello.
inline constexpr std::size_t frame_bytes = 64 * 1024;
// What may wait for a slow reader of the socket before the connection is given up: anband hands over its
// whole outbox after a reconnect and must not be taken for a slow one.
inline constexpr std::size_t link_backlog_bytes = 1024 * 1024;
inline constexpr auto link_retry_first = 100ms;
inline constexpr auto link_retry_most = 2s;

static_assert(wire::limits::message_bytes - 1024 <= frame_bytes);
static_assert(anban::limits::envelope_bytes + 1024 < frame_bytes);

} // namespace anban::uplink::limits
