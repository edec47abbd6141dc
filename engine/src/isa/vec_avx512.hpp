// Thirty-two 16-bit lanes for AVX-512 (BW, VL, VBMI): four 128-bit lanes, within which zips work.
#pragma once

#include <immintrin.h>

#include "../kernels.hpp"

namespace stripline::STRIPLINE_ISA {
namespace {

using V = __m512i;
inline constexpr int kLanes = 32;
inline constexpr int kBlocks = kLanes / 8;

inline V add(V a, V b) { return _mm512_add_epi16(a, b); }
inline V add_saturated(V a, V b) { return _mm512_adds_epi16(a, b); }
inline V sub(V a, V b) { return _mm512_sub_epi16(a, b); }
inline V mullo(V a, V b) { return _mm512_mullo_epi16(a, b); }
inline V mulhrs(V a, V b) { return _mm512_mulhrs_epi16(a, b); }
inline V bit_or(V a, V b) { return _mm512_or_si512(a, b); }
inline V bit_xor(V a, V b) { return _mm512_xor_si512(a, b); }
inline V bit_and(V a, V b) { return _mm512_and_si512(a, b); }
template <int n>
inline V sll(V a) {
  return _mm512_slli_epi16(a, n);
}
template <int n>
inline V srl(V a) {
  return _mm512_srli_epi16(a, n);
}
template <int n>
inline V sra(V a) {
  return _mm512_srai_epi16(a, n);
}
inline V set1(int16_t a) { return _mm512_set1_epi16(a); }
inline V set1_pair(int16_t even, int16_t odd) { return _mm512_set1_epi32(odd << 16 | even); }

inline V zip_lo16(V a, V b) { return _mm512_unpacklo_epi16(a, b); }
inline V zip_hi16(V a, V b) { return _mm512_unpackhi_epi16(a, b); }
inline V zip_lo32(V a, V b) { return _mm512_unpacklo_epi32(a, b); }
inline V zip_hi32(V a, V b) { return _mm512_unpackhi_epi32(a, b); }
inline V zip_lo64(V a, V b) { return _mm512_unpacklo_epi64(a, b); }
inline V zip_hi64(V a, V b) { return _mm512_unpackhi_epi64(a, b); }

inline V load_raw(const void* p) { return _mm512_loadu_si512(p); }
inline V load_lanes(const int16_t* p) {
  return _mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<const __m128i*>(p)));
}
inline V load_i8(const int8_t* p) {
  return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
inline V load_u8(const uint8_t* p) {
  return _mm512_cvtepu8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
inline void store_raw(void* p, V a) { _mm512_storeu_si512(p, a); }
inline void store_i8(int8_t* p, V a, V b) {
  const V order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
  _mm512_storeu_si512(p, _mm512_permutexvar_epi64(order, _mm512_packs_epi16(a, b)));
}
inline void store_i8(int8_t* p, V a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtsepi16_epi8(a));
}

// Source bytes of a channel's lanes: within the first register, and within the last for the lanes
// that the first does not reach.
template <int kBytes>
struct ChannelPermute {
  alignas(64) uint8_t first[64];
  alignas(64) uint8_t last[64];
  uint64_t in_first, in_last;
  constexpr explicit ChannelPermute(int channel) : first(), last(), in_first(0), in_last(0) {
    for (int i = 0; i < 32; ++i) {
      const int from = i * kBytes + channel;
      const uint64_t bit = uint64_t{1} << (2 * i);
      if (from < 64) {
        first[2 * i] = static_cast<uint8_t>(from);
        in_first |= bit;
      } else {
        last[2 * i] = static_cast<uint8_t>(from - (32 * kBytes - 64));
        in_last |= bit;
      }
    }
  }
};

// Thirty-two pixels: their first and their last 64 bytes.
template <int kBytes>
struct PixelBytes {
  V first, last;
  explicit PixelBytes(const uint8_t* p)
      : first(load_raw(p)), last(load_raw(p + 32 * kBytes - 64)) {}
  template <int kChannel>
  V channel() const {
    static constexpr ChannelPermute<kBytes> kPermute(kChannel);
    const V low = _mm512_maskz_permutexvar_epi8(kPermute.in_first, load_raw(kPermute.first), first);
    return _mm512_mask_permutexvar_epi8(low, kPermute.in_last, load_raw(kPermute.last), last);
  }
};

// A copy of so many bytes, and where the first 0xFF of them is (kSize or more: nowhere).
struct CopiedBytes {
  static constexpr size_t kSize = 64;
  size_t first_ff;
};
inline CopiedBytes copy_and_find_ff(const uint8_t* src, uint8_t* out) {
  const V bytes = load_raw(src);
  _mm512_storeu_si512(out, bytes);
  return {_tzcnt_u64(_mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(-1)))};
}

