// For RTLD_DEFAULT.
#define _GNU_SOURCE
// Its inline version of recv would stand in the way of ours.
#undef _FORTIFY_SOURCE

#include "CReceive.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

static _Thread_local int refuses_nul = 0;

// As the system's does it (recv(2)), but for NUL.
ssize_t recv(int descriptor, void *bytes, size_t size, int flags) {
  const ssize_t count = recvfrom(descriptor, bytes, size, flags, NULL, NULL);
  if (refuses_nul && count > 0) {
    char *rest = bytes;
    const char *end = rest + count;
    while (rest < end && (rest = memchr(rest, '\0', (size_t)(end - rest))) != NULL) *rest++ = '\1';
  }
  return count;
}

void creceive_refuse_nul(int refuses) {
  refuses_nul = refuses;
}

int creceive_is_in_place(void) {
  return dlsym(RTLD_DEFAULT, "recv") == (void *)&recv;
}
