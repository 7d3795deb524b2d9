// SHA-256 of the library that `Crypto` stands on, called without the object that `Crypto` makes for each hash. In C because
// that library is no module for Swift. The hash itself is the library's, with the processor's own instructions where there
// are any.
#include "digest.h"

#if defined(__APPLE__)
#include <CommonCrypto/CommonDigest.h>

void daybook_sha256(const void *bytes, size_t length, uint8_t digest[32]) {
    CC_SHA256_CTX context;
    CC_SHA256_Init(&context);
    // The system's function takes 32-bit lengths.
    const uint8_t *rest = bytes;
    while (length > 0) {
        CC_LONG part = length > 1u << 30 ? 1u << 30 : (CC_LONG)length;
        CC_SHA256_Update(&context, rest, part);
        rest += part;
        length -= part;
    }
    CC_SHA256_Final(digest, &context);
}
#else
#include <CCryptoBoringSSL_sha2.h>

void daybook_sha256(const void *bytes, size_t length, uint8_t digest[32]) { SHA256(bytes, length, digest); }
#endif
