// CRC32C by the processor's instruction where there is one, else bit by bit through a table of 16 entries.
#include "CLinux.h"

#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const uint8_t *bytes, size_t length) {
    uint64_t wide = crc;
    for (; length >= 8; bytes += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        wide = _mm_crc32_u64(wide, word);
    }
    crc = (uint32_t)wide;
    for (; length > 0; bytes++, length--) { crc = _mm_crc32_u8(crc, *bytes); }
    return crc;
}

static bool has_instruction(void) { return __builtin_cpu_supports("sse4.2"); }

#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>

static uint32_t by_instruction(uint32_t crc, const uint8_t *bytes, size_t length) {
    for (; length >= 8; bytes += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        crc = __crc32cd(crc, word);
    }
    for (; length > 0; bytes++, length--) { crc = __crc32cb(crc, *bytes); }
    return crc;
}

static bool has_instruction(void) { return true; }

#else
static uint32_t by_instruction(uint32_t crc, const uint8_t *bytes, size_t length) { return crc; }
static bool has_instruction(void) { return false; }
#endif

// The remainders of the 16 four-bit values by the reflected polynomial 0x82F63B78.
static const uint32_t nibbles[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

static uint32_t by_table(uint32_t crc, const uint8_t *bytes, size_t length) {
    for (; length > 0; bytes++, length--) {
        crc ^= *bytes;
        crc = (crc >> 4) ^ nibbles[crc & 15];
        crc = (crc >> 4) ^ nibbles[crc & 15];
    }
    return crc;
}

uint32_t clickd_crc32c_portable(uint32_t seed, const void *bytes, size_t length) {
    return ~by_table(~seed, bytes, length);
}

uint32_t clickd_crc32c(uint32_t seed, const void *bytes, size_t length) {
    return has_instruction() ? ~by_instruction(~seed, bytes, length) : ~by_table(~seed, bytes, length);
}
