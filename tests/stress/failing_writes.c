/* A library to preload: the N-th operation that changes something under a folder fails with an error of choice.
 *
 * Counted: writes, syncs, renames, unlinks, truncations, and openings that create or truncate, each by any of the
 * names the C library has for it. `failing_writes_arm` sets the folder, N (0: count only), the error, and whether all
 * later ones fail as well, as on a full disk; `failing_writes_count` tells how many there were. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static char root[PATH_MAX];
static int fail_at, fail_with, fail_on;
static atomic_int count;

void failing_writes_arm(const char* folder, int at, int error, int and_on) {
  strncpy(root, folder, sizeof root - 1);
  fail_at = at, fail_with = error, fail_on = and_on;
  atomic_store(&count, 0);
}

int failing_writes_count(void) { return atomic_load(&count); }

static int fails(void) {
  const int now = atomic_fetch_add(&count, 1) + 1;
  if (fail_at == 0 || !(now == fail_at || (fail_on && now > fail_at))) return 0;
  errno = fail_with;
  return 1;
}

static int path_fails(const char* path) {
  return root[0] && path && strncmp(path, root, strlen(root)) == 0 && fails();
}

static int fd_fails(int fd) {
  char link[64], path[PATH_MAX];
  if (!root[0]) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return path_fails(path);
}

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

#define ON_FD(type, name, signature, arguments, ...) \
  type name signature {                              \
    if (fd_fails(fd)) return -1;                     \
    return REAL(type, name, __VA_ARGS__) arguments;  \
  }

ON_FD(ssize_t, write, (int fd, const void* b, size_t n), (fd, b, n), int, const void*, size_t)
ON_FD(ssize_t, writev, (int fd, const struct iovec* v, int n), (fd, v, n), int, const struct iovec*, int)
ON_FD(ssize_t, pwrite, (int fd, const void* b, size_t n, off_t o), (fd, b, n, o), int, const void*, size_t, off_t)
ON_FD(ssize_t, pwrite64, (int fd, const void* b, size_t n, off64_t o), (fd, b, n, o), int, const void*, size_t, off64_t)
ON_FD(int, fsync, (int fd), (fd), int)
ON_FD(int, fdatasync, (int fd), (fd), int)
ON_FD(int, ftruncate, (int fd, off_t n), (fd, n), int, off_t)
ON_FD(int, ftruncate64, (int fd, off64_t n), (fd, n), int, off64_t)

#define ON_PATH(name, signature, path, arguments, ...) \
  int name signature {                                 \
    if (path_fails(path)) return -1;                   \
    return REAL(int, name, __VA_ARGS__) arguments;     \
  }

ON_PATH(rename, (const char* from, const char* to), to, (from, to), const char*, const char*)
ON_PATH(unlink, (const char* path), path, (path), const char*)
ON_PATH(mkdir, (const char* path, mode_t mode), path, (path, mode), const char*, mode_t)

#define MAKES(flags) ((flags) & (O_CREAT | O_TRUNC))

#define OPENING(name)                                                     \
  int name(const char* path, int flags, ...) {                            \
    va_list more;                                                         \
    va_start(more, flags);                                                \
    const mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;       \
    va_end(more);                                                         \
    if (MAKES(flags) && path_fails(path)) return -1;                      \
    return REAL(int, name, const char*, int, mode_t)(path, flags, mode);  \
  }

OPENING(open)
OPENING(open64)
