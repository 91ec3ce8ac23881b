#include "gateway/config/credentials/broker_files.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include "gateway/config/credentials/certificate.hpp"
#include "gateway/config/credentials/secrets.hpp"
#include "gateway/config/credentials/spares.hpp"
#include "gateway/config/files.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

using users = std::map<std::string, std::string>; // user → hash

[[nodiscard]] std::filesystem::path folder_of(const std::filesystem::path& dir) {
    return std::filesystem::absolute(dir).lexically_normal() / "broker";
}

[[nodiscard]] std::unexpected<config_error> unwritable(const std::string& file, const files::failure& why) {
    return std::unexpected(
        config_error{file,
                     0,
                     0,
                     {fmt::format("无法写入（{}）", why.why), fmt::format("can't be written ({})", why.why)},
                     {"请用 root 运行，并检查磁盘空间", "run this as root and check the disk"}});
}

[[nodiscard]] std::expected<users, config_error> read_users(const std::filesystem::path& dir) {
    users found;
    const auto text = files::read(folder_of(dir) / "passwd", limits::config_file_bytes);
    if (!text && text.error().what != files::trouble::missing) {
        return std::unexpected(config_error{
            "broker/passwd",
            0,
            0,
            {fmt::format("无法读取（{}）", text.error().why), fmt::format("can't be read ({})", text.error().why)},
            {"请用守护进程的用户或 root 运行", "run this as the daemon's user or as root"}});
    }
    std::string_view rest = text ? std::string_view{*text} : std::string_view{};
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        // A line that isn't ours would make the broker refuse the whole file.
        if (const auto colon = line.find(':');
            colon != std::string_view::npos && line.substr(colon + 1).starts_with("$7$")) {
            found[std::string{line.substr(0, colon)}] = line.substr(colon + 1);
        }
    }
    return found;
}

[[nodiscard]] std::expected<void, config_error> write_users(const std::filesystem::path& dir, const users& all) {
    std::string text;
    for (const auto& [user, hash] : all) text += fmt::format("{}:{}\n", user, hash);
    auto done = files::make_folder(folder_of(dir), 0700);
    if (done) done = files::write(folder_of(dir) / "passwd", text, 0600);
    if (!done) return unwritable("broker/passwd", done.error());
    keep_spares(dir);
    return {};
}

// The secret's content, drawn first where there is none.
[[nodiscard]] std::expected<std::string, config_error> secret_or_new(const std::filesystem::path& dir,
                                                                     const std::string& name) {
    if (!has_secret(dir, name)) {
        if (auto written = write_secret(dir, name, random_hex(16) + "\n"); !written) {
            return std::unexpected(written.error());
        }
    }
    return read_secret(dir, name);
}

// The broker runs as whoever owns the home directory; a number nobody has a name for gives no line.
[[nodiscard]] std::string owner_of(const std::filesystem::path& dir) {
    struct ::stat s{};
    if (::stat(dir.c_str(), &s) != 0) return {};
    struct ::passwd entry{};
    struct ::passwd* found = nullptr;
    char names[4096];
    if (::getpwuid_r(s.st_uid, &entry, names, sizeof names, &found) != 0 || found == nullptr) return {};
    return found->pw_name;
}

[[nodiscard]] bool is_native(const house& h, const std::string& user) {
    const device* d = h.find_device(device_id{user});
    return d != nullptr && d->driver == "native";
}

} // namespace

bool reserved_user(std::string_view id) noexcept {
    return id == daemon_user || id == zigbee_user;
}

std::optional<listener> parse_listener(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    std::string_view address = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    if (address.starts_with('[') && address.ends_with(']')) {
        address = address.substr(1, address.size() - 2);
    } else if (address.find(':') != std::string_view::npos) {
        return std::nullopt;
    }
    unsigned number = 0;
    const auto [end, bad] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (bad != std::errc{} || end != port.data() + port.size() || number == 0 || number > 65535)
        return std::nullopt;
    if (address.empty() || address.find_first_of(" \t\r\n") != std::string_view::npos) return std::nullopt;
    return listener{std::string{address}, static_cast<std::uint16_t>(number)};
}

std::string broker_acl() {
    return fmt::format("# 由 anban broker write 生成 · written by `anban broker write`\n"
                       "user {}\n"
                       "topic readwrite #\n"
                       "topic read $SYS/#\n"
                       "\n"
                       "user {}\n"
                       "topic readwrite zigbee2mqtt/#\n"
                       "\n"
                       "# Every device writes and reads under its own name only.\n"
                       "pattern write anban/dev/%u/alarm\n"
                       "pattern write anban/dev/%u/reading\n"
                       "pattern read anban/dev/%u/answer\n",
                       daemon_user, zigbee_user);
}

