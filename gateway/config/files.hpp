// Files of a home directory: read with a bound, written so that a power cut leaves either the old or the
// new content and never half of one, and never readable for others than intended.
//
// Threads: any; two writers of one path are the caller's matter.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace anban::files {

enum class trouble : std::uint8_t { missing, not_allowed, too_large, failed };

struct failure {
    trouble what = trouble::failed;
    std::string why; // the system's words, with the path
};

[[nodiscard]] std::expected<std::string, failure> read(const std::filesystem::path& path, std::size_t most);

// The files directly below a folder that end in `ending` (".rules"), by name. An entry that can't be asked ends
// it.
[[nodiscard]] std::expected<std::vector<std::filesystem::path>, failure>
in_folder(const std::filesystem::path& folder, std::string_view ending);

// Temporary file in the same folder, fsync, rename, fsync of the folder. Run as root, the file belongs to
// the folder's owner, so that a daemon without root can read what a technician with sudo wrote.
[[nodiscard]] std::expected<void, failure> write(const std::filesystem::path& path, std::string_view content,
                                                 ::mode_t mode);

// Makes a folder (its parent must exist) with exactly this mode, or gives an existing one this mode.
[[nodiscard]] std::expected<void, failure> make_folder(const std::filesystem::path& path, ::mode_t mode);

// Whether nobody but its owner (and root) can reach it; the owner must be us, or we be root.
[[nodiscard]] std::expected<bool, failure> is_private(const std::filesystem::path& path);

} // namespace anban::files
