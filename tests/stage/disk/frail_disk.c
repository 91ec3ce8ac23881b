/*
 * LD_PRELOAD: a disk that keeps only what was synced. Below ANBAN_DISK_ROOT (logs, *.log, apart):
 *
 *   - what a file holds when a sync of it returns is copied to ANBAN_DISK_SHADOW/content/ID, ID being inode and
 *     birth (inodes are used again);
 *   - the names in a directory are those of its last own sync, ANBAN_DISK_SHADOW/names/PATH with / as +; a line an
 *     entry: ID, mode in octal, d or f, name.
 *
 * A copy takes its place by a rename, before the sync returns: one that was cut off in it counts as not done. The
 * orders of the page (frail_disk.h) make it fail, fill, hold or lie. stdio writes past us: only what it says about
 * a sync counts.
 */
#define _GNU_SOURCE
#include "frail_disk.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REAL(name)                                                                                                \
    static __typeof__(name)* real;                                                                                \
    if (real == NULL) real = (__typeof__(name)*)dlsym(RTLD_NEXT, #name)

static struct frail_page* page(void) {
    static struct frail_page* shared;
    if (shared != NULL) return shared;
    const char* path = getenv("ANBAN_DISK_PAGE");
    const int fd = path == NULL ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0) return NULL;
    void* at = mmap(NULL, sizeof(struct frail_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (at != MAP_FAILED) shared = at;
    return shared;
}

static enum frail_order order(void) {
    const struct frail_page* p = page();
    return p == NULL ? frail_sound : (enum frail_order)__atomic_load_n(&p->order, __ATOMIC_ACQUIRE);
}

static void count(uint64_t* which) {
    __atomic_add_fetch(which, 1, __ATOMIC_ACQ_REL);
}

static int refuse(int error) {
    if (page() != NULL) count(&page()->refused);
    errno = error;
    return -1;
}

static bool ends_with(const char* text, const char* end) {
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* Whether this absolute path is on the frail disk; `*inside` is then what follows the root. */
static bool on_disk(const char* path, const char** inside) {
    const char* root = getenv("ANBAN_DISK_ROOT");
    if (root == NULL || page() == NULL) return false;
    const size_t n = strlen(root);
    if (strncmp(path, root, n) != 0 || (path[n] != '/' && path[n] != '\0')) return false;
    if (ends_with(path, ".log")) return false;
    *inside = path + n;
    return true;
}

static bool path_of(int fd, char path[PATH_MAX]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t n = readlink(link, path, PATH_MAX - 1);
    if (n <= 0) return false;
    path[n] = '\0';
    return path[0] == '/';
}

/* A regular file of the frail disk. */
static bool is_file_here(int fd, struct stat* file) {
    char path[PATH_MAX];
    const char* inside = NULL;
    return fstat(fd, file) == 0 && S_ISREG(file->st_mode) && path_of(fd, path) && on_disk(path, &inside);
}

static bool name_here(int at, const char* name) {
    char path[PATH_MAX];
    const char* inside = NULL;
    if (name[0] == '/') return on_disk(name, &inside);
    if (at == AT_FDCWD ? getcwd(path, sizeof path) == NULL : !path_of(at, path)) return false;
    return on_disk(path, &inside);
}

static void id_of(int at, const char* name, int flags, char id[64], mode_t* mode) {
    struct statx s;
    memset(&s, 0, sizeof s);
    id[0] = '\0';
    *mode = 0;
    if (statx(at, name, flags | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &s) != 0) return;
    snprintf(id, 64, "%llu-%lld.%u", (unsigned long long)s.stx_ino, (long long)s.stx_btime.tv_sec,
             s.stx_btime.tv_nsec);
    *mode = s.stx_mode;
}

static void shadow_path(char path[PATH_MAX], const char* kind, const char* name) {
    snprintf(path, PATH_MAX, "%.2000s/%s/%.2000s", getenv("ANBAN_DISK_SHADOW"), kind, name);
}

/* Writes beside and renames: a shadow is whole or the one before. */
static FILE* begin(const char* path, char beside[PATH_MAX]) {
    snprintf(beside, PATH_MAX, "%.4000s.%d-%ld", path, (int)getpid(), (long)syscall(SYS_gettid));
    return fopen(beside, "we");
}

static void keep_content(int fd) {
    char id[64], path[PATH_MAX], beside[PATH_MAX], own[64];
    mode_t mode = 0;
    id_of(fd, "", AT_EMPTY_PATH, id, &mode);
    if (id[0] == '\0') return;
    shadow_path(path, "content", id);
    FILE* out = begin(path, beside);
    /* Of its own: the caller's may be for writing only, and its place is the caller's. */
    snprintf(own, sizeof own, "/proc/self/fd/%d", fd);
    const int in = (int)syscall(SYS_openat, AT_FDCWD, own, O_RDONLY | O_CLOEXEC, 0);
    char block[65536];
    ssize_t n = -1;
    while (out != NULL && in >= 0 && (n = read(in, block, sizeof block)) > 0) fwrite(block, 1, (size_t)n, out);
    if (in >= 0) close(in);
    if (out != NULL && fclose(out) == 0 && n == 0) syscall(SYS_renameat2, AT_FDCWD, beside, AT_FDCWD, path, 0);
}

static void keep_names(int fd, const char* inside) {
    char flat[PATH_MAX], path[PATH_MAX], beside[PATH_MAX], own[64];
    snprintf(flat, sizeof flat, "+%.1900s", inside[0] == '/' ? inside + 1 : inside);
    for (char* c = flat; *c != '\0'; ++c)
        if (*c == '/') *c = '+';
    shadow_path(path, "names", flat);
    FILE* out = begin(path, beside);
    snprintf(own, sizeof own, "/proc/self/fd/%d", fd);
    DIR* all = opendir(own);
    for (struct dirent* one; out != NULL && all != NULL && (one = readdir(all)) != NULL;) {
        char id[64];
        mode_t mode = 0;
        if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0) continue;
        id_of(dirfd(all), one->d_name, 0, id, &mode);
        if (S_ISREG(mode) || S_ISDIR(mode))
            fprintf(out, "%s %o %c %s\n", id, (unsigned)(mode & 07777), S_ISDIR(mode) ? 'd' : 'f', one->d_name);
    }
    if (all != NULL) closedir(all);
    if (out != NULL && fclose(out) == 0) syscall(SYS_renameat2, AT_FDCWD, beside, AT_FDCWD, path, 0);
}

static void hold(void) {
    if (order() != frail_held) return;
    const struct timespec a_moment = {0, 1000000};
    __atomic_add_fetch(&page()->held, 1, __ATOMIC_ACQ_REL);
    while (order() == frail_held) nanosleep(&a_moment, NULL);
    __atomic_sub_fetch(&page()->held, 1, __ATOMIC_ACQ_REL);
}

static int sync_here(int fd, int (*real)(int)) {
    char path[PATH_MAX];
    const char* inside = NULL;
    if (!path_of(fd, path) || !on_disk(path, &inside)) return real(fd);
    hold();
    switch (order()) {
    case frail_failing: return refuse(EIO);
    case frail_full: break; /* what has its place can be synced */
    case frail_readonly: return refuse(EROFS);
    case frail_lying: return 0;
    default: break;
    }
    const int done = real(fd);
    if (done != 0) return done;
    struct stat file;
    if (fstat(fd, &file) == 0) {
        if (S_ISREG(file.st_mode)) keep_content(fd);
        if (S_ISDIR(file.st_mode)) keep_names(fd, inside);
    }
    count(&page()->synced);
    return 0;
}

int fsync(int fd) {
    REAL(fsync);
    return sync_here(fd, real);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    return sync_here(fd, real);
}

/* 0, or why a file can't be written to up to `end` now. */
static int bar(int fd, off_t end) {
    const enum frail_order now = order();
    struct stat file;
    if ((now != frail_full && now != frail_readonly) || !is_file_here(fd, &file)) return 0;
    if (now == frail_readonly) return EROFS;
    return end > file.st_size ? ENOSPC : 0;
}

static void note_acknowledgement(int fd, const void* bytes, size_t size) {
    int kind = 0;
    socklen_t length = sizeof kind;
    if (page() == NULL || size == 0 || *(const unsigned char*)bytes != 0x40) return;
    /* The broker gives such bytes as well. */
    const char* client = getenv("ANBAN_DISK_CLIENT");
    if (client == NULL || strcmp(client, program_invocation_short_name) != 0) return;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &length) == 0 && kind == SOCK_STREAM)
        count(&page()->acknowledged);
}

