#include "tests/stage/temp_folder.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "tests/stage/fault.hpp"

namespace anban::stage {

namespace {

std::mutex held_mutex;
std::set<std::filesystem::path>& held() {
    static std::set<std::filesystem::path> all;
    return all;
}

bool keep() {
    const char* wanted = std::getenv("ANBAN_KEEP");
    return wanted != nullptr && *wanted != '\0';
}

} // namespace

temp_folder::temp_folder(std::string_view name) {
    auto text = (std::filesystem::temp_directory_path() / fmt::format("{}-XXXXXX", name)).string();
    const std::scoped_lock lock(held_mutex); // made and known in one: an end by signal finds all of them
    if (::mkdtemp(text.data()) == nullptr) throw fault(fmt::format("{}: {}", text, std::strerror(errno)));
    path_ = text;
    held().insert(path_);
}

temp_folder::~temp_folder() {
    if (keep()) {
        fmt::print(stderr, "kept: {}\n", path_.string());
        return;
    }
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    const std::scoped_lock lock(held_mutex);
    held().erase(path_);
}

// Another thread may be removing the same folder, and a program that was just killed may leave one more file:
// so it is done until it is done, for two seconds at most. The lock is never given back: whoever wants a new
// folder now waits for the end of the process.
void remove_all_folders() noexcept {
    held_mutex.lock();
    if (keep()) return;
    constexpr int tries = 100;
    for (const auto& path : held()) {
        for (int i = 0; i < tries; ++i) {
            std::error_code error;
            std::filesystem::remove_all(path, error);
            if (!std::filesystem::exists(path, error)) break;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }
}

std::string read_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const std::filesystem::path& file, std::string_view text) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) throw fault(fmt::format("{}: {}", file.string(), std::strerror(errno)));
    const auto n = ::write(fd, text.data(), text.size());
    ::close(fd);
    if (n != static_cast<ssize_t>(text.size())) throw fault(fmt::format("{}: not written", file.string()));
}

std::string tail_of(const std::filesystem::path& file, std::size_t lines) {
    const auto text = read_file(file);
    std::size_t at = text.size();
    if (at > 0 && text.back() == '\n') --at;
    for (std::size_t n = 0; n < lines && at != std::string::npos && at > 0; ++n) at = text.rfind('\n', at - 1);
    return at == std::string::npos || at == 0 ? text : text.substr(at + 1);
}

} // namespace anban::stage
