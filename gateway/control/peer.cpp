#include "gateway/control/peer.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace anban::control {

bool peer_of(int socket, peer& out) noexcept {
    ::ucred credentials{};
    ::socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return false;
    out = {credentials.uid, credentials.gid};
    return true;
}

bool may_speak(const peer& p) {
    if (p.user == 0 || p.user == ::geteuid()) return true;
    std::array<char, 16 * 1024> names{};
    ::group group{};
    ::group* found_group = nullptr;
    if (::getgrnam_r("anban", &group, names.data(), names.size(), &found_group) != 0 || found_group == nullptr) {
        return false;
    }
    const ::gid_t wanted = found_group->gr_gid;
    if (p.group == wanted) return true;
    ::passwd user{};
    ::passwd* found_user = nullptr;
    if (::getpwuid_r(p.user, &user, names.data(), names.size(), &found_user) != 0 || found_user == nullptr) {
        return false;
    }
    int count = 64;
    std::vector<::gid_t> groups(static_cast<std::size_t>(count));
    if (::getgrouplist(found_user->pw_name, found_user->pw_gid, groups.data(), &count) < 0) return false;
    groups.resize(static_cast<std::size_t>(count));
    return std::ranges::find(groups, wanted) != groups.end();
}

} // namespace anban::control
