#include "cloud-bridge/dispatch/setup/files.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace anban::dispatch {
namespace {

constexpr std::size_t largest = 1024 * 1024;

std::unexpected<words> failed(const std::filesystem::path& path, std::string_view zh, std::string_view en) {
    const char* why = std::strerror(errno);
    return std::unexpected(words{fmt::format("{}: {}（{}）", path.string(), zh, why),
                                 fmt::format("{}: {} ({})", path.string(), en, why)});
}

// Closes on every way out.
struct descriptor {
    int fd;
    explicit descriptor(int opened) : fd(opened) {}
    ~descriptor() {
        if (fd >= 0) ::close(fd);
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
};

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

} // namespace

outcome<void> write_whole(const std::filesystem::path& path, std::string_view text, mode_t mode) {
    const auto beside = std::filesystem::path(path.string() + ".new");
    ::unlink(beside.c_str());
    {
        const descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
        if (file.fd < 0) return failed(beside, "不能写入", "cannot be written");
        if (::fchmod(file.fd, mode) != 0 || !write_all(file.fd, text) || ::fsync(file.fd) != 0) {
            auto error = failed(beside, "不能写入", "cannot be written");
            ::unlink(beside.c_str());
            return error;
        }
    }
    if (::rename(beside.c_str(), path.c_str()) != 0) return failed(path, "不能替换", "cannot be replaced");
    const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    const descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.fd >= 0) ::fsync(directory.fd);
    return {};
}

outcome<void> sync_file(const std::filesystem::path& path) {
    const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.fd < 0 || ::fsync(file.fd) != 0) return failed(path, "不能写入磁盘", "can't be brought to the disk");
    const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    const descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.fd < 0 || ::fsync(directory.fd) != 0)
        return failed(folder, "不能写入磁盘", "can't be brought to the disk");
    return {};
}

outcome<std::string> read_whole(const std::filesystem::path& path) {
    const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.fd < 0) return failed(path, "不能读取", "cannot be read");
    std::string text;
    char part[4096];
    for (;;) {
        const auto n = ::read(file.fd, part, sizeof part);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed(path, "不能读取", "cannot be read");
        if (n == 0) return text;
        text.append(part, static_cast<std::size_t>(n));
        if (text.size() > largest) {
            errno = EFBIG;
            return failed(path, "文件过大", "is too large");
        }
    }
}

outcome<void> make_folder(const std::filesystem::path& path, mode_t mode) {
    std::error_code code;
    std::filesystem::create_directories(path, code);
    if (code || ::chmod(path.c_str(), mode) != 0) {
        if (code) errno = code.value();
        return failed(path, "不能建立目录", "cannot be made");
    }
    return {};
}

} // namespace anban::dispatch
