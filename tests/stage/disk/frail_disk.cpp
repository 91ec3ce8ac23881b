#include "tests/stage/disk/frail_disk.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "tests/stage/fault.hpp"
#include "tests/stage/process.hpp"
#include "tests/stage/temp_folder.hpp"

namespace anban::stage {

namespace {

namespace fs = std::filesystem;

struct entry {
    std::string id;
    fs::perms mode = fs::perms::none;
    bool directory = false;
    std::string name;
};

// As frail_disk.c names them.
std::string flat(const fs::path& inside) {
    auto name = "+" + inside.string();
    std::replace(name.begin(), name.end(), '/', '+');
    return name;
}

std::string id_of(const fs::path& path) {
    struct statx s{};
    if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &s) != 0)
        throw fault(fmt::format("{}: {}", path.string(), std::strerror(errno)));
    return fmt::format("{}-{}.{}", s.stx_ino, s.stx_btime.tv_sec, s.stx_btime.tv_nsec);
}

std::vector<entry> names_in(const fs::path& list) {
    std::vector<entry> all;
    std::ifstream in(list);
    for (std::string line; std::getline(in, line);) {
        std::istringstream fields(line);
        entry one;
        unsigned mode = 0;
        char kind = 0;
        fields >> one.id >> std::oct >> mode >> kind;
        fields.get();
        std::getline(fields, one.name);
        one.mode = static_cast<fs::perms>(mode);
        one.directory = kind == 'd';
        all.push_back(std::move(one));
    }
    return all;
}

bool is_log(const fs::path& path) {
    return path.extension() == ".log";
}

} // namespace

frail_disk::frail_disk(fs::path folder, fs::path beside)
    : folder_(std::move(folder)), beside_(std::move(beside)), page_(nullptr) {
    fs::create_directories(beside_);
    const auto file = beside_ / "page";
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void* at = MAP_FAILED;
    if (fd >= 0 && ::ftruncate(fd, sizeof(frail_page)) == 0)
        at = ::mmap(nullptr, sizeof(frail_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0) ::close(fd);
    if (at == MAP_FAILED) throw fault(fmt::format("{}: {}", file.string(), std::strerror(errno)));
    page_ = static_cast<frail_page*>(at);
    keep_all();
}

frail_disk::~frail_disk() {
    ::munmap(page_, sizeof(frail_page));
}

std::vector<std::string> frail_disk::environment() const {
    const auto library = program("libanban_frail_disk.so");
    return {fmt::format("LD_PRELOAD={}", library.string()), fmt::format("ANBAN_DISK_ROOT={}", folder_.string()),
            fmt::format("ANBAN_DISK_SHADOW={}", beside_.string()),
            fmt::format("ANBAN_DISK_PAGE={}", (beside_ / "page").string()), "ANBAN_DISK_CLIENT=anband"};
}

void frail_disk::order(frail_order wanted) noexcept {
    std::atomic_ref(page_->order).store(static_cast<std::uint32_t>(wanted));
}

std::uint32_t frail_disk::held() const noexcept {
    return std::atomic_ref(page_->held).load();
}
std::uint64_t frail_disk::synced() const noexcept {
    return std::atomic_ref(page_->synced).load();
}
std::uint64_t frail_disk::refused() const noexcept {
    return std::atomic_ref(page_->refused).load();
}
std::uint64_t frail_disk::acknowledged() const noexcept {
    return std::atomic_ref(page_->acknowledged).load();
}

void frail_disk::keep_all() {
    for (const auto* kind : {"content", "names"}) {
        fs::remove_all(beside_ / kind);
        fs::create_directories(beside_ / kind);
    }
    keep(folder_, {});
}

void frail_disk::keep(const fs::path& directory, const fs::path& inside) {
    std::string list;
    for (const auto& one : fs::directory_iterator(directory)) {
        const auto state = one.symlink_status();
        const bool deeper = fs::is_directory(state);
        if (!deeper && (!fs::is_regular_file(state) || is_log(one.path()))) continue;
        const auto id = id_of(one.path());
        const auto name = one.path().filename();
        list += fmt::format("{} {:o} {} {}\n", id, static_cast<unsigned>(state.permissions()), deeper ? 'd' : 'f',
                            name.string());
        if (deeper)
            keep(one.path(), inside / name);
        else
            fs::copy_file(one.path(), beside_ / "content" / id, fs::copy_options::overwrite_existing);
    }
    write_file(beside_ / "names" / flat(inside), list);
}

void frail_disk::cut() {
    page_->held = 0; // who waited is gone
    // Logs are no part of the disk, and a socket's name means nothing without its process.
    for (const auto& one : fs::directory_iterator(folder_))
        if (!is_log(one.path())) fs::remove_all(one.path());
    restore(folder_, {});
    keep_all();
}

void frail_disk::restore(const fs::path& directory, const fs::path& inside) {
    for (const auto& one : names_in(beside_ / "names" / flat(inside))) {
        const auto path = directory / one.name;
        if (is_log(path)) continue;
        if (one.directory) {
            fs::create_directory(path);
            restore(path, inside / one.name);
        } else if (const auto content = beside_ / "content" / one.id; fs::exists(content)) {
            fs::copy_file(content, path);
        } else {
            write_file(path, "");
        }
        fs::permissions(path, one.mode);
    }
}

} // namespace anban::stage
