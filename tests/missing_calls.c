/* A library to preload: a file system that offers less than a local disk does.
 *
 * The environment variable MISSING_CALLS names what fails, and with it what a mount of that kind says. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name, signature) ((signature)dlsym(RTLD_NEXT, name))

static int missing(const char* what) {
  const char* all = getenv("MISSING_CALLS");
  return all && strstr(all, what);
}

static int fail(int error) {
  errno = error;
  return -1;
}

static int sync_of(int fd, const char* name) {
  struct stat found;
  if (fstat(fd, &found)) return -1;
  if (missing(S_ISDIR(found.st_mode) ? "sync-folder" : "sync-file")) return fail(EINVAL);
  if (missing("failing-disk") && S_ISDIR(found.st_mode)) return fail(EIO);
  return REAL(name, int (*)(int))(fd);
}

int fsync(int fd) { return sync_of(fd, "fsync"); }
int fdatasync(int fd) { return sync_of(fd, "fdatasync"); }

int flock(int fd, int operation) {
  return missing("flock") ? fail(EOPNOTSUPP) : REAL("flock", int (*)(int, int))(fd, operation);
}

static int modes(void) { return missing("chmod") ? fail(EPERM) : 0; }
int chmod(const char* path, mode_t mode) {
  return modes() ? -1 : REAL("chmod", int (*)(const char*, mode_t))(path, mode);
}
int fchmod(int fd, mode_t mode) { return modes() ? -1 : REAL("fchmod", int (*)(int, mode_t))(fd, mode); }

#define CONTROL(name)                                                                                  \
  int name(int fd, int command, ...) {                                                                 \
    va_list more;                                                                                      \
    va_start(more, command);                                                                           \
    void* argument = va_arg(more, void*);                                                              \
    va_end(more);                                                                                      \
    const int locks = command == F_SETLK || command == F_SETLKW || command == F_GETLK;                 \
    if (locks && missing("no-lock-server")) return fail(ENOLCK);                                       \
    if (locks && missing("range-locks")) return fail(EINVAL);                                          \
    return REAL(#name, int (*)(int, int, ...))(fd, command, argument);                                 \
  }

CONTROL(fcntl)
CONTROL(fcntl64)
