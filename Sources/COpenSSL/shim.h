#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <sys/prctl.h>

// OSSL_PARAM is built by macros and functions that take `char *` for constant names.
static inline int copenssl_mac_init_sha256(EVP_MAC_CTX *context, const unsigned char *key, size_t key_size) {
  char digest[] = "SHA256";
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_init(context, key, key_size, parameters);
}

// prctl is variadic, which Swift can't call. It stands here because keeping key material out of core files belongs with
// OPENSSL_cleanse: both are about what memory may show to others.
static inline int copenssl_forbid_memory_dumps(void) {
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

#endif
