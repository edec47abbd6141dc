// What the decoder's stages hand to each other, and the table of functions that every instruction
// set fills in.
#pragma once

#include "../kernels.hpp"
#include "stripline/decoder.hpp"

namespace stripline {

// MCUs are decoded in batches of so many, whose coefficients stay in the first-level cache. The
// blocks of one component in one block row of a batch form one or two groups of as many, and are
// transformed side by side, a block a lane.
inline constexpr int kGroupLanes = 16;
inline constexpr int kMaxMcuBlocks = 6;
using GroupCoefficients = int16_t[64][kGroupLanes];  // row-major, not yet dequantised

// What a look-up with the next bits of the data gives, in fields from bit 0 up:
//   0   8  bits to consume; 0: the code is long or wrong, and next_symbol() must see to it
//   8   8  how many of the last of these are the first value's own bits, still to be added
//   16  8  places from the last coefficient to the first value's
//   24  8  places to the second value's, or to the first's where there is only one
//   32  16 second value
//   48  16 first value, or what its bits must be added to
// An end of block counts as kEndOfBlock places, a look-up of 0 bits as kNoEntry places.
using LookupEntry = uint64_t;
inline constexpr unsigned kEndOfBlock = 128;
inline constexpr unsigned kNoEntry = 64;
// Look-ups consume no more than 12 + 11 bits, so that two, or one and a DC, fit what is loaded.
inline constexpr int kMaxDirectSize = 11;

struct SlowCodes {
  uint32_t limits[17];  // codes of up to so many bits are below, as numbers of 16 bits
  int32_t offsets[17];  // from a code of so many bits to its symbol's place
  uint8_t symbols[256];
};

inline constexpr int kDcLookupBits = 9;
inline constexpr int kAcLookupBits = 11;
struct alignas(64) DcLookup {
  LookupEntry entries[1 << kDcLookupBits];
  SlowCodes slow;
};
struct alignas(64) AcLookup {
  LookupEntry entries[1 << kAcLookupBits];
  SlowCodes slow;
};

// False: not a prefix code, or (DC) a symbol that is no size. `work`: 1 << kAcLookupBits entries.
bool prepare_dc(const HuffmanCodes& codes, DcLookup& lookup);
bool prepare_ac(const HuffmanCodes& codes, AcLookup& lookup, LookupEntry* work);

// The scan's bytes without stuffing, some at a time. `next` and `valid`: the highest bits of
// `window` are the next ones of the data; `valid` of them are counted as loaded, and the byte that
// follows them is *next.
struct ScanBytes {
  static constexpr size_t kBefore = 16;                   // kept, to step back over
  static constexpr size_t kMcu = kMaxMcuBlocks * 64 * 4;  // an MCU at most: 31 bits a coefficient
  static constexpr size_t kClean = 4096;                  // bytes held
  uint64_t window;
  unsigned valid;
  const uint8_t* next;
  const uint8_t* end;         // of the bytes held
  const uint8_t* fetch_from;  // where fewer than kMcu bytes are left and more exist
  bool is_complete;           // no more before the next marker, or at all
  const uint8_t* source_begin;
  const uint8_t* source;  // where unstuffing goes on
  const uint8_t* source_end;
  alignas(64) uint8_t bytes[kBefore + kClean + kMcu + 64];
};

void start_segment(ScanBytes& scan, const uint8_t* source);
void fetch_bytes(ScanBytes& scan);
// How many whole bytes were loaded but not decoded, or came without being needed.
size_t bytes_left(const ScanBytes& scan);
// Where in the source the next bit is, or a bit before.
const uint8_t* source_position(const ScanBytes& scan);

// Where a block of an MCU belongs.
struct BlockPlan {
  const DcLookup* dc;
  const AcLookup* ac;
  const uint16_t* places;  // see CoefficientPlaces
  int component;
  int group;   // its row's first
  int across;  // blocks of its row in an MCU, 1 or 2
  int column;  // of these
};

// By number of a coefficient in zigzag order, its offset in a group; 0, where the DC goes in the
// end, for all that are not needed or do not exist.
using CoefficientPlaces = uint16_t[256];

struct EntropyPlan {
  BlockPlan blocks[kMaxMcuBlocks];
  int count;
};

// Samples of one group: rows of kGroupLanes * N bytes, `stride` apart.
using IdctFn = void (*)(const GroupCoefficients& group, int last, const int32_t steps[64],
                        uint8_t* out, ptrdiff_t stride);

struct DecodeKernels {
  // Decodes MCUs number `first` to `first + count` of a batch. `dc`: predictors by component.
  // `last`: by group, raised to the last coefficient's number in zigzag order.
  Damage (*entropy)(ScanBytes& scan, const EntropyPlan& plan, int first, int count, int dc[3],
                    GroupCoefficients* groups, uint8_t* last);
  IdctFn idct[4];  // to 1x1, 2x2, 4x4, 8x8 samples
  // Twice as many samples across; in[-1] and in[width] must repeat the edge.
  void (*upsample_h)(const uint8_t* in, int width, uint8_t* out);
  // Between two rows: `near` weighs three times `far`; bias 1 or 2.
  void (*upsample_v)(const uint8_t* near, const uint8_t* far, int width, int bias, uint8_t* out);
  // Both. `sums` is room for width + 2 numbers.
  void (*upsample_hv)(const uint8_t* near, const uint8_t* far, int width, uint16_t* sums,
                      uint8_t* out);
  // Reads and writes whole vectors: kRowSlack samples and 3 * kRowSlack bytes more.
  void (*to_rgb)(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, int width, uint8_t* out);
  void (*interleave)(const uint8_t* r, const uint8_t* g, const uint8_t* b, int width, uint8_t* out);
};

inline constexpr int kRowSlack = 64;

// The decoder's functions of the same set as the encoder's.
const DecodeKernels& decode_kernels(const Kernels& kernels);

}  // namespace stripline
