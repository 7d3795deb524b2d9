#ifndef DAYBOOK_CHECKSUM_H
#define DAYBOOK_CHECKSUM_H
#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, polynomial 0x1EDC6F41, RFC 3720 appendix B.4) of `length` bytes.
/// Start with `crc` 0; feed the previous result to continue over several buffers.
uint32_t daybook_crc32c(uint32_t crc, const void *bytes, size_t length);

#endif
