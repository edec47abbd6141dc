// From a JPEG file's bytes to rows of pixels, at full size or a half, a quarter or an eighth of it.
//
// Made for shrinking photographs, so it reads what cameras and encoders write by default: 8 bits,
// Huffman coding, sequential, one scan, grey or three components, chroma whole or halved. For any
// other valid file read_jpeg_header() says kUnsupported before any work is done.
//
// The rules are those of engine.hpp: functions of their arguments, the caller's memory, no heap,
// files, threads, exceptions or globals. The data is untrusted and may even change underfoot: that
// spoils pixels, never memory. Pixels are the same on every CPU.
#pragma once

#include "stripline/engine.hpp"

namespace stripline {

enum class DecodeStatus : uint8_t {
  kOk,
  kUnsupported,  // a JPEG, but not of a kind that is read here
  kCorrupt,      // not a JPEG, damaged, or cut short
};

enum class Damage : uint8_t {
  kNone,
  kNotJpeg,         // it does not begin with an SOI marker
  kBadMarker,       // something else where a marker must be, or a marker out of place
  kBadSegment,      // a segment whose length or content cannot be
  kMissingTable,    // the scan uses a quantisation table that was never defined
  kBadHuffman,      // counts and symbols of a Huffman table are not a prefix code
  kBadCode,         // bits that are no code, or coefficients beyond the block
  kPrematureEnd,    // the data, or the part before a marker, ends before its last MCU
  kBadRestart,      // a restart marker is missing or another one than is due
  kExtraneousData,  // bytes left over before a restart marker
};
inline constexpr int kDamages = 10;

struct DecodeResult {
  DecodeStatus status;
  Damage damage;    // other than kNone only where status is kCorrupt
  size_t position;  // in the data, in bytes: where the damage showed
};

// Huffman codes as a DHT segment carries them (ITU-T T.81, B.2.4.2).
struct HuffmanCodes {
  uint8_t counts[16];
  uint8_t symbols[256];
};

// What the headers up to the scan say. By component: Y, Cb, Cr, or red, green, blue, or grey alone.
struct JpegHeader {
  uint32_t width, height;
  Sampling sampling;
  bool is_rgb;                // three components that are not YCbCr
  uint32_t restart_interval;  // MCUs; 0 without
  uint16_t steps[3][64];      // quantisation, row-major
  HuffmanCodes dc[3], ac[3];
  const uint8_t* data;  // the file, which the decoder goes on reading
  size_t size;
  size_t scan;  // where the entropy-coded data begins

  int components() const { return sampling == Sampling::kGrey ? 1 : 3; }
};

DecodeResult read_jpeg_header(const uint8_t* data, size_t size, JpegHeader& header);

// Pixels along a side of so many at 1/denominator: rounded up, as in libjpeg.
constexpr uint32_t scaled_side(uint32_t side, uint32_t denominator) {
  return (side + denominator - 1) / denominator;
}

// A decoder under way; lives in the caller's memory and needs no cleaning up.
struct ScaledDecoder;

// Memory for a decoder, in bytes, which must be aligned to kScratchAlignment. It grows with the
// width alone: 130 kB, and for 4:2:0 at full size 32 bytes a column.
size_t decoder_bytes(const JpegHeader& header, uint32_t denominator);

// Makes a decoder in `memory`. denominator: 1, 2, 4 or 8. kCorrupt: a Huffman table is no prefix
// code; `decoder` is then nullptr.
DecodeResult start_decoder(const JpegHeader& header, uint32_t denominator, const Kernels& kernels,
                           void* memory, ScaledDecoder*& decoder);

// Writes the next rows, at most `rows`, `stride` bytes apart: red, green, blue, or grey alone.
// `written` says how many; fewer than `rows` only at the end of the picture or on failure, after
// which there is no going on.
DecodeResult decode_rows(ScaledDecoder& decoder, uint8_t* pixels, size_t stride, uint32_t rows,
                         uint32_t& written);

}  // namespace stripline
