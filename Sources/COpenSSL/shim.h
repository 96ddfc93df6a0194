#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <sys/prctl.h>

// prctl is variadic, which Swift can't call. It stands here because keeping key material out of core files belongs with
// OPENSSL_cleanse: both are about what memory may show to others.
static inline int copenssl_forbid_memory_dumps(void) {
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

#endif
