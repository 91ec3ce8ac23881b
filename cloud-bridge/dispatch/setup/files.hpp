// Files of the centre's data directory: written whole or not at all, with tight modes.
//
// Threads: free functions without state; any thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "cloud-bridge/dispatch/words.hpp"

namespace anban::dispatch {

// Writes beside the target, syncs, renames. `mode` is what the file gets, whatever the umask says.
[[nodiscard]] outcome<void> write_whole(const std::filesystem::path& path, std::string_view text, mode_t mode);

// At most 1 MiB; a larger file is an error.
[[nodiscard]] outcome<std::string> read_whole(const std::filesystem::path& path);

// Makes the folder and gives it exactly `mode`.
// What is in the file, and its name in its folder, are on the disk.
[[nodiscard]] outcome<void> sync_file(const std::filesystem::path& path);

[[nodiscard]] outcome<void> make_folder(const std::filesystem::path& path, mode_t mode);

} // namespace anban::dispatch
