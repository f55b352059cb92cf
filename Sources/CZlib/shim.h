// zlib: the initialisers are macros, which Swift does not see.
#pragma once
#include <string.h>
#include <zlib.h>

// Ready to inflate gzip (RFC 1952) and nothing else. Z_OK, or zlib's code.
static inline int clickd_gunzip_begin(z_stream *stream) {
    memset(stream, 0, sizeof *stream);
    return inflateInit2(stream, 15 + 16);
}

// Ready to make gzip, as small as zlib can.
static inline int clickd_gzip_begin(z_stream *stream) {
    memset(stream, 0, sizeof *stream);
    return deflateInit2(stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
}
