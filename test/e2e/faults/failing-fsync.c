/*
 * Loaded in front of the C library (LD_PRELOAD): fsync and fdatasync of a store's log fail with EIO for
 * as long as the file named by FSYNC_FAILS_WHILE is there. The data was written all the same, as on a
 * disk that does not confirm.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(int file) {
  const char *sign = getenv("FSYNC_FAILS_WHILE");
  char link[64], path[4096];
  if (sign == NULL || access(sign, F_OK) != 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strstr(path, "ridgeline.db") != NULL;
}

static int passed_on(const char *name, int file) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  return real(file);
}

int fsync(int file) {
  if (!fails(file)) return passed_on("fsync", file);
  errno = EIO;
  return -1;
}

int fdatasync(int file) {
  if (!fails(file)) return passed_on("fdatasync", file);
  errno = EIO;
  return -1;
}
