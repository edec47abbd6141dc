// Eight 16-bit lanes for x86-64-v2 (SSE4.1).
#pragma once

#include <smmintrin.h>

#include "../kernels.hpp"

namespace stripline::STRIPLINE_ISA {
namespace {

using V = __m128i;
inline constexpr int kLanes = 8;
inline constexpr int kBlocks = kLanes / 8;

inline V add(V a, V b) { return _mm_add_epi16(a, b); }
inline V add_saturated(V a, V b) { return _mm_adds_epi16(a, b); }
inline V sub(V a, V b) { return _mm_sub_epi16(a, b); }
inline V mullo(V a, V b) { return _mm_mullo_epi16(a, b); }
inline V mulhrs(V a, V b) { return _mm_mulhrs_epi16(a, b); }
inline V bit_or(V a, V b) { return _mm_or_si128(a, b); }
inline V bit_xor(V a, V b) { return _mm_xor_si128(a, b); }
inline V bit_and(V a, V b) { return _mm_and_si128(a, b); }
template <int n>
inline V sll(V a) {
  return _mm_slli_epi16(a, n);
}
template <int n>
inline V srl(V a) {
  return _mm_srli_epi16(a, n);
}
template <int n>
inline V sra(V a) {
  return _mm_srai_epi16(a, n);
}
inline V set1(int16_t a) { return _mm_set1_epi16(a); }
inline V set1_pair(int16_t even, int16_t odd) { return _mm_set1_epi32(odd << 16 | even); }

inline V zip_lo16(V a, V b) { return _mm_unpacklo_epi16(a, b); }
inline V zip_hi16(V a, V b) { return _mm_unpackhi_epi16(a, b); }
inline V zip_lo32(V a, V b) { return _mm_unpacklo_epi32(a, b); }
inline V zip_hi32(V a, V b) { return _mm_unpackhi_epi32(a, b); }
inline V zip_lo64(V a, V b) { return _mm_unpacklo_epi64(a, b); }
inline V zip_hi64(V a, V b) { return _mm_unpackhi_epi64(a, b); }

inline V load_raw(const void* p) { return _mm_loadu_si128(static_cast<const V*>(p)); }
inline V load_lanes(const int16_t* p) { return load_raw(p); }
inline V load_i8(const int8_t* p) {
  return _mm_cvtepi8_epi16(_mm_loadl_epi64(reinterpret_cast<const V*>(p)));
}
inline V load_u8(const uint8_t* p) {
  return _mm_cvtepu8_epi16(_mm_loadl_epi64(reinterpret_cast<const V*>(p)));
}
inline void store_raw(void* p, V a) { _mm_storeu_si128(static_cast<V*>(p), a); }
inline void store_i8(int8_t* p, V a, V b) {
  _mm_storeu_si128(reinterpret_cast<V*>(p), _mm_packs_epi16(a, b));
}
inline void store_i8(int8_t* p, V a) {
  _mm_storel_epi64(reinterpret_cast<V*>(p), _mm_packs_epi16(a, a));
}

inline V shuffle_lanes(V a, const uint8_t bytes[16]) {
  return _mm_shuffle_epi8(a, load_raw(bytes));
}
inline void store_lane(int16_t* p, V a, int) { _mm_store_si128(reinterpret_cast<V*>(p), a); }
// Sets bit `shift` + i of the lane's mask where value i of a (then of b) is not zero.
inline void add_nonzero_bits(V a, V b, int shift, uint64_t masks[1]) {
  const V zero = _mm_cmpeq_epi8(_mm_packs_epi16(a, b), _mm_setzero_si128());
  masks[0] |= static_cast<uint64_t>(static_cast<uint16_t>(~_mm_movemask_epi8(zero))) << shift;
}

// A copy of so many bytes, and where the first 0xFF of them is (kSize or more: nowhere).
struct CopiedBytes {
  static constexpr size_t kSize = 16;
  size_t first_ff;
};
inline CopiedBytes copy_and_find_ff(const uint8_t* src, uint8_t* out) {
  const V bytes = load_raw(src);
  _mm_storeu_si128(reinterpret_cast<V*>(out), bytes);
  const int found = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(-1)));
  return {static_cast<size_t>(__builtin_ctz(static_cast<unsigned>(found) | 1u << 16))};
}

// Bit b: 128-bit lane b is not all zeros.
inline unsigned nonzero_lanes(V a) { return _mm_testz_si128(a, a) == 0; }

// Copies eight values in the order of `bytes`.
inline void store_shuffled(int16_t* p, const int16_t* from, const uint8_t bytes[16]) {
  _mm_storeu_si128(reinterpret_cast<V*>(p), shuffle_lanes(load_raw(from), bytes));
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
