// A block's AC tokens by the compressing stores of AVX-512 VBMI2.

namespace stripline::STRIPLINE_ISA {
namespace {

struct ByteRamp {
  alignas(64) uint8_t bytes[64];
  constexpr explicit ByteRamp(int first) : bytes() {
    for (int i = 0; i < 64; ++i) bytes[i] = static_cast<uint8_t>(first + i);
  }
};

// Writes `first_row` + zero run and the value of every coefficient in `present`, and returns how
// many; -1 if a run is longer than 15. Writes up to 64 elements past them.
inline int add_ac(const int16_t* block, uint64_t present, int first_row, uint8_t* rows,
                  int16_t* values) {
  static constexpr ByteRamp kPositions(0), kBefore(-1);
  const auto low = static_cast<uint32_t>(present), high = static_cast<uint32_t>(present >> 32);
  const V positions = _mm512_maskz_compress_epi8(present, load_raw(kPositions.bytes));
  // Before each the position before; 0, the DC's, before the first.
  const V before = _mm512_maskz_permutexvar_epi8(~uint64_t{1}, load_raw(kBefore.bytes), positions);
  const V distances = _mm512_sub_epi8(positions, before);
  const int count = __builtin_popcountll(present);
  const uint64_t counted = _bzhi_u64(~uint64_t{0}, static_cast<unsigned>(count));
  if (__builtin_expect(_mm512_mask_cmpgt_epu8_mask(counted, distances, _mm512_set1_epi8(16)) != 0,
                       0)) {
    return -1;
  }
  const V base = _mm512_set1_epi8(static_cast<char>(first_row - 1));
  _mm512_storeu_si512(rows, _mm512_add_epi8(distances, base));
  _mm512_storeu_si512(values, _mm512_maskz_compress_epi16(low, load_raw(block)));
  _mm512_storeu_si512(values + __builtin_popcount(low),
                      _mm512_maskz_compress_epi16(high, load_raw(block + 32)));
  return count;
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
