#include "tests/simulation/disk/memory_disk.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>

#include <fmt/format.h>
#include <sqlite3.h>

namespace anban::simulation {
namespace {

constexpr std::size_t sector = 512;

void apply(std::string& to, const memory_disk::file::change& c, std::size_t most) {
    if (c.cut) {
        if (to.size() > c.at) to.resize(c.at);
        return;
    }
    const std::size_t size = std::min(most, c.bytes.size());
    if (size == 0) return;
    if (to.size() < c.at + size) to.resize(c.at + size, '\0');
    std::copy_n(c.bytes.begin(), size, to.begin() + static_cast<std::ptrdiff_t>(c.at));
}

// What SQLite holds of an open file.
struct open_file {
    sqlite3_file base;
    memory_disk* disk;
    memory_disk::file* file;
    int lock;
    unsigned shared_slots;
    unsigned own_slots;
};

[[nodiscard]] open_file& of(sqlite3_file* f) noexcept {
    return *reinterpret_cast<open_file*>(f);
}

int unlock_it(sqlite3_file* f, int wanted);

int close_it(sqlite3_file* f) {
    return unlock_it(f, SQLITE_LOCK_NONE);
}
int read_it(sqlite3_file* f, void* into, int size, sqlite3_int64 at) {
    const std::string& seen = of(f).file->seen;
    const auto from = static_cast<std::size_t>(at);
    const auto wanted = static_cast<std::size_t>(size);
    const std::size_t there = from < seen.size() ? std::min(wanted, seen.size() - from) : 0;
    if (there > 0) std::memcpy(into, seen.data() + from, there);
    if (there == wanted) return SQLITE_OK;
    std::memset(static_cast<char*>(into) + there, 0, wanted - there);
    return SQLITE_IOERR_SHORT_READ;
}
int write_it(sqlite3_file* f, const void* bytes, int size, sqlite3_int64 at) {
    return of(f).disk->write(*of(f).file, static_cast<std::size_t>(at), bytes, static_cast<std::size_t>(size));
}
int truncate_it(sqlite3_file* f, sqlite3_int64 size) {
    return of(f).disk->cut(*of(f).file, static_cast<std::size_t>(size));
}
int sync_it(sqlite3_file* f, int) {
    return of(f).disk->sync(*of(f).file);
}
int size_it(sqlite3_file* f, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(of(f).file->seen.size());
    return SQLITE_OK;
}
// One process, several connections.
int lock_it(sqlite3_file* f, int wanted) {
    open_file& mine = of(f);
    auto& file = *mine.file;
    if (wanted <= mine.lock) return SQLITE_OK;
    if (wanted == SQLITE_LOCK_SHARED) {
        if (file.lock >= SQLITE_LOCK_PENDING && file.locked_by != f) return SQLITE_BUSY;
        ++file.sharers;
    } else {
        if (file.locked_by != nullptr && file.locked_by != f) return SQLITE_BUSY;
        if (wanted == SQLITE_LOCK_EXCLUSIVE && file.sharers > 1) return SQLITE_BUSY;
        file.lock = wanted;
        file.locked_by = f;
    }
    mine.lock = wanted;
    return SQLITE_OK;
}
int unlock_it(sqlite3_file* f, int wanted) {
    open_file& mine = of(f);
    auto& file = *mine.file;
    if (mine.disk->faults.dead_writer || wanted >= mine.lock) return SQLITE_OK;
    if (mine.lock > SQLITE_LOCK_SHARED && file.locked_by == f) {
        file.lock = 0;
        file.locked_by = nullptr;
    }
    if (wanted == SQLITE_LOCK_NONE) --file.sharers;
    mine.lock = wanted;
    return SQLITE_OK;
}
int is_locked(sqlite3_file* f, int* locked) {
    *locked = of(f).file->lock >= SQLITE_LOCK_RESERVED ? 1 : 0;
    return SQLITE_OK;
}
int control_it(sqlite3_file*, int, void*) {
    return SQLITE_NOTFOUND;
}
int sector_of(sqlite3_file*) {
    return static_cast<int>(sector);
}
int traits_of(sqlite3_file*) {
    return 0; // neither atomic writes nor safe appends: nothing is promised but what a sync brings down
}
int map_shared(sqlite3_file* f, int page, int size, int extend, void volatile** at) {
    auto& shared = of(f).file->shared;
    const auto wanted = static_cast<std::size_t>(page);
    if (wanted >= shared.size()) {
        *at = nullptr;
        if (extend == 0) return SQLITE_OK;
        while (shared.size() <= wanted) shared.emplace_back(static_cast<std::size_t>(size), '\0');
    }
    *at = shared[wanted].data();
    return SQLITE_OK;
}
int lock_shared(sqlite3_file* f, int first, int count, int flags) {
    open_file& mine = of(f);
    auto& file = *mine.file;
    const bool shared = (flags & SQLITE_SHM_SHARED) != 0;
    const bool take = (flags & SQLITE_SHM_LOCK) != 0;
    for (int i = first; take && i < first + count; ++i) {
        const unsigned bit = 1U << static_cast<unsigned>(i);
        if (file.writers[i] && (mine.own_slots & bit) == 0) return SQLITE_BUSY;
        if (!shared && file.readers[i] > ((mine.shared_slots & bit) != 0 ? 1 : 0)) return SQLITE_BUSY;
    }
    for (int i = first; i < first + count; ++i) {
        const unsigned bit = 1U << static_cast<unsigned>(i);
        unsigned& slots = shared ? mine.shared_slots : mine.own_slots;
        const bool had = (slots & bit) != 0;
        if (shared && take != had) file.readers[i] += take ? 1 : -1;
        if (!shared && take != had) file.writers[i] = take;
        slots = take ? slots | bit : slots & ~bit;
    }
    return SQLITE_OK;
}
void barrier(sqlite3_file*) {}
int unmap_shared(sqlite3_file* f, int remove) {
    if (of(f).disk->faults.dead_writer) return SQLITE_OK;
    (void)lock_shared(f, 0, 8, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED);
    (void)lock_shared(f, 0, 8, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
    if (remove != 0) of(f).file->shared.clear();
    return SQLITE_OK;
}

const sqlite3_io_methods methods{.iVersion = 2,
                                 .xClose = close_it,
                                 .xRead = read_it,
                                 .xWrite = write_it,
                                 .xTruncate = truncate_it,
                                 .xSync = sync_it,
                                 .xFileSize = size_it,
                                 .xLock = lock_it,
                                 .xUnlock = unlock_it,
                                 .xCheckReservedLock = is_locked,
                                 .xFileControl = control_it,
                                 .xSectorSize = sector_of,
                                 .xDeviceCharacteristics = traits_of,
                                 .xShmMap = map_shared,
                                 .xShmLock = lock_shared,
                                 .xShmBarrier = barrier,
                                 .xShmUnmap = unmap_shared,
                                 .xFetch = nullptr,
                                 .xUnfetch = nullptr};

[[nodiscard]] memory_disk& disk_of(sqlite3_vfs* v) noexcept {
    return *static_cast<memory_disk*>(v->pAppData);
}

int open_it(sqlite3_vfs* v, const char* name, sqlite3_file* f, int flags, int* said) {
    memory_disk& disk = disk_of(v);
    const std::string path = name == nullptr ? "temporary" : name;
    if (!disk.exists(path)) {
        if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
        if (disk.faults.read_only) return SQLITE_CANTOPEN;
    }
    auto& mine = of(f);
    mine = {};
    mine.base.pMethods = &methods;
    mine.disk = &disk;
    mine.file = &disk.open(path);
    if (said != nullptr) *said = flags;
    return SQLITE_OK;
}
int delete_it(sqlite3_vfs* v, const char* name, int) {
    memory_disk& disk = disk_of(v);
    if (!disk.exists(name)) return SQLITE_IOERR_DELETE_NOENT;
    if (disk.faults.read_only || !disk.may_change()) return SQLITE_IOERR_DELETE;
    disk.remove(name);
    return SQLITE_OK;
}
int may_i(sqlite3_vfs* v, const char* name, int, int* yes) {
    *yes = disk_of(v).exists(name) ? 1 : 0;
    return SQLITE_OK;
}
int full_name(sqlite3_vfs*, const char* name, int size, char* into) {
    sqlite3_snprintf(size, into, "%s", name);
    return SQLITE_OK;
}
// Nothing real: neither chance nor time nor sleep.
int no_chance(sqlite3_vfs*, int size, char* into) {
    std::memset(into, 7, static_cast<std::size_t>(size));
    return size;
}
int no_sleep(sqlite3_vfs*, int us) {
    return us;
}
int no_time(sqlite3_vfs*, double* now) {
    *now = 2'440'587.5; // 1970 in Julian days
    return SQLITE_OK;
}
int no_error(sqlite3_vfs*, int, char*) {
    return 0;
}

} // namespace

struct memory_disk::vfs_of_sqlite {
    sqlite3_vfs v{};
};

memory_disk::memory_disk() : vfs_(std::make_unique<vfs_of_sqlite>()) {
    static std::atomic<int> disks{0};
    name_ = fmt::format("memory-disk-{}", ++disks);
    vfs_->v = {.iVersion = 1,
               .szOsFile = sizeof(open_file),
               .mxPathname = 512,
               .pNext = nullptr,
               .zName = name_.c_str(),
               .pAppData = this,
               .xOpen = open_it,
               .xDelete = delete_it,
               .xAccess = may_i,
               .xFullPathname = full_name,
               .xDlOpen = nullptr,
               .xDlError = nullptr,
               .xDlSym = nullptr,
               .xDlClose = nullptr,
               .xRandomness = no_chance,
               .xSleep = no_sleep,
               .xCurrentTime = no_time,
               .xGetLastError = no_error,
               .xCurrentTimeInt64 = nullptr,
               .xSetSystemCall = nullptr,
               .xGetSystemCall = nullptr,
               .xNextSystemCall = nullptr};
    sqlite3_vfs_register(&vfs_->v, 0);
}

memory_disk::~memory_disk() {
    sqlite3_vfs_unregister(&vfs_->v);
}

void memory_disk::forget_locks() {
    for (auto& [name, f] : files_) f.forget_locks();
}

bool memory_disk::may_change() {
    if (!faults.dead_writer && changes_left_ > 0 && --changes_left_ == 0) faults.dead_writer = stopped_ = true;
    return !faults.dead_writer;
}

int memory_disk::write(file& f, std::size_t at, const void* bytes, std::size_t size) {
    if (!may_change() || faults.write_fails) return SQLITE_IOERR_WRITE;
    if (faults.read_only) return SQLITE_READONLY;
    if (const std::size_t more = at + size > f.seen.size() ? at + size - f.seen.size() : 0;
        faults.full && more > 0) {
        if (more > spare) return SQLITE_FULL;
        spare -= more;
    }
    written_ += size;
    f.unsynced.push_back({at, {static_cast<const char*>(bytes), size}, false});
    apply(f.seen, f.unsynced.back(), size);
    return SQLITE_OK;
}

int memory_disk::cut(file& f, std::size_t size) {
    if (!may_change() || faults.write_fails) return SQLITE_IOERR_TRUNCATE;
    if (faults.read_only) return SQLITE_READONLY;
    f.unsynced.push_back({size, {}, true});
    apply(f.seen, f.unsynced.back(), 0);
    return SQLITE_OK;
}

int memory_disk::sync(file& f) {
    if (!may_change()) return SQLITE_IOERR_FSYNC;
    ++syncs_;
    if (faults.sync_fails) {
        f.unsynced.clear();
        return SQLITE_IOERR_FSYNC;
    }
    for (const file::change& c : f.unsynced) apply(f.synced, c, c.bytes.size());
    f.unsynced.clear();
    f.ever_synced = true;
    return SQLITE_OK;
}

void memory_disk::cut_power(chance& how) {
    faults.dead_writer = stopped_ = false;
    changes_left_ = 0;
    for (auto at = files_.begin(); at != files_.end();) {
        file& f = at->second;
        f.forget_locks();
        if (!f.ever_synced && how.happens(0.5)) {
            at = files_.erase(at);
            continue;
        }
        const auto mood = how.below(4); // all of it, nothing of it, or one by one
        for (const file::change& c : f.unsynced) {
            if (mood == 0) apply(f.synced, c, c.bytes.size());
            if (mood < 2) continue;
            const auto fate = how.below(3);
            if (fate == 0) apply(f.synced, c, c.bytes.size());
            if (fate == 1 && !c.cut) apply(f.synced, c, sector * how.below(c.bytes.size() / sector + 1));
        }
        f.unsynced.clear();
        f.seen = f.synced;
        f.ever_synced = true;
        ++at;
    }
}

void memory_disk::move(const std::string& from, const std::string& to) {
    if (faults.read_only || !may_change()) return;
    auto taken = files_.extract(from);
    if (taken.empty()) return;
    taken.key() = to;
    files_.erase(to);
    files_.insert(std::move(taken));
}

bool memory_disk::garble(const std::string& name, chance& where) {
    const auto found = files_.find(name);
    if (found == files_.end() || found->second.synced.empty()) return false;
    file& f = found->second;
    const std::size_t at = where.below(f.synced.size());
    f.synced[at] = static_cast<char>(f.synced[at] ^ static_cast<char>(1U << where.below(8)));
    if (at < f.seen.size()) f.seen[at] = f.synced[at];
    return true;
}

void memory_disk::truncate(const std::string& name, std::size_t size) {
    const auto found = files_.find(name);
    if (found == files_.end()) return;
    found->second.seen.resize(std::min(size, found->second.seen.size()));
    found->second.synced.resize(std::min(size, found->second.synced.size()));
    found->second.unsynced.clear();
}

std::vector<std::string> memory_disk::files() const {
    std::vector<std::string> names;
    for (const auto& [name, f] : files_) names.push_back(name);
    return names;
}

std::size_t memory_disk::size_of(const std::string& name) const {
    const auto found = files_.find(name);
    return found == files_.end() ? 0 : found->second.seen.size();
}

} // namespace anban::simulation
