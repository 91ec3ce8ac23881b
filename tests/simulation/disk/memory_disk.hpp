// A disk in memory under SQLite: it keeps apart what was written and what was synced, so that a power cut can
// lose, tear and reorder whatever no sync has promised. It can be full, can fail to write or to sync, and can turn
// read-only.
//
// The model of a power cut: each write since the file's last sync is kept whole, lost, or kept up to a sector of
// 512 bytes, one by one and whatever came after it; a file that was never synced may be gone. What a failed sync
// had to bring down counts as lost from then on, though reading still shows it (as Linux does). Moving a file is
// kept.
//
// Threads: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/chance.hpp"

namespace anban::simulation {

struct disk_faults {
    bool full = false;        // nothing grows, but by what was kept in reserve
    bool read_only = false;   // nothing is written
    bool sync_fails = false;  // a sync says so, and what it had to bring down is lost
    bool write_fails = false; // EIO
    bool dead_writer = false; // its process has been killed: nothing of what it still does while it goes counts
};

class memory_disk {
public:
    memory_disk();
    ~memory_disk();
    memory_disk(const memory_disk&) = delete;
    memory_disk& operator=(const memory_disk&) = delete;

    // SQLite's name of this disk's file system.
    [[nodiscard]] const std::string& vfs() const noexcept { return name_; }

    disk_faults faults;
    std::size_t spare = 0; // bytes that a full disk still has

    // Stops in the middle of what is being written, after so many more changes: nothing counts from then on, as if
    // the power had gone. `stopped` until that is cut.
    void stop_after(std::uint64_t changes) { changes_left_ = changes + 1; }
    void stop_never() { changes_left_ = 0; }
    [[nodiscard]] bool stopped() const noexcept { return stopped_; }

    // No file may be open.
    void cut_power(chance& how);
    void move(const std::string& from, const std::string& to);
    // Changes one byte of what lies in a file; false where there is none.
    bool garble(const std::string& name, chance& where);
    void truncate(const std::string& name, std::size_t size);
    [[nodiscard]] std::vector<std::string> files() const;
    [[nodiscard]] std::size_t size_of(const std::string& name) const;
    [[nodiscard]] std::uint64_t syncs() const noexcept { return syncs_; }
    [[nodiscard]] std::uint64_t bytes_written() const noexcept { return written_; }

    struct file {
        struct change {
            std::size_t at = 0;
            std::string bytes;
            bool cut = false; // to `at` bytes
        };
        std::string seen;   // what reading shows
        std::string synced; // what a power cut leaves for certain
        std::deque<change> unsynced;
        bool ever_synced = false;
        // The WAL's index and its locks, of this boot; and the lock of the file itself.
        std::vector<std::string> shared;
        int readers[8] = {};
        bool writers[8] = {};
        int sharers = 0;
        int lock = 0; // above shared
        const void* locked_by = nullptr;

        void forget_locks() {
            shared.clear();
            for (int& r : readers) r = 0;
            for (bool& w : writers) w = false;
            sharers = lock = 0;
            locked_by = nullptr;
        }
    };
    [[nodiscard]] file& open(const std::string& name) { return files_[name]; }
    [[nodiscard]] bool exists(const std::string& name) const { return files_.contains(name); }
    void remove(const std::string& name) { files_.erase(name); }
    // The programs that had files open are gone, and their locks with them.
    void forget_locks();
    // Whether a change counts; each is one of those that `stop_after` counts.
    [[nodiscard]] bool may_change();
    [[nodiscard]] int write(file& f, std::size_t at, const void* bytes, std::size_t size);
    [[nodiscard]] int cut(file& f, std::size_t size);
    [[nodiscard]] int sync(file& f);

private:
    struct vfs_of_sqlite;
    std::string name_;
    std::unique_ptr<vfs_of_sqlite> vfs_;
    std::map<std::string, file> files_;
    std::uint64_t syncs_ = 0;
    std::uint64_t written_ = 0;
    std::uint64_t changes_left_ = 0; // 0: as many as there are
    bool stopped_ = false;
};

} // namespace anban::simulation
