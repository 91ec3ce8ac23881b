// Where the journal lies, and what it asks of a file system beside SQLite's own calls. A simulated disk brings its
// own of each; what it leaves out it hasn't got.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <string>

namespace anban {

struct journal_place {
    std::filesystem::path folder;
    std::string vfs = {}; // SQLite's name of it; empty: the system's, with all that is left out below
    // Renames a file over whatever is there; nothing where it isn't.
    std::function<void(const std::string& from, const std::string& to)> move = {};
    // A small file: the whole of it, empty where there is none; and written so that a power cut leaves the old or
    // the new.
    std::function<std::string(const std::string& path)> read = {};
    std::function<bool(const std::string& path, const std::string& text)> keep = {};
    // Takes the reserve against a full disk (true) or gives it up (false). False: there was no room, or none to
    // give up.
    std::function<bool(bool take)> reserve = {};
};

// With everything there: the system's where there is no VFS, else what does nothing.
[[nodiscard]] journal_place complete(journal_place place);

// Held while it lives: the lock against a second process. Nothing where another has it; a place that brings a VFS
// looks after that itself.
class journal_lock {
public:
    [[nodiscard]] static std::expected<journal_lock, std::string> take(const journal_place& place);
    journal_lock(journal_lock&& other) noexcept;
    journal_lock& operator=(journal_lock&&) = delete;
    ~journal_lock();

private:
    explicit journal_lock(int handle) : handle_(handle) {}
    int handle_ = -1;
};

} // namespace anban
