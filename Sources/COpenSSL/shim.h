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
static inline int copenssl_mac_use_sha256(EVP_MAC_CTX *context) {
  char digest[] = "SHA256";
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
  return context == NULL ? 0 : EVP_MAC_CTX_set_params(context, parameters);
}

// Asked for a passphrase: note it and have none. Without a callback libcrypto would ask whoever sits at the terminal.
static inline int copenssl_no_passphrase(char *buffer, int size, int for_writing, void *was_asked) {
  (void)buffer, (void)size, (void)for_writing;
  *(int *)was_asked = 1;
  return -1;
}

// The first private key of any kind in the text, or NULL. A named C function, since a closure of Swift's can't be passed here.
static inline EVP_PKEY *copenssl_read_private_key(BIO *source, int *was_asked) {
  return PEM_read_bio_PrivateKey(source, NULL, copenssl_no_passphrase, was_asked);
}

// A macro, which Swift doesn't see.
static inline size_t copenssl_memory(BIO *bio, const char **bytes) {
  return (size_t)BIO_get_mem_data(bio, (char **)bytes);
}

// prctl is variadic, which Swift can't call. It stands here because keeping key material out of core files belongs with
// OPENSSL_cleanse: both are about what memory may show to others.
static inline int copenssl_forbid_memory_dumps(void) {
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

#endif
