// A folder of one's own under $TMPDIR, 0700, gone when the object is gone. ANBAN_KEEP=1 keeps all of them
// and says where they are.
//
// Threads: make and destroy from any thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace anban::stage {

class temp_folder {
public:
    explicit temp_folder(std::string_view name = "anban");
    ~temp_folder();
    temp_folder(const temp_folder&) = delete;
    temp_folder& operator=(const temp_folder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

// For the moment before an end by signal; no folder can be made or ended afterwards.
void remove_all_folders() noexcept;

// Empty where it can't be read.
[[nodiscard]] std::string read_file(const std::filesystem::path& file);
// Replaces the file; 0600. Throws fault.
void write_file(const std::filesystem::path& file, std::string_view text);
// The last lines of a log, for a message about what went wrong.
[[nodiscard]] std::string tail_of(const std::filesystem::path& file, std::size_t lines = 12);

} // namespace anban::stage