ssize_t write(int fd, const void* from, size_t size) {
    REAL(write);
    struct stat file;
    const enum frail_order now = order();
    if ((now == frail_full || now == frail_readonly) && is_file_here(fd, &file)) {
        const off_t at = (fcntl(fd, F_GETFL) & O_APPEND) != 0 ? file.st_size : lseek(fd, 0, SEEK_CUR);
        const int why = bar(fd, at + (off_t)size);
        if (why != 0) return refuse(why);
    }
    note_acknowledgement(fd, from, size);
    return real(fd, from, size);
}

#define PWRITE(name, offset)                                                                                      \
    ssize_t name(int fd, const void* from, size_t size, offset at) {                                              \
        REAL(name);                                                                                               \
        const int why = bar(fd, at + (off_t)size);                                                                \
        return why != 0 ? refuse(why) : real(fd, from, size, at);                                                 \
    }

PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t writev(int fd, const struct iovec* parts, int n) {
    REAL(writev);
    if (n > 0) note_acknowledgement(fd, parts[0].iov_base, parts[0].iov_len);
    return real(fd, parts, n);
}

ssize_t send(int fd, const void* from, size_t size, int flags) {
    REAL(send);
    note_acknowledgement(fd, from, size);
    return real(fd, from, size, flags);
}

