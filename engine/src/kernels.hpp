// The table of functions that every instruction set fills in, and the shapes they agree on.
#pragma once

#include "stripline/engine.hpp"

namespace stripline {

// Pixels are worked on in tiles: so many columns of one MCU row that everything between the source
// rows and the bytes stays in the first-level cache.
inline constexpr int kTileColumns = 256;
inline constexpr int kMaxMcuRows = 16;
inline constexpr int kMaxTileBlocks =
    kTileColumns / 8 * 4;  // 4:4:0: MCUs of 8 columns and 4 blocks
// Kernels handle pixels in groups of this many and blocks in groups of eight; the tile's buffers
// have room for whole groups, so that only the strip driver has to know about edges.
inline constexpr int kPixelGroup = 64;
inline constexpr int kBlockGroup = 8;
// DC code and bits, 63 AC codes and bits: 15 + 11 + 63 * 26 bits, rounded up.
inline constexpr int kMaxBlockBytes = 209;

// Where the blocks of one component row go among the tile's blocks, which lie in MCU order.
struct BlockPlaces {
  int first;        // index of the row's first block
  int mcu_blocks;   // blocks an MCU
  int across_log2;  // 0: one block an MCU in this row, 1: two

  constexpr int operator()(int block) const {
    return first + (block >> across_log2) * mcu_blocks + (block & ((1 << across_log2) - 1));
  }
};

// Quantised coefficients in zigzag order, and a mask of each block: see block_mask().
struct alignas(64) TileBlocks {
  int16_t coefficients[kMaxTileBlocks][64];
  uint64_t masks[kMaxTileBlocks];
};

// Bit k from 1 to 63 of a mask says that AC coefficient k is not zero. Bit 0 (the DC is always
// coded) says that one of them does not fit a CodeBook row.
constexpr uint64_t block_mask(uint64_t nonzero, bool has_large) {
  return (nonzero & ~uint64_t{1}) | static_cast<uint64_t>(has_large);
}

// Whether 16 zeros or more lie before one of the AC coefficients in `present`.
constexpr bool has_long_run(uint64_t present) {
  uint64_t zeros = ~(present | 1) & (~uint64_t{0} >> __builtin_clzll(present | 1));
  zeros &= zeros >> 1, zeros &= zeros >> 2, zeros &= zeros >> 4, zeros &= zeros >> 8;
  return zeros != 0;
}

struct McuLayout {
  int blocks;            // blocks an MCU: 1 to 6
  uint8_t component[6];  // of each block: 0 Y, 1 Cb, 2 Cr
};

// What entropy coding carries from tile to tile: the last DC value of each component, and the bits
// that do not fill a byte yet (the low `pending` bits of `bits`, fewer than 8 between calls).
struct EntropyState {
  int dc[3];
  uint64_t bits;
  unsigned pending;
};

// src: interleaved pixels, a multiple of kPixelGroup; y, cb, cr: level-shifted samples (-128..127).
using ColorFn = void (*)(const uint8_t* src, int pixels, const uint8_t background[3], int8_t* y,
                         int8_t* cb, int8_t* cr);
// Halves across and/or down: `width` outputs, a multiple of kPixelGroup / 2, from one or two rows.
// `row` counts output rows. Sums round down and up in turn, so that the mean stays; in turn along
// a halved direction, where decoders' interpolation evens it out. Across, every other sum rounds
// up, as libjpeg has it. Down, the second and third of four do: this pattern is one basis function
// of the DCT (v = 4), where that of every other row would take four coefficients of each block.
using DownsampleFn = void (*)(const int8_t* upper, const int8_t* lower, int width, int row,
                              int8_t* dst);
// The pixels of the tile that comes next, asked for a few cache lines at a time while blocks are
// transformed; more requests at once than a core can have under way only wait for one another.
struct Prefetch {
  const uint8_t* const* next;
  const uint8_t* const* end;
  int lines_per_block;

