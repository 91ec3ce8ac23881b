// Who is at the other end of a Unix socket, and whether he may speak to the daemon.
#pragma once

#include <sys/types.h>

namespace anban::control {

struct peer {
    ::uid_t user = 0;
    ::gid_t group = 0;
};

// False: the socket can't say.
[[nodiscard]] bool peer_of(int socket, peer& out) noexcept;

// Root, the daemon's own user, or a member (primary or not) of group `anban`.
[[nodiscard]] bool may_speak(const peer& p);

} // namespace anban::control
