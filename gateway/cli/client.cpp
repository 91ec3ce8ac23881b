#include "gateway/cli/client.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace anban::cli {
namespace {

using clock = std::chrono::steady_clock;
constexpr std::size_t answer_bytes = 16UL * 1024 * 1024; // 512 alarms with all they carry need about 1 MiB

[[nodiscard]] config_error daemon_trouble(wording what, wording cure) {
    return {"", 0, 0, std::move(what), std::move(cure)};
}

[[nodiscard]] config_error not_running() {
    return daemon_trouble({"anband 没有运行", "anband isn't running"},
                          {"systemctl start anband；如起不来：journalctl -u anband -n 50，anban check",
                           "systemctl start anband; if it doesn't stay: journalctl -u anband -n 50, anban check"});
}

[[nodiscard]] config_error hung_up() {
    return daemon_trouble(
        {"anband 断开了连接", "anband closed the connection"},
        {"请用 root、anban 组成员或 anband 的用户运行；也可能 anband 刚刚停止，或连接太多",
         "run this as root, as a member of group anban or as anband's user; or it has just stopped, or "
         "too many are connected"});
}

// Waits until the socket has something, or until `end`.
[[nodiscard]] bool wait_for(int socket, short what, clock::time_point end) {
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now()).count();
        ::pollfd p{socket, what, 0};
        const int n = ::poll(&p, 1, left > 0 ? static_cast<int>(left) : 0);
        if (n > 0) return true;
        if (n == 0 && clock::now() >= end) return false;
        if (n < 0 && errno != EINTR) return false;
    }
}

} // namespace

std::expected<client, config_error> client::connect(const std::filesystem::path& dir) {
    const std::string path = (dir / "run/control.sock").string();
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return std::unexpected(
            daemon_trouble({fmt::format("路径太长：{}", path), fmt::format("path too long: {}", path)},
                           {"把家的目录放在更短的路径", "keep the home directory at a shorter path"}));
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    client c{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (c.socket_ < 0) {
        return std::unexpected(
            daemon_trouble({"无法建立套接字", "no socket can be made"}, {"稍后再试", "try again"}));
    }
    // A daemon that hangs accepts nobody; the limit of sending is also that of connecting.
    const ::timeval limit{10, 0};
    (void)::setsockopt(c.socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (::connect(c.socket_, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) == 0) return c;
    const int error = errno;
    if (error == EAGAIN) {
        return std::unexpected(daemon_trouble({"anband 没有响应", "anband doesn't respond"},
                                              {"systemctl restart anband", "systemctl restart anband"}));
    }
    if (error == EACCES || error == EPERM) {
        return std::unexpected(
            daemon_trouble({fmt::format("没有权限访问 {}", path), fmt::format("{} may not be opened", path)},
                           {"用 sudo 运行，或加入 anban 组：adduser 用户名 anban",
                            "run this with sudo, or join group anban: adduser NAME anban"}));
    }
    auto trouble = not_running();
    trouble.what.zh += fmt::format("（{}）", path);
    trouble.what.en += fmt::format(" ({})", path);
    return std::unexpected(std::move(trouble));
}

client::~client() {
    if (socket_ >= 0) ::close(socket_);
}

client::client(client&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), heard_(std::move(other.heard_)) {}

std::expected<boost::json::object, config_error> client::ask(const boost::json::object& request,
                                                             std::chrono::milliseconds patience) {
    std::string line = boost::json::serialize(request);
    line += '\n';
    std::string_view rest = line;
    const auto end = clock::now() + patience;
    while (!rest.empty()) {
        if (!wait_for(socket_, POLLOUT, end)) break;
        const ::ssize_t n = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return std::unexpected(hung_up());
        rest.remove_prefix(static_cast<std::size_t>(n));
    }
    const auto answer = next_line(patience);
    if (!answer) return std::unexpected(answer.error());
    if (!*answer) {
        return std::unexpected(
            daemon_trouble({fmt::format("anband 在 {} 毫秒内没有回答", patience.count()),
                            fmt::format("anband gave no answer within {} ms", patience.count())},
                           {"再试一次；如仍如此，systemctl restart anband",
                            "try again; if it stays so, systemctl restart anband"}));
    }
    boost::json::error_code bad;
    auto parsed = boost::json::parse(**answer, bad);
    if (bad || !parsed.is_object()) {
        return std::unexpected(
            daemon_trouble({"anband 的回答无法读取", "anband's answer can't be read"},
                           {"anban 与 anband 的版本是否一致？", "are anban and anband of the same version?"}));
    }
    return std::move(parsed.get_object());
}

std::expected<std::optional<std::string>, config_error> client::next_line(std::chrono::milliseconds patience) {
    const auto end = clock::now() + patience;
    std::size_t searched = 0;
    for (;;) {
        if (const auto at = heard_.find('\n', searched); at != std::string::npos) {
            std::string line = heard_.substr(0, at);
            heard_.erase(0, at + 1);
            return line;
        }
        searched = heard_.size();
        if (heard_.size() > answer_bytes) return std::unexpected(hung_up());
        if (!wait_for(socket_, POLLIN, end)) return std::nullopt;
        char part[64 * 1024];
        const ::ssize_t n = ::recv(socket_, part, sizeof part, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return std::unexpected(hung_up());
        heard_.append(part, static_cast<std::size_t>(n));
    }
}

} // namespace anban::cli
