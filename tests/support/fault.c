/* Loaded by LD_PRELOAD: counts changes of files below $FAULT_PATH, in all processes together, and at one of them kills
 * the process group, or lets the call fail. tests/support/kill_sweep.py compiles it and sets the orders in the file $FAULT_ORDERS,
 * which all processes map. What stdio writes inside libc is not seen but at fwrite and fclose. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define KINDS 5 /* create, write, rename, unlink (and rmdir), mkdir */
enum { CREATE, WRITE, RENAME, UNLINK, MKDIR };

static struct orders {
    long count;        /* changes so far, the failed ones too */
    long at;           /* the change that is meant, from 1; 0 for none */
    long after;        /* kill when it is done, not before */
    long error;        /* fail with it; 0: kill */
    long many;         /* changes that fail from there on; 0: all */
    long kinds[KINDS]; /* kills, or calls that failed, by kind */
} *orders;
static const char *below;
static unsigned char watched[1 << 16]; /* descriptors that write below the path */

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FAULT_ORDERS");
    below = getenv("FAULT_PATH");
    if (!path || !below || orders) return;
    int (*opened)(const char *, int, ...) = real("open");
    int file = opened(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *mapped = mmap(0, sizeof *orders, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED) orders = mapped;
}

static int is_below(const char *path) { return orders && path && !strncmp(path, below, strlen(below)); }

static int is_below_at(int folder, const char *path) {
    char link[64], found[4096];
    if (!orders || !path) return 0;
    if (path[0] == '/' || folder == AT_FDCWD) return is_below(path);
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t length = readlink(link, found, sizeof found - 1);
    if (length < 0) return 0;
    found[length] = 0;
    return is_below(found);
}

static void die(int kind) {
    orders->kinds[kind]++;
    kill(0, SIGKILL);
    for (;;) pause();
}

/* Before a change: its number; -1, with errno, if it has to fail. */
static long before(int kind) {
    long number = __atomic_add_fetch(&orders->count, 1, __ATOMIC_SEQ_CST);
    if (!orders->at || number < orders->at) return number;
    if (orders->error && (!orders->many || number < orders->at + orders->many)) {
        orders->kinds[kind]++;
        errno = orders->error;
        return -1;
    }
    if (!orders->error && !orders->after && number == orders->at) die(kind);
    return number;
}

static void done(int kind, long number) {
    if (orders->at == number && !orders->error && orders->after) die(kind);
}

/* One change: `call` where nothing is in its way. */
#define CHANGE(is_ours, kind, type, failed, call)                                                                      \
    do {                                                                                                               \
        if (!(is_ours)) return call;                                                                                   \
        long number_ = before(kind);                                                                                   \
        if (number_ < 0) return failed;                                                                                \
        type result_ = call;                                                                                           \
        int error_ = errno;                                                                                            \
        done(kind, number_);                                                                                                \
        errno = error_;                                                                                                \
        return result_;                                                                                                \
    } while (0)

static int writes(int flags) { return flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR); }

static int opening(int is_ours, int flags, int folder, const char *path, mode_t mode) {
    int (*call)(int, const char *, int, ...) = real("openat");
    int ours = is_ours && writes(flags);
    long number = ours ? before(CREATE) : 0;
    if (number < 0) return -1;
    int file = call(folder, path, flags, mode);
    int error = errno;
    if (file >= 0 && file < (int)sizeof watched) watched[file] = ours;
    if (ours) done(CREATE, number);
    errno = error;
    return file;
}

#define MODE(flags, mode)                                                                                              \
    mode_t mode = 0;                                                                                                   \
    if (flags & (O_CREAT | __O_TMPFILE)) {                                                                             \
        va_list more;                                                                                                  \
        va_start(more, flags);                                                                                         \
        mode = va_arg(more, mode_t);                                                                                   \
        va_end(more);                                                                                                  \
    }

