#include "gateway/journal/place.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <utility>

#include "gateway/config/files.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

constexpr std::size_t small_file_bytes = 4096;

void sync_folder(const std::filesystem::path& folder) {
    const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0) return;
    (void)::fsync(handle);
    ::close(handle);
}

void move_file(const std::string& from, const std::string& to) {
    std::error_code error; // there may be no log beside it
    std::filesystem::rename(from, to, error);
    if (!error) sync_folder(std::filesystem::path{to}.parent_path());
}

// Blocks of its own, which no writer has to fill: a card wears by what is written.
bool take_reserve(const std::filesystem::path& folder) {
    const auto path = folder / "reserve";
    std::error_code error;
    if (std::filesystem::file_size(path, error) == limits::journal_reserve_bytes && !error) return true;
    const auto space = std::filesystem::space(folder, error);
    if (error || space.available < 2 * limits::journal_reserve_bytes) return false;
    const int handle = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (handle < 0) return false;
    const bool taken = ::posix_fallocate(handle, 0, static_cast<::off_t>(limits::journal_reserve_bytes)) == 0;
    ::close(handle);
    if (!taken) std::filesystem::remove(path, error);
    return taken;
}

bool give_up_reserve(const std::filesystem::path& folder) {
    std::error_code error;
    return std::filesystem::remove(folder / "reserve", error);
}

} // namespace

journal_place complete(journal_place place) {
    const bool ours = place.vfs.empty();
    if (!place.move) {
        place.move = ours ? move_file : [](const std::string&, const std::string&) {};
    }
    if (!place.read) {
        place.read = [ours](const std::string& path) {
            return ours ? files::read(path, small_file_bytes).value_or("") : std::string{};
        };
    }
    if (!place.keep) {
        place.keep = [ours](const std::string& path, const std::string& text) {
            return !ours || files::write(path, text, 0600).has_value();
        };
    }
    if (!place.reserve) {
        place.reserve = [ours, folder = place.folder](bool take) {
            if (!ours) return take;
            return take ? take_reserve(folder) : give_up_reserve(folder);
        };
    }
    return place;
}

std::expected<journal_lock, std::string> journal_lock::take(const journal_place& place) {
    if (!place.vfs.empty()) return journal_lock{-1};
    std::error_code error;
    std::filesystem::create_directories(place.folder, error);
    const int handle = ::open((place.folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (handle >= 0 && ::flock(handle, LOCK_EX | LOCK_NB) != 0) {
        ::close(handle);
        return std::unexpected("another anband has it open");
    }
    return journal_lock{handle};
}

journal_lock::journal_lock(journal_lock&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}

journal_lock::~journal_lock() {
    if (handle_ >= 0) ::close(handle_); // and with it the lock
}

} // namespace anban