std::string broker_conf(const std::filesystem::path& dir, const listener& devices, std::uint16_t daemon_port,
                        const std::string& run_as) {
    const std::string folder = folder_of(dir).string();
    std::string text =
        "# 由 anban broker write 生成，请勿手工修改 · written by `anban broker write`, don't edit\n";
    if (!run_as.empty()) text += fmt::format("user {}\n", run_as);
    text += fmt::format("pid_file {0}/mosquitto.pid\n"
                        "log_dest stderr\n"
                        "\n"
                        "# One set of users and rights for both listeners: with per_listener_settings version\n"
                        "# 2.0.11 loses what durable sessions have queued when it starts again.\n"
                        "allow_anonymous false\n"
                        "password_file {0}/passwd\n"
                        "acl_file {0}/acl\n"
                        "\n"
                        "persistence true\n"
                        "persistence_location {0}/data/\n"
                        "autosave_interval 300\n"
                        "persistent_client_expiration 14d\n"
                        "\n"
                        "# A burst of 5,000 must fit; a forgotten session must not eat the box.\n"
                        "max_inflight_messages 20\n"
                        "max_queued_messages 10000\n"
                        "max_queued_bytes 16777216\n"
                        "queue_qos0_messages true\n"
                        "message_size_limit 1048576\n"
                        "set_tcp_nodelay true\n"
                        "\n"
                        "# The daemon's own door.\n"
                        "listener {1} 127.0.0.1\n"
                        "\n"
                        "# The devices' door: nobody comes in under another's client id.\n"
                        "listener {2} {3}\n"
                        "use_username_as_clientid true\n"
                        "max_connections {4}\n",
                        folder, daemon_port, devices.port, devices.address, 2 * limits::devices);
    return text;
}

std::expected<std::vector<new_password>, config_error> write_broker_files(const std::filesystem::path& dir,
                                                                          const house& h, const listener& devices,
                                                                          std::uint16_t daemon_port) {
    const auto of_daemon = secret_or_new(dir, "broker.password");
    if (!of_daemon) return std::unexpected(of_daemon.error());
    const auto of_bridge = secret_or_new(dir, fmt::format("bridges/{}.password", zigbee_user));
    if (!of_bridge) return std::unexpected(of_bridge.error());
    auto all = read_users(dir);
    if (!all) return std::unexpected(all.error());
    std::erase_if(*all, [&](const auto& entry) { return !is_native(h, entry.first); });
    std::vector<new_password> drawn;
    for (const auto& d : h.devices) {
        if (d.driver != "native" || all->contains(d.address)) continue;
        drawn.push_back({d.address, random_hex(16)});
        (*all)[d.address] = new_password_hash(drawn.back().password);
    }
    (*all)[daemon_user] = new_password_hash(*of_daemon);
    (*all)[zigbee_user] = new_password_hash(*of_bridge);

    const auto folder = folder_of(dir);
    auto done = files::make_folder(folder, 0700);
    if (done) done = files::make_folder(folder / "data", 0700);
    if (done) done = files::write(folder / "acl", broker_acl(), 0600);
    if (done)
        done =
            files::write(folder / "mosquitto.conf", broker_conf(dir, devices, daemon_port, owner_of(dir)), 0640);
    if (!done) return unwritable("broker/", done.error());
    if (auto written = write_users(dir, *all); !written) return std::unexpected(written.error());
    return drawn;
}

std::expected<std::string, config_error> set_device_password(const std::filesystem::path& dir,
                                                             const device_id& id) {
    auto all = read_users(dir);
    if (!all) return std::unexpected(all.error());
    std::string password = random_hex(16);
    (*all)[id.str()] = new_password_hash(password);
    if (auto written = write_users(dir, *all); !written) return std::unexpected(written.error());
    return password;
}

std::expected<void, config_error> remove_device_password(const std::filesystem::path& dir, const device_id& id) {
    auto all = read_users(dir);
    if (!all) return std::unexpected(all.error());
    if (all->erase(id.str()) == 0) return {};
    return write_users(dir, *all);
}

bool reload_broker(const std::filesystem::path& dir) {
    const auto text = files::read(folder_of(dir) / "mosquitto.pid", 64);
    if (!text) return false;
    int pid = 0;
    const auto [end, bad] = std::from_chars(text->data(), text->data() + text->size(), pid);
    if (bad != std::errc{} || pid <= 1) return false;
    // The number may be somebody else's by now; a SIGHUP would end most programs.
    const auto name = files::read(fmt::format("/proc/{}/comm", pid), 64);
    return name && name->starts_with("mosquitto") && ::kill(pid, SIGHUP) == 0;
}

} // namespace anban
