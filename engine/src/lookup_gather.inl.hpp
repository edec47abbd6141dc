// Looking tokens up by the gathers of AVX-512.

namespace stripline::STRIPLINE_ISA {
namespace {

// Which pair of tokens, of 32, goes to each 32-bit lane: those of pairs[first], then of the next.
struct PairOrder {
  alignas(64) uint32_t lanes[16];
  constexpr explicit PairOrder(uint32_t first) : lanes() {
    for (uint32_t i = 0; i < 8; ++i) lanes[i] = 4 * i + first, lanes[i + 8] = 4 * i + first + 1;
  }
};

inline V gather(__m256i tokens, const CodeBook& codes) {
  return _mm512_i32gather_epi32(_mm512_cvtepu16_epi32(tokens), codes.entries, 4);
}

inline Entries look_up(const uint16_t* tokens, const CodeBook& codes) {
  static constexpr PairOrder kFirst(0), kSecond(2);
  const V a = load_raw(tokens), b = load_raw(tokens + 32);
  const V first = _mm512_permutex2var_epi32(a, load_raw(kFirst.lanes), b);
  const V second = _mm512_permutex2var_epi32(a, load_raw(kSecond.lanes), b);
  return {{gather(_mm512_castsi512_si256(first), codes),
           gather(_mm512_extracti64x4_epi64(first, 1), codes),
           gather(_mm512_castsi512_si256(second), codes),
           gather(_mm512_extracti64x4_epi64(second, 1), codes)}};
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
