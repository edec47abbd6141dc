// Zigzag by byte shuffles within 128-bit lanes. Each group of eight output positions collects its
// coefficients from the registers (columns) that hold them; which bytes move is worked out by the
// compiler from the zigzag table.

namespace stripline::STRIPLINE_ISA {
namespace {

struct ZigzagShuffle {
  alignas(16) uint8_t bytes[16];  // source byte of each output byte; 0x80 where there is none
  bool used;
};

constexpr ZigzagShuffle zigzag_shuffle(int group, int column) {
  ZigzagShuffle shuffle{};
  for (int i = 0; i < 8; ++i) {
    const int natural = kZigzag[8 * group + i];
    const bool here = natural % 8 == column;
    shuffle.used |= here;
    shuffle.bytes[2 * i] = static_cast<uint8_t>(here ? 2 * (natural / 8) : 0x80);
    shuffle.bytes[2 * i + 1] = static_cast<uint8_t>(here ? 2 * (natural / 8) + 1 : 0x80);
  }
  return shuffle;
}

template <int kGroup, int kColumn>
inline void collect(const V x[8], V& out, bool& first) {
  static constexpr ZigzagShuffle kShuffle = zigzag_shuffle(kGroup, kColumn);
  if constexpr (kShuffle.used) {
    const V part = shuffle_lanes(x[kColumn], kShuffle.bytes);
    out = first ? part : bit_or(out, part);
    first = false;
  }
}

template <int kGroup>
inline V zigzag_group(const V x[8]) {
  V out{};
  bool first = true;
  collect<kGroup, 0>(x, out, first);
  collect<kGroup, 1>(x, out, first);
  collect<kGroup, 2>(x, out, first);
  collect<kGroup, 3>(x, out, first);
  collect<kGroup, 4>(x, out, first);
  collect<kGroup, 5>(x, out, first);
  collect<kGroup, 6>(x, out, first);
  collect<kGroup, 7>(x, out, first);
  return out;
}

// Bit b of `large` says that block b has a value too large for a CodeBook row.
[[gnu::always_inline]] inline void store_zigzag(const V x[8], unsigned large, int block,
                                                const BlockPlaces& places, TileBlocks& tile) {
  const V z[8] = {zigzag_group<0>(x), zigzag_group<1>(x), zigzag_group<2>(x), zigzag_group<3>(x),
                  zigzag_group<4>(x), zigzag_group<5>(x), zigzag_group<6>(x), zigzag_group<7>(x)};
  int16_t* blocks[kBlocks];
  for (int lane = 0; lane < kBlocks; ++lane) blocks[lane] = tile.coefficients[places(block + lane)];
  for (int group = 0; group < 8; ++group) {
    for (int lane = 0; lane < kBlocks; ++lane) store_lane(blocks[lane] + 8 * group, z[group], lane);
  }
  uint64_t masks[kBlocks] = {};
  for (int group = 0; group < 8; group += 2) {
    add_nonzero_bits(z[group], z[group + 1], 8 * group, masks);
  }
  for (int lane = 0; lane < kBlocks; ++lane) {
    tile.masks[places(block + lane)] = block_mask(masks[lane], (large >> lane & 1) != 0);
  }
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
