#include "gateway/config/credentials/secrets.hpp"

#include <array>

#include <sys/random.h>

#include <fmt/format.h>

#include "gateway/config/files.hpp"
#include "rules/ensure.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

[[nodiscard]] config_error unreadable(const std::string& file, const files::failure& why) {
    if (why.what == files::trouble::missing) {
        return {file,
                0,
                0,
                {file + " 不存在", file + " isn't there"},
                {"运行 anban broker write 生成它", "`anban broker write` makes it"}};
    }
    return {file,
            0,
            0,
            {fmt::format("无法读取 {}（{}）", file, why.why), fmt::format("{} can't be read ({})", file, why.why)},
            {"请用守护进程的用户或 root 运行，并检查磁盘",
             "run this as the daemon's user or as root, and check the disk"}};
}

} // namespace

std::string random_hex(std::size_t bytes) {
    std::string drawn(bytes, '\0');
    // At most 256 bytes are never cut short once the kernel's pool is ready, and the call waits for that.
    ensure(bytes <= 256);
    ensure(::getrandom(drawn.data(), drawn.size(), 0) == static_cast<::ssize_t>(bytes));
    std::string hex;
    for (const char c : drawn) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return hex;
}

bool has_secret(const std::filesystem::path& dir, const std::string& name) {
    std::error_code ignored;
    return std::filesystem::exists(dir / "secrets" / name, ignored);
}

std::expected<std::string, config_error> read_secret(const std::filesystem::path& dir, const std::string& name) {
    const std::string file = "secrets/" + name;
    const auto path = dir / file;
    const auto tight = files::is_private(path);
    if (!tight) return std::unexpected(unreadable(file, tight.error()));
    if (!*tight) {
        return std::unexpected(
            config_error{file,
                         0,
                         0,
                         {file + " 的权限太松，其他用户也能读取", file + " is open to other users"},
                         {fmt::format("运行 chmod 600 {}；如怀疑泄露，请更换", path.string()),
                          fmt::format("run: chmod 600 {} — and change the secret if others have been on this box",
                                      path.string())}});
    }
    auto content = files::read(path, limits::config_file_bytes);
    if (!content) return std::unexpected(unreadable(file, content.error()));
    while (!content->empty() && (content->back() == '\n' || content->back() == '\r')) content->pop_back();
    if (content->empty()) {
        return std::unexpected(
            config_error{file,
                         0,
                         0,
                         {file + " 是空的", file + " is empty"},
                         {"删除它并运行 anban broker write", "remove it and run `anban broker write`"}});
    }
    return std::move(*content);
}

std::expected<void, config_error> write_secret(const std::filesystem::path& dir, const std::string& name,
                                               const std::string& content) {
    const std::string file = "secrets/" + name;
    auto folder = dir / "secrets";
    auto done = files::make_folder(folder, 0700);
    for (const auto& part : std::filesystem::path{name}.parent_path()) {
        folder /= part;
        if (done) done = files::make_folder(folder, 0700);
    }
    if (done) done = files::write(dir / file, content, 0600);
    if (done) return {};
    return std::unexpected(
        config_error{file,
                     0,
                     0,
                     {fmt::format("无法写入 {}（{}）", file, done.error().why),
                      fmt::format("{} can't be written ({})", file, done.error().why)},
                     {"请用 root 运行，并检查磁盘空间", "run this as root and check the disk"}});
}

std::expected<std::string, config_error> broker_password(const std::filesystem::path& dir) {
    return read_secret(dir, "broker.password");
}

std::expected<std::string, config_error> alarm_client_id(const std::filesystem::path& dir) {
    const std::string name = "alarm-client-id";
    if (!has_secret(dir, name)) {
        if (auto written = write_secret(dir, name, random_hex(16) + "\n"); !written) {
            return std::unexpected(written.error());
        }
    }
    return read_secret(dir, name);
}

bool alarm_session_was_made(const std::filesystem::path& dir, const std::string& session) {
    const auto kept = read_secret(dir, "alarm-session");
    return kept && *kept == session;
}

std::expected<void, config_error> keep_alarm_session_made(const std::filesystem::path& dir,
                                                          const std::string& session) {
    if (alarm_session_was_made(dir, session)) return {};
    return write_secret(dir, "alarm-session", session + "\n");
}

} // namespace anban
