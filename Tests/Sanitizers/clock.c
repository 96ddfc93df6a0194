// Shifts the time of day by what FAKETIME_TIMESTAMP_FILE says, as libfaketime does, for a program with a sanitizer. There
// libfaketime hangs: as it starts it looks up functions that the C library doesn't have; the loader allocates to say so;
// the sanitizer's allocator asks for the time, under a lock of its own; and libfaketime, which isn't ready yet, looks them
// up once more. So what is here looks nothing up, allocates nothing and locks nothing.

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const char *file;

// Once, and before there are threads, one of which could change the environment.
__attribute__((constructor)) static void start(void) { file = getenv("FAKETIME_TIMESTAMP_FILE"); }

// What to add, in nanoseconds; nothing as long as there is no file. By system calls: open, read and close would be the
// sanitizer's, which keep an account of what the program does.
static int64_t shift(void) {
  char seconds[64] = "";
  int error = errno, descriptor = syscall(SYS_openat, AT_FDCWD, file, O_RDONLY | O_CLOEXEC);
  if (descriptor >= 0) {
    syscall(SYS_read, descriptor, seconds, sizeof seconds - 1);
    syscall(SYS_close, descriptor);
  }
  errno = error;
  return strtod(seconds, NULL) * 1e9;
}

static int read_clock(clockid_t clock, struct timespec *result) {
  if (syscall(SYS_clock_gettime, clock, result) != 0) return -1;
  if (clock == CLOCK_REALTIME) {
    int64_t shifted = result->tv_sec * 1000000000 + result->tv_nsec + shift();
    *result = (struct timespec){.tv_sec = shifted / 1000000000, .tv_nsec = shifted % 1000000000};
  }
  return 0;
}

int clock_gettime(clockid_t clock, struct timespec *result) { return read_clock(clock, result); }

int gettimeofday(struct timeval *restrict result, void *restrict zone) {
  struct timespec now;
  (void)zone;
  read_clock(CLOCK_REALTIME, &now);
  *result = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t *result) {
  struct timespec now;
  read_clock(CLOCK_REALTIME, &now);
  if (result != NULL) *result = now.tv_sec;
  return now.tv_sec;
}
