#include "gateway/config/files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace anban::files {
namespace {

class descriptor {
public:
    explicit descriptor(int fd) noexcept : fd_(fd) {}
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_;
};

[[nodiscard]] std::unexpected<failure> failed(const std::filesystem::path& path, int error) {
    trouble what = trouble::failed;
    if (error == ENOENT) what = trouble::missing;
    if (error == EACCES || error == EPERM) what = trouble::not_allowed;
    return std::unexpected(
        failure{what, fmt::format("{}: {}", path.string(), std::generic_category().message(error))});
}

[[nodiscard]] std::filesystem::path folder_of(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
}

[[nodiscard]] bool write_all(int fd, std::string_view content) {
    while (!content.empty()) {
        const ::ssize_t n = ::write(fd, content.data(), content.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        content.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

// Root writes on behalf of the folder's owner.
[[nodiscard]] bool give_to_owner_of(const std::filesystem::path& folder, int fd) {
    if (::geteuid() != 0) return true;
    struct ::stat s{};
    return ::stat(folder.c_str(), &s) == 0 && ::fchown(fd, s.st_uid, s.st_gid) == 0;
}

} // namespace

std::expected<std::string, failure> read(const std::filesystem::path& path, std::size_t most) {
    const descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.get() < 0) return failed(path, errno);
    std::string content;
    char part[16 * 1024];
    for (;;) {
        const ::ssize_t n = ::read(file.get(), part, sizeof part);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed(path, errno);
        if (n == 0) return content;
        content.append(part, static_cast<std::size_t>(n));
        if (content.size() > most) {
            return std::unexpected(
                failure{trouble::too_large, fmt::format("{}: larger than {} bytes", path.string(), most)});
        }
    }
}

std::expected<void, failure> write(const std::filesystem::path& path, std::string_view content, ::mode_t mode) {
    const auto folder = folder_of(path);
    std::string temporary = path.string() + ".new-XXXXXX";
    const descriptor file{::mkostemp(temporary.data(), O_CLOEXEC)}; // 0600 until it is complete
    if (file.get() < 0) return failed(path, errno);
    const bool complete = write_all(file.get(), content) && give_to_owner_of(folder, file.get()) &&
                          ::fchmod(file.get(), mode) == 0 && ::fsync(file.get()) == 0 &&
                          ::rename(temporary.c_str(), path.c_str()) == 0;
    if (!complete) {
        const int error = errno;
        ::unlink(temporary.c_str());
        return failed(path, error);
    }
    const descriptor parent{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (parent.get() < 0 || ::fsync(parent.get()) != 0) return failed(folder, errno);
    return {};
}

std::expected<std::vector<std::filesystem::path>, failure> in_folder(const std::filesystem::path& folder,
                                                                     std::string_view ending) {
    std::vector<std::filesystem::path> found;
    std::error_code bad;
    for (std::filesystem::directory_iterator at{folder, bad}; !bad && at != std::filesystem::directory_iterator{};
         at.increment(bad)) {
        if (at->path().filename().string().ends_with(ending)) found.push_back(at->path());
    }
    if (bad) return failed(folder, bad.value());
    std::ranges::sort(found);
    return found;
}

std::expected<void, failure> make_folder(const std::filesystem::path& path, ::mode_t mode) {
    if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return failed(path, errno);
    const descriptor folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.get() < 0) return failed(path, errno);
    struct ::stat s{};
    if (::fstat(folder.get(), &s) != 0) return failed(path, errno);
    if (!give_to_owner_of(folder_of(path), folder.get())) return failed(path, errno);
    if ((s.st_mode & 07777U) != mode && ::fchmod(folder.get(), mode) != 0) return failed(path, errno);
    return {};
}

std::expected<bool, failure> is_private(const std::filesystem::path& path) {
    struct ::stat s{};
    if (::stat(path.c_str(), &s) != 0) return failed(path, errno);
    const bool owner = s.st_uid == ::geteuid() || ::geteuid() == 0 || s.st_uid == 0;
    return owner && (s.st_mode & 077U) == 0;
}

} // namespace anban::files