int open(const char *path, int flags, ...) { MODE(flags, mode) return opening(is_below(path), flags, AT_FDCWD, path, mode); }
int open64(const char *path, int flags, ...) { MODE(flags, mode) return opening(is_below(path), flags, AT_FDCWD, path, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags, mode) return opening(is_below_at(at, path), flags, at, path, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags, mode) return opening(is_below_at(at, path), flags, at, path, mode); }

int close(int file) {
    int (*call)(int) = real("close");
    if (file >= 0 && file < (int)sizeof watched) watched[file] = 0;
    return call(file);
}

static int is_watched(int file) { return orders && file >= 0 && file < (int)sizeof watched && watched[file]; }

ssize_t write(int file, const void *data, size_t size) {
    ssize_t (*call)(int, const void *, size_t) = real("write");
    CHANGE(is_watched(file), WRITE, ssize_t, -1, call(file, data, size));
}
ssize_t writev(int file, const struct iovec *parts, int count) {
    ssize_t (*call)(int, const struct iovec *, int) = real("writev");
    CHANGE(is_watched(file), WRITE, ssize_t, -1, call(file, parts, count));
}
ssize_t pwrite64(int file, const void *data, size_t size, off64_t place) {
    ssize_t (*call)(int, const void *, size_t, off64_t) = real("pwrite64");
    CHANGE(is_watched(file), WRITE, ssize_t, -1, call(file, data, size, place));
}
int ftruncate64(int file, off64_t size) {
    int (*call)(int, off64_t) = real("ftruncate64");
    CHANGE(is_watched(file), WRITE, int, -1, call(file, size));
}

static FILE *streaming(const char *name, const char *path, const char *mode) {
    FILE *(*call)(const char *, const char *) = real(name);
    int ours = is_below(path) && strpbrk(mode, "wa+");
    long number = ours ? before(CREATE) : 0;
    if (number < 0) return 0;
    FILE *stream = call(path, mode);
    if (stream && fileno(stream) < (int)sizeof watched) watched[fileno(stream)] = ours;
    if (ours) done(CREATE, number);
    return stream;
}
FILE *fopen(const char *path, const char *mode) { return streaming("fopen", path, mode); }
FILE *fopen64(const char *path, const char *mode) { return streaming("fopen64", path, mode); }
size_t fwrite(const void *data, size_t size, size_t count, FILE *stream) {
    size_t (*call)(const void *, size_t, size_t, FILE *) = real("fwrite");
    CHANGE(is_watched(fileno(stream)), WRITE, size_t, 0, call(data, size, count, stream));
}
int fclose(FILE *stream) {
    int (*call)(FILE *) = real("fclose");
    int file = fileno(stream), ours = is_watched(file);
    if (file >= 0 && file < (int)sizeof watched) watched[file] = 0;
    if (ours && before(WRITE) < 0) {
        int error = errno;
        call(stream);
        errno = error;
        return EOF;
    }
    return call(stream);
}

int rename(const char *from, const char *to) {
    int (*call)(const char *, const char *) = real("rename");
    CHANGE(is_below(from) || is_below(to), RENAME, int, -1, call(from, to));
}
int renameat(int from_at, const char *from, int to_at, const char *to) {
    int (*call)(int, const char *, int, const char *) = real("renameat");
    CHANGE(is_below_at(from_at, from) || is_below_at(to_at, to), RENAME, int, -1, call(from_at, from, to_at, to));
}
int unlink(const char *path) {
    int (*call)(const char *) = real("unlink");
    CHANGE(is_below(path), UNLINK, int, -1, call(path));
}
int unlinkat(int at, const char *path, int flags) {
    int (*call)(int, const char *, int) = real("unlinkat");
    CHANGE(is_below_at(at, path), UNLINK, int, -1, call(at, path, flags));
}
int rmdir(const char *path) {
    int (*call)(const char *) = real("rmdir");
    CHANGE(is_below(path), UNLINK, int, -1, call(path));
}
int mkdir(const char *path, mode_t mode) {
    int (*call)(const char *, mode_t) = real("mkdir");
    CHANGE(is_below(path), MKDIR, int, -1, call(path, mode));
}
