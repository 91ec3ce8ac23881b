// The file of a backup: a plain tar (POSIX ustar), so that any computer can look into it. Written and read in
// pieces: a journal may be larger than a small box's memory.
//
// Errors: a sentence; what was written so far is of no use then. Names are at most 99 bytes, below one folder,
// without
// "..": what else a file names is refused before anything is written.
// Threads: an object belongs to one thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace anban::backup {

using status = std::expected<void, std::string>;

class archive_writer {
public:
    // FILE is made, readable for its owner only; it must not be there yet.
    [[nodiscard]] static std::expected<archive_writer, std::string> begin(const std::filesystem::path& path);
    [[nodiscard]] status add(std::string_view name, std::string_view content);
    [[nodiscard]] status add_file(std::string_view name, const std::filesystem::path& from);
    // Writes the end and has all of it on the disk.
    [[nodiscard]] status end();

private:
    struct closer {
        void operator()(std::FILE* f) const noexcept { (void)std::fclose(f); }
    };
    [[nodiscard]] status head(std::string_view name, std::uint64_t size);
    [[nodiscard]] status put(std::string_view bytes);
    [[nodiscard]] status fill(std::uint64_t size);
    std::unique_ptr<std::FILE, closer> file_;
};

// What to do with one file of the archive: called with its bytes in pieces, and once with an empty one at its end.
using piece_taker = std::function<status(std::string_view bytes)>;

// Reads the whole archive; `begin` is asked for each file by its name and size what takes it, nothing: it is
// skipped. Fails where it isn't a whole archive.
[[nodiscard]] status
read_archive(const std::filesystem::path& path,
             const std::function<piece_taker(const std::string& name, std::uint64_t size)>& begin);

} // namespace anban::backup