// Bit b: 128-bit lane b is not all zeros.
inline unsigned nonzero_lanes(V a) {
  const uint32_t words = _mm512_test_epi16_mask(a, a);
  return _pext_u32(((words & 0x7F7F7F7F) + 0x7F7F7F7F) | words, 0x80808080);
}

// 128-bit lanes to a vector.
inline V from_lanes(const __m128i lanes[4]) {
  const __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(lanes[0]), lanes[1], 1);
  const __m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(lanes[2]), lanes[3], 1);
  return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

// 64-bit lanes.
inline V add64(V a, V b) { return _mm512_add_epi64(a, b); }
inline V sub64(V a, V b) { return _mm512_sub_epi64(a, b); }
inline V set1_64(uint64_t a) { return _mm512_set1_epi64(static_cast<long long>(a)); }
inline V shift_left64(V a, V by) { return _mm512_sllv_epi64(a, by); }
template <int n>
inline V shift_right64(V a) {
  return _mm512_srli_epi64(a, n);
}
inline V shift_right64(V a, V by) { return _mm512_srlv_epi64(a, by); }
template <int n>
inline V shift_left64(V a) {
  return _mm512_slli_epi64(a, n);
}
inline V sub32(V a, V b) { return _mm512_sub_epi32(a, b); }
inline V set1_32(int32_t a) { return _mm512_set1_epi32(a); }
inline bool any_negative32(V a) { return _mm512_movepi32_mask(a) != 0; }
// Every lane moved up by one; the highest of `last` comes in.
inline V shift_in64(V a, V last) { return _mm512_alignr_epi64(a, last, 7); }
inline V broadcast_last64(V a) { return _mm512_permutexvar_epi64(_mm512_set1_epi64(7), a); }
inline uint64_t first64(V a) {
  return static_cast<uint64_t>(_mm_cvtsi128_si64(_mm512_castsi512_si128(a)));
}
// The sum of each lane and all before it.
inline V prefix_sum64(V a) {
  const V zero = _mm512_setzero_si512();
  a = _mm512_add_epi64(a, _mm512_alignr_epi64(a, zero, 7));
  a = _mm512_add_epi64(a, _mm512_alignr_epi64(a, zero, 6));
  return _mm512_add_epi64(a, _mm512_alignr_epi64(a, zero, 4));
}
inline V swap_bytes64(V a) {
  return _mm512_shuffle_epi8(
      a, _mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<const __m128i*>(kSwapBytes64))));
}
// Each lane of `high` and then of `low` as 16 bytes to its place, which is below 65536.
inline void store_octets(uint8_t* out, V high, V low, V places) {
  const __m128i words = _mm512_cvtepi64_epi16(places);
  const auto at = [out](uint64_t place) {
    return reinterpret_cast<__m128i*>(out + (place & 0xFFFF));
  };
  const auto p = static_cast<uint64_t>(_mm_extract_epi64(words, 0));
  const auto q = static_cast<uint64_t>(_mm_extract_epi64(words, 1));
  const V even = zip_lo64(high, low), odd = zip_hi64(high, low);
  _mm_storeu_si128(at(p), _mm512_castsi512_si128(even));
  _mm_storeu_si128(at(p >> 16), _mm512_castsi512_si128(odd));
  _mm_storeu_si128(at(p >> 32), _mm512_extracti32x4_epi32(even, 1));
  _mm_storeu_si128(at(p >> 48), _mm512_extracti32x4_epi32(odd, 1));
  _mm_storeu_si128(at(q), _mm512_extracti32x4_epi32(even, 2));
  _mm_storeu_si128(at(q >> 16), _mm512_extracti32x4_epi32(odd, 2));
  _mm_storeu_si128(at(q >> 32), _mm512_extracti32x4_epi32(even, 3));
  _mm_storeu_si128(at(q >> 48), _mm512_extracti32x4_epi32(odd, 3));
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