  void step(int blocks) {
    const ptrdiff_t wanted = blocks * lines_per_block, left = end - next;
    const uint8_t* const* const stop = next + (wanted < left ? wanted : left);
    for (; next < stop; ++next) __builtin_prefetch(*next);
  }
};

// How quantisation rounds. Decoders interpolate chroma that was halved across, and so weaken all
// but its mean: a coefficient near the middle between two steps is truer rounded outward. kOutward
// lowers the threshold by 3/64 of a coefficient's unit; libjpeg, which rounds to eighths and then
// away from zero, by 4/64. kNearest is to the nearest; ties go up.
enum class Rounding : uint8_t { kNearest, kOutward };

// `blocks` (a multiple of kBlockGroup) 8x8 blocks side by side: FDCT, quantisation, zigzag, masks.
using DctFn = void (*)(const int8_t* plane, ptrdiff_t stride, int blocks,
                       const Quantizer& quantizer, const BlockPlaces& places, Prefetch& next,
                       TileBlocks& tile);
// Appends the codes of `mcus` MCUs to `out` without stuffing; returns the end. May write up to 64
// bytes past the end. `work` is kTokenBytes of memory for its own use.
using EntropyFn = uint8_t* (*)(const TileBlocks& tile, int mcus, const McuLayout& layout,
                               const CodeBook& codes, EntropyState& state, void* work,
                               uint8_t* out);
// Copies `size` bytes with a zero after each 0xFF; returns the end. May read and write up to 64
// bytes past either end.
using StuffFn = uint8_t* (*)(const uint8_t* src, size_t size, uint8_t* out);

// At most so many tokens a tile: DC of two, 63 AC values of two, an end of block; and some room
// behind them, for rows (a byte each) and tokens (two) alike.
inline constexpr size_t kTokenSlack = 128;
inline constexpr size_t kMaxTileTokens = kMaxTileBlocks * 130 + 2 * kTokenSlack;
inline constexpr size_t kTokenBytes = 3 * kMaxTileTokens;

struct Kernels {
  const char* name;
  ColorFn color[7];  // by PixelFormat, kGrey to kBgrx; kGrey writes y only
  void (*split_pairs)(const uint8_t* src, int pairs, int8_t* first, int8_t* second);  // NV12 chroma
  DownsampleFn downsample_h2v1, downsample_h1v2, downsample_h2v2;
  DctFn dct[2];  // by Rounding
  EntropyFn entropy;
  StuffFn stuff;
};

// Zigzag position -> natural (row-major) index: ITU-T T.81, figure A.6.
inline constexpr uint8_t kZigzag[64] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

// Byte shuffles that widen one channel of eight interleaved pixels to 16-bit lanes, from the first
// and from the last 16 bytes of the pixels; 0x80 gives a zero.
template <int kBytes>
struct ChannelShuffle {
  alignas(16) uint8_t first[16];
  alignas(16) uint8_t last[16];
  constexpr explicit ChannelShuffle(int channel) : first(), last() {
    for (int i = 0; i < 8; ++i) {
      const int from = i * kBytes + channel;
      first[2 * i] = static_cast<uint8_t>(from < 16 ? from : 0x80);
      last[2 * i] = static_cast<uint8_t>(from < 16 ? 0x80 : from - (8 * kBytes - 16));
      first[2 * i + 1] = last[2 * i + 1] = 0x80;
    }
  }
};

// Byte shuffle that turns the bytes of each 64-bit lane around.
alignas(16) inline constexpr uint8_t kSwapBytes64[16] = {7,  6,  5,  4,  3,  2,  1, 0,
                                                         15, 14, 13, 12, 11, 10, 9, 8};

// Fixed-point constants, 15 fractional bits.
constexpr int16_t q15(double value) {
  return static_cast<int16_t>(value * 32768.0 + (value < 0 ? -0.5 : 0.5));
}

// RGB to YCbCr (ITU-R BT.601 as in JFIF), on differences scaled by 128: with r = (R - G) * 128 and
// b = (B - G) * 128, y = 0.299 r + 0.114 b is (Y - G) * 128.
inline constexpr int16_t kLumaRed = q15(0.299);
inline constexpr int16_t kLumaBlue = q15(0.114);
inline constexpr int16_t kCbScale = q15(0.5 / (1 - 0.114));
inline constexpr int16_t kCrScale = q15(0.5 / (1 - 0.299));
inline constexpr int16_t kColorRound = 256;  // mulhrs by this: divide by 128, round

// The FDCT of Loeffler, Ligtenberg and Moschytz (ICASSP 1989), scaled by sqrt(8) a pass. -32768
// is the lowest there can be, a flat block's DC, after each pass: samples go in times 32, what the
// first pass gives is divided by 8, and a coefficient comes out times 32.
inline constexpr int kDctInputShift = 5;
inline constexpr int16_t kDctFirstRound = 4096;                // mulhrs by this: divide by 8, round
inline constexpr int16_t kSqrt2Cos6 = q15(0.541196100146197);  // sqrt2 cos(6 pi/16)
inline constexpr int16_t kSqrt2Cos2Less6 = q15(0.765366864730180);  // sqrt2 (cos 2 - cos 6)
inline constexpr int16_t kSqrt2Cos2Plus6 = q15(0.847759065022574);  // sqrt2 (cos 2 + cos 6) - 1
inline constexpr int16_t kCos1 = q15(0.980785280403230);
inline constexpr int16_t kSin1 = q15(0.195090322016128);
inline constexpr int16_t kCos3 = q15(0.831469612302545);
inline constexpr int16_t kSin3 = q15(0.555570233019602);
inline constexpr int16_t kSqrt2Less1 = q15(0.414213562373095);
inline constexpr int16_t kSqrt2Over8 = q15(0.176776695296637);

}  // namespace stripline
