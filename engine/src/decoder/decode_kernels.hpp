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
inline constexpr int kNowhere = 64;  // the row for what is not needed
// Row-major, not yet dequantised.
using GroupCoefficients = int16_t[64 + 1][kGroupLanes];

// What a look-up with the next bits of the data gives: one value or two. The fields are read one by
// one; loads are cheaper than shifts and masks.
struct alignas(8) LookupEntry {
  uint8_t bits;      // to consume; 0: the code is long or wrong, and next_symbol() must see to it
  uint8_t own_bits;  // how many of the last of these are the first value's own, still to be added
  uint8_t first;     // places from the last coefficient to the first value's
  uint8_t places;    // to the second value's, or to the first's where there is only one
  int16_t second;
  int16_t base;  // the first value, or what its own bits must be added to
};
// An end of block counts as kEndOfBlock places, a look-up of 0 bits as kNoEntry places.
inline constexpr unsigned kEndOfBlock = 128;
inline constexpr unsigned kNoEntry = 64;
// Three look-ups of AC coefficients, or two and one of a DC, use no more than the 56 bits that are
// loaded at once.
inline constexpr int kMaxAcBits = 18;
inline constexpr int kMaxDcBits = 20;

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
struct LookupStep {
  uint8_t bits, places;
};
struct alignas(64) AcLookup {
  LookupStep chain[1 << kAcLookupBits];
  LookupEntry entries[1 << kAcLookupBits];
  SlowCodes slow;
};

// False: not a prefix code, or (DC) a symbol that is no size. `work`: 1 << kAcLookupBits entries.
// Of AC look-ups, `chain` repeats what the next look-up waits for, so that it stays in the cache.
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
};

// By number of a coefficient in zigzag order, its offset in a group: in row kNowhere for all that
// are not needed or do not exist.
using CoefficientPlaces = uint16_t[256];

// By number of a coefficient in zigzag order, its offset in a group; 0, where the DC goes in the
// end, for all that are not needed or do not exist.
using CoefficientPlaces = uint16_t[256];

// Where each block of a batch goes.
struct BlockTarget {
  uint16_t group;
  uint16_t lane;
};

struct EntropyPlan {
  BlockPlan blocks[kMaxMcuBlocks];
  int count;
  // Where each block of a batch goes, in coefficients from the first group's start.
  uint16_t targets[kGroupLanes][kMaxMcuBlocks];
};

// By block, the last coefficient's number in zigzag order.
using LastNumbers = uint8_t[kGroupLanes][kMaxMcuBlocks];

// Samples of one group: rows of kGroupLanes * N bytes, `stride` apart.
using IdctFn = void (*)(const GroupCoefficients& group, int last, const int32_t steps[64],
                        uint8_t* out, ptrdiff_t stride);

struct DecodeKernels {
  // Decodes MCUs number `first` to `first + count` of a batch. `dc`: predictors by component.
  Damage (*entropy)(ScanBytes& scan, const EntropyPlan& plan, int first, int count, int dc[3],
                    GroupCoefficients* groups, LastNumbers& last);
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
