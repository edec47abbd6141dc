// Zigzag by permutes: first the columns of each of four blocks are brought together (a 4x4
// transpose of 128-bit lanes), then half a block is drawn from its two registers at a time.

namespace stripline::STRIPLINE_ISA {
namespace {

// Two permutes of bytes, the second merging, take fewer steps than one of words from two registers.
struct ZigzagPermute {
  alignas(
      64) uint8_t bytes[2][64];  // of either half of the output, within the register they are in
  uint64_t right[2];             // which bytes come from the right register
  constexpr ZigzagPermute() : bytes(), right() {
    for (int k = 0; k < 64; ++k) {
      const int word = kZigzag[k] % 8 * 8 + kZigzag[k] / 8, half = k / 32, at = 2 * (k % 32);
      bytes[half][at] = static_cast<uint8_t>(2 * word % 64);
      bytes[half][at + 1] = static_cast<uint8_t>(2 * word % 64 + 1);
      right[half] |= static_cast<uint64_t>(word >= 32 ? 3 : 0) << at;
    }
  }
};

inline void gather_lanes(const V x[4], V out[4]) {
  const V a = _mm512_shuffle_i32x4(x[0], x[1], 0x44), b = _mm512_shuffle_i32x4(x[2], x[3], 0x44);
  const V c = _mm512_shuffle_i32x4(x[0], x[1], 0xEE), d = _mm512_shuffle_i32x4(x[2], x[3], 0xEE);
  out[0] = _mm512_shuffle_i32x4(a, b, 0x88), out[1] = _mm512_shuffle_i32x4(a, b, 0xDD);
  out[2] = _mm512_shuffle_i32x4(c, d, 0x88), out[3] = _mm512_shuffle_i32x4(c, d, 0xDD);
}

// Bit b of `large` says that block b has a value too large for a CodeBook row.
[[gnu::always_inline]] inline void store_zigzag(const V x[8], unsigned large, int block,
                                                const BlockPlaces& places, TileBlocks& tile) {
  static constexpr ZigzagPermute kPermute;
  const V low_bytes = load_raw(kPermute.bytes[0]), high_bytes = load_raw(kPermute.bytes[1]);
  V left[4], right[4];
  gather_lanes(x, left);
  gather_lanes(x + 4, right);
  for (int lane = 0; lane < 4; ++lane) {
    const V low = _mm512_mask_permutexvar_epi8(_mm512_permutexvar_epi8(low_bytes, left[lane]),
                                               kPermute.right[0], low_bytes, right[lane]);
    const V high = _mm512_mask_permutexvar_epi8(_mm512_permutexvar_epi8(high_bytes, left[lane]),
                                                kPermute.right[1], high_bytes, right[lane]);
    const int place = places(block + lane);
    _mm512_store_si512(tile.coefficients[place], low);
    _mm512_store_si512(tile.coefficients[place] + 32, high);
    const uint64_t nonzero = static_cast<uint64_t>(_mm512_test_epi16_mask(high, high)) << 32 |
                             _mm512_test_epi16_mask(low, low);
    tile.masks[place] = block_mask(nonzero, (large >> lane & 1) != 0);
  }
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
