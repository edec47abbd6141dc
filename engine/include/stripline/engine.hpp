// The engine's whole public face: a strip of pixels in, an entropy-coded segment out.
//
// Everything here is a pure function of its arguments. Memory is the caller's: `Scratch` for work
// that does not outlive the call, `Output` for the bytes. The engine uses no heap, files, threads,
// exceptions or globals, and only headers that a freestanding compiler has.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace stripline {

enum class PixelFormat : uint8_t {
  kGrey,
  kRgb,
  kBgr,
  kRgba,
  kBgra,
  kRgbx,
  kBgrx,
  kI420,
  kNv12,
  kI444
};
inline constexpr int kPixelFormats = 10;

// Chroma subsampling in the J:a:b notation; kGrey codes luma alone.
enum class Sampling : uint8_t { k444, k422, k440, k420, kGrey };
inline constexpr int kSamplings = 5;

struct Plane {
  const uint8_t* data;
  ptrdiff_t stride;  // bytes from one row to the next; may be negative
};

// Rows of an image, cut at an MCU row (the last strip of an image may end anywhere).
struct Strip {
  Plane planes[3];  // interleaved formats use the first; kNv12 two; kI420 and kI444 three
  uint32_t width;   // pixels, at least 1
  uint32_t rows;    // pixels, at least 1; completed to whole MCUs by repeating the last row
  PixelFormat format;
  Sampling sampling;
  uint8_t background[3];  // red, green, blue under kRgba and kBgra (straight alpha)
};

// One Huffman table as a DHT segment carries it (ITU-T T.81, B.2.4.2).
struct HuffmanSpec {
  const uint8_t* counts;   // 16: how many codes there are of 1 to 16 bits
  const uint8_t* symbols;  // in order of increasing code length
  size_t symbol_count;
};

// What quantisation needs, in the order in which the FDCT leaves its coefficients (transposed).
// A coefficient c (32 times the orthonormal DCT) becomes round(c / 32q) by two multiplications:
//   t = c + mulhrs(c, fraction),  mulhrs(t, scale),   mulhrs(a, b) = (a * b + 2^14) >> 15
// where 2^e <= q < 2^(e+1), fraction = 2^15 * (2^e / q - 1) and scale = 2^(10 - e).
struct alignas(64) Quantizer {
  int16_t fraction[64];
  int16_t scale[64];
  bool is_exact;  // all steps are powers of two and all fractions 0
};

// Codes ready to append, as entries `bits << 6 | length` of at most 26 bits. What is to be coded is
// a token, the number of an entry: kRowPitch times a row plus a value. So one lookup serves a
// coefficient with its zero run, and whatever has no entry of its own takes two tokens. (Of the
// rows' 169 kB, a picture uses few enough for the first-level cache. The pitch is two cache lines
// more than a row: most values are from -16 to 15, which are two lines, and were the pitch a power
// of two, those of all rows would be in the same two sets of that cache, which holds 8 or 12 each.)
struct alignas(64) CodeBook {
  static constexpr int kDirectValuesLog2 = 9;
  static constexpr int kDirectValues = 1 << kDirectValuesLog2;  // a row has those from -512 to 511
  static constexpr int kRowPitch = 2 * kDirectValues + 32;
  // Rows. For luma (0) and chroma (1):
  static constexpr int ac(int table, int run = 0) { return 1 + 16 * table + run; }  // code, value
  static constexpr int dc(int table) { return 33 + table; }                         // code, value
  static constexpr int kSymbols = 35;  // codes alone: see ac_symbol() and dc_symbol()
  static constexpr int kRaw = 38;      // the value alone, from -2047 to 2047
  static constexpr int kEntries = kRaw * kRowPitch + 2048;

  static constexpr int token(int row, int value) { return row * kRowPitch + value; }
  static constexpr int ac_symbol(int table, int symbol) {
    return token(kSymbols, 256 * (table - 1) + symbol);
  }
  static constexpr int dc_symbol(int table, int size) {
    return token(kSymbols, 256 + 16 * table + size);
  }

  uint32_t entries[kEntries];
};

// Everything that a picture's settings decide. Prepare once, use from any number of threads.
struct Tables {
  Quantizer quantizer[2];  // luma, chroma
  CodeBook codes;
};

enum class TablesStatus : uint8_t {
  kOk,
  kZeroQuantizer,  // a quantiser step is 0
  kBadHuffman,     // counts and symbols do not form a prefix code
  kMissingSymbol,  // a symbol that 8-bit baseline coding can need has no code
  kLongDcCode,     // a DC code has more than 15 bits
};

// quant: luma and chroma steps in natural (row-major) order. huffman: DC luma, AC luma, DC chroma,
// AC chroma.
TablesStatus prepare_tables(const uint8_t quant[2][64], const HuffmanSpec huffman[4],
                            Tables& tables);

// Bytes that grow at the caller's discretion. `reserve` makes `capacity` at least the number asked
// for, keeps the first `size` bytes, and returns false when it cannot.
struct Output {
  uint8_t* data;
  size_t size;
  size_t capacity;
  bool (*reserve)(Output& output, size_t capacity);
};

inline constexpr size_t kScratchBytes = 120 * 1024;
inline constexpr size_t kScratchAlignment = 64;

// One instruction set's functions; see src/kernels.hpp.
struct Kernels;

// The sets that this CPU can run, fastest first; the last is "scalar". Past the end: nullptr.
const Kernels* available_kernels(size_t index);
// nullptr when there is no such set or this CPU cannot run it.
const Kernels* find_kernels(const char* name);
const char* kernels_name(const Kernels& kernels);

enum class Stage : uint8_t { kColor, kDct, kEntropy, kStuffing };
inline constexpr int kStages = 4;

// Optional accounting: `now` is any monotonic counter, `ticks` grows by what each stage took.
struct StageClock {
  uint64_t (*now)();
  uint64_t ticks[kStages];
};

enum class Status : uint8_t { kOk, kBadStrip, kOutOfMemory };

// Appends the strip's entropy-coded segment to `output`: DC predictors start at zero, the last byte
// is padded with ones, 0xFF is followed by 0x00, no marker is written. All sets write the same
// bytes. kBadStrip: a zero size, or a format and sampling that do not go together (kGrey needs
// kGrey; kI420 and kNv12 need k420 or kGrey). On any failure output.size is as it was.
Status encode_strip(const Strip& strip, const Tables& tables, const Kernels& kernels, void* scratch,
                    Output& output, StageClock* clock = nullptr);

}  // namespace stripline