ssize_t sendmsg(int fd, const struct msghdr* message, int flags) {
    REAL(sendmsg);
    if (message->msg_iovlen > 0)
        note_acknowledgement(fd, message->msg_iov[0].iov_base, message->msg_iov[0].iov_len);
    return real(fd, message, flags);
}

#define TRUNCATE(name, offset)                                                                                    \
    int name(int fd, offset size) {                                                                               \
        REAL(name);                                                                                               \
        const int why = bar(fd, size);                                                                            \
        return why != 0 ? refuse(why) : real(fd, size);                                                           \
    }

TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define ALLOCATE(name, offset)                                                                                    \
    int name(int fd, offset at, offset size) {                                                                    \
        REAL(name);                                                                                               \
        const int why = bar(fd, at + size);                                                                       \
        if (why == 0) return real(fd, at, size);                                                                  \
        refuse(why);                                                                                              \
        return why;                                                                                               \
    }

ALLOCATE(posix_fallocate, off_t)
ALLOCATE(posix_fallocate64, off64_t)

/* 0, or why this name can't be opened so. */
static int bar_open(int at, const char* name, int flags) {
    const enum frail_order now = order();
    if ((now != frail_full && now != frail_readonly) || !name_here(at, name)) return 0;
    if (now == frail_readonly) return (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) != 0 ? EROFS : 0;
    struct stat there;
    return (flags & O_CREAT) != 0 && fstatat(at, name, &there, 0) != 0 ? ENOSPC : 0;
}

#define OPEN(name)                                                                                                \
    int name(const char* file, int flags, ...) {                                                                  \
        REAL(name);                                                                                               \
        va_list more;                                                                                             \
        va_start(more, flags);                                                                                    \
        const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;                      \
        va_end(more);                                                                                             \
        const int why = bar_open(AT_FDCWD, file, flags);                                                          \
        return why != 0 ? refuse(why) : real(file, flags, mode);                                                  \
    }

#define OPEN_AT(name)                                                                                             \
    int name(int at, const char* file, int flags, ...) {                                                          \
        REAL(name);                                                                                               \
        va_list more;                                                                                             \
        va_start(more, flags);                                                                                    \
        const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;                      \
        va_end(more);                                                                                             \
        const int why = bar_open(at, file, flags);                                                                \
        return why != 0 ? refuse(why) : real(at, file, flags, mode);                                              \
    }

OPEN(open)
OPEN(open64)
OPEN_AT(openat)
OPEN_AT(openat64)

static bool frozen(const char* name) {
    return order() == frail_readonly && name_here(AT_FDCWD, name);
}

int rename(const char* from, const char* to) {
    REAL(rename);
    return frozen(to) ? refuse(EROFS) : real(from, to);
}

int unlink(const char* name) {
    REAL(unlink);
    return frozen(name) ? refuse(EROFS) : real(name);
}

int mkdir(const char* name, mode_t mode) {
    REAL(mkdir);
    return frozen(name) ? refuse(EROFS) : real(name, mode);
}
