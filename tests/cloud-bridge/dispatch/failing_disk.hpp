// A disk that fails one sync of a file of SQLite's and calls every later one well, as a kernel does that has
// dropped what it could not write. Counts what is done to a file after its failure.
//
// Threads: any; one at a time in a process.
#pragma once

#include <atomic>
#include <mutex>
#include <set>

#include <sqlite3.h>

namespace anban::dispatch::testing {

class failing_disk {
public:
    failing_disk() {
        auto* real = sqlite3_vfs_find(nullptr);
        real_open() = real->xOpen;
        vfs_ = *real;
        vfs_.zName = "failing";
        vfs_.xOpen = open;
        sqlite3_vfs_register(&vfs_, 1);
        before_ = real;
        fail_at() = 0;
        later() = 0;
    }
    ~failing_disk() {
        sqlite3_vfs_register(before_, 1);
        sqlite3_vfs_unregister(&vfs_);
    }
    failing_disk(const failing_disk&) = delete;
    failing_disk& operator=(const failing_disk&) = delete;

    // The next sync of a WAL (SQLITE_OPEN_WAL) or a database (SQLITE_OPEN_MAIN_DB) fails.
    static void fail_next(int kind) { fail_at() = kind; }
    [[nodiscard]] static bool has_failed() { return fail_at() == 0; }
    // Writes and syncs of a file that had failed before.
    [[nodiscard]] static int touched_later() { return later(); }

private:
    using open_function = int (*)(sqlite3_vfs*, const char*, sqlite3_file*, int, int*);
    static open_function& real_open() {
        static open_function f = nullptr;
        return f;
    }
    // SQLite gives databases, which are locked, and WALs, which are not, different methods.
    struct methods {
        const sqlite3_io_methods* real = nullptr;
        sqlite3_io_methods ours{};
    };
    static methods& of_kind(bool wal) {
        static methods both[2];
        return both[wal ? 1 : 0];
    }
    static const sqlite3_io_methods* real(sqlite3_file* f) {
        return of_kind(f->pMethods == &of_kind(true).ours).real;
    }
    static std::atomic<int>& fail_at() {
        static std::atomic<int> kind = 0;
        return kind;
    }
    static std::atomic<int>& later() {
        static std::atomic<int> count = 0;
        return count;
    }
    struct files {
        std::mutex guard;
        std::set<sqlite3_file*> wals, failed;
    };
    static files& known() {
        static files f;
        return f;
    }

    static void note(sqlite3_file* f) {
        const std::scoped_lock lock(known().guard);
        if (known().failed.contains(f)) ++later();
    }
    static int sync(sqlite3_file* f, int flags) {
        note(f);
        {
            const std::scoped_lock lock(known().guard);
            int kind = known().wals.contains(f) ? SQLITE_OPEN_WAL : SQLITE_OPEN_MAIN_DB;
            if (fail_at().compare_exchange_strong(kind, 0)) {
                known().failed.insert(f);
                return SQLITE_IOERR_FSYNC;
            }
        }
        return real(f)->xSync(f, flags);
    }
    static int write(sqlite3_file* f, const void* data, int size, sqlite3_int64 at) {
        note(f);
        return real(f)->xWrite(f, data, size, at);
    }
    static int close(sqlite3_file* f) {
        {
            const std::scoped_lock lock(known().guard);
            known().wals.erase(f);
            known().failed.erase(f);
        }
        return real(f)->xClose(f);
    }
    static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* f, int flags, int* out) {
        const int code = real_open()(vfs, name, f, flags, out);
        if (code != SQLITE_OK || f->pMethods == nullptr) return code;
        if ((flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_DB)) == 0) return code;
        const std::scoped_lock lock(known().guard);
        const bool wal = (flags & SQLITE_OPEN_WAL) != 0;
        auto& kind = of_kind(wal);
        if (kind.real == nullptr) {
            kind.real = f->pMethods;
            kind.ours = *f->pMethods;
            kind.ours.xSync = sync;
            kind.ours.xWrite = write;
            kind.ours.xClose = close;
        }
        if (f->pMethods != kind.real) return code; // another kind of file system: left alone
        f->pMethods = &kind.ours;
        if (wal) known().wals.insert(f);
        return code;
    }

    sqlite3_vfs vfs_{};
    sqlite3_vfs* before_ = nullptr;
};

} // namespace anban::dispatch::testing
