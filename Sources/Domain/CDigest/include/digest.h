#ifndef DAYBOOK_DIGEST_H
#define DAYBOOK_DIGEST_H
#include <stddef.h>
#include <stdint.h>

/// The SHA-256 (FIPS 180-4) of `length` bytes, written to the 32 bytes of `digest`. Allocates nothing; for hashes of public
/// data by the million. Everything else uses `Crypto`.
void daybook_sha256(const void *bytes, size_t length, uint8_t digest[32]);

#endif
