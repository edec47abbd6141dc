// A block's AC tokens by table: eight coefficients at a time, their eight mask bits choose a
// shuffle that lines up the ones that are there, and the zero runs before each.

namespace stripline::STRIPLINE_ISA {
namespace {

struct CompressTable {
  alignas(64) uint8_t shuffles[256][16];
  // Distances of the set bits from the one before (from -1 the first), a byte each.
  uint64_t distances[256];
  uint8_t zeros_after[256];  // behind the last set bit; 8 when there is none

  constexpr CompressTable() : shuffles(), distances(), zeros_after() {
    for (int mask = 0; mask < 256; ++mask) {
      int count = 0, before = -1;
      for (int i = 0; i < 8; ++i) {
        if ((mask >> i & 1) == 0) continue;
        shuffles[mask][2 * count] = static_cast<uint8_t>(2 * i);
        shuffles[mask][2 * count + 1] = static_cast<uint8_t>(2 * i + 1);
        distances[mask] |= static_cast<uint64_t>(i - before) << (8 * count);
        before = i;
        ++count;
      }
      zeros_after[mask] = static_cast<uint8_t>(7 - before);
    }
  }
};

inline constexpr CompressTable kCompress;

// Writes `first_row` + zero run and the value of every coefficient in `present`, and returns how
// many; -1 if a run is longer than 15. Writes up to eight elements past them.
inline int add_ac(const int16_t* block, uint64_t present, int first_row, uint8_t* rows,
                  int16_t* values) {
  if (__builtin_expect(has_long_run(present), 0)) return -1;
  const uint64_t base = 0x0101010101010101 * static_cast<uint64_t>(first_row - 1);
  const uint8_t* const first = rows;
  // The zeros before a group; -1 makes up for the DC, whose place counts as one.
  uint64_t gap = ~uint64_t{0};
  // Two groups a turn, because the end of this loop is what is mispredicted once a block.
  for (; present != 0; present >>= 16, block += 16) {
#pragma GCC unroll 2
    for (int i = 0; i < 2; ++i) {
      const auto mask = static_cast<uint8_t>(present >> 8 * i);
      const uint64_t distances = kCompress.distances[mask] + base + gap;
      __builtin_memcpy(rows, &distances, 8);
      store_shuffled(values, block + 8 * i, kCompress.shuffles[mask]);
      const int count = __builtin_popcount(mask);
      rows += count;
      values += count;
      gap = kCompress.zeros_after[mask] + (mask == 0 ? gap : 0);
    }
  }
  return static_cast<int>(rows - first);
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
