// CRC-32C: the processor's own instruction where there is one, a table otherwise. Both give the same result (tested
// against RFC 3720's vectors). In C because Swift has no portable way to name the instruction.
#include "checksum.h"
#include <string.h>

#define POLYNOMIAL_REFLECTED 0x82F63B78u

static uint32_t crc32c_by_table(uint32_t crc, const unsigned char *bytes, size_t length) {
    static uint32_t table[256];
    static volatile int ready = 0;
    if (!ready) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t value = i;
            for (int bit = 0; bit < 8; bit++) value = (value >> 1) ^ (POLYNOMIAL_REFLECTED & (0u - (value & 1u)));
            table[i] = value;
        }
        __atomic_thread_fence(__ATOMIC_RELEASE);
        ready = 1;
    }
    for (size_t i = 0; i < length; i++) crc = table[(crc ^ bytes[i]) & 0xFF] ^ (crc >> 8);
    return crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>
__attribute__((target("sse4.2")))
static uint32_t crc32c_by_instruction(uint32_t crc, const unsigned char *bytes, size_t length) {
    uint64_t wide = crc;
    for (; length >= 8; bytes += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        wide = _mm_crc32_u64(wide, word);
    }
    uint32_t narrow = (uint32_t)wide;
    for (; length > 0; bytes++, length--) narrow = _mm_crc32_u8(narrow, *bytes);
    return narrow;
}
#endif

uint32_t daybook_crc32c(uint32_t crc, const void *bytes, size_t length) {
    crc = ~crc;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return ~crc32c_by_instruction(crc, bytes, length);
#endif
    return ~crc32c_by_table(crc, bytes, length);
}
