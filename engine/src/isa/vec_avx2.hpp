// Sixteen 16-bit lanes for AVX2: two 128-bit lanes, within which zips and shuffles work.
#pragma once

#include <immintrin.h>

#include "../kernels.hpp"

namespace stripline::STRIPLINE_ISA {
namespace {

using V = __m256i;
inline constexpr int kLanes = 16;
inline constexpr int kBlocks = kLanes / 8;

inline V add(V a, V b) { return _mm256_add_epi16(a, b); }
inline V add_saturated(V a, V b) { return _mm256_adds_epi16(a, b); }
inline V sub(V a, V b) { return _mm256_sub_epi16(a, b); }
inline V mullo(V a, V b) { return _mm256_mullo_epi16(a, b); }
inline V mulhrs(V a, V b) { return _mm256_mulhrs_epi16(a, b); }
inline V bit_or(V a, V b) { return _mm256_or_si256(a, b); }
inline V bit_xor(V a, V b) { return _mm256_xor_si256(a, b); }
inline V bit_and(V a, V b) { return _mm256_and_si256(a, b); }
template <int n>
inline V sll(V a) {
  return _mm256_slli_epi16(a, n);
}
template <int n>
inline V srl(V a) {
  return _mm256_srli_epi16(a, n);
}
template <int n>
inline V sra(V a) {
  return _mm256_srai_epi16(a, n);
}
inline V set1(int16_t a) { return _mm256_set1_epi16(a); }
inline V set1_pair(int16_t even, int16_t odd) { return _mm256_set1_epi32(odd << 16 | even); }

inline V zip_lo16(V a, V b) { return _mm256_unpacklo_epi16(a, b); }
inline V zip_hi16(V a, V b) { return _mm256_unpackhi_epi16(a, b); }
inline V zip_lo32(V a, V b) { return _mm256_unpacklo_epi32(a, b); }
inline V zip_hi32(V a, V b) { return _mm256_unpackhi_epi32(a, b); }
inline V zip_lo64(V a, V b) { return _mm256_unpacklo_epi64(a, b); }
inline V zip_hi64(V a, V b) { return _mm256_unpackhi_epi64(a, b); }

inline __m128i load_128(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
inline V load_raw(const void* p) { return _mm256_loadu_si256(static_cast<const V*>(p)); }
inline V load_lanes(const int16_t* p) { return _mm256_broadcastsi128_si256(load_128(p)); }
inline V load_i8(const int8_t* p) { return _mm256_cvtepi8_epi16(load_128(p)); }
inline V load_u8(const uint8_t* p) { return _mm256_cvtepu8_epi16(load_128(p)); }
inline void store_raw(void* p, V a) { _mm256_storeu_si256(static_cast<V*>(p), a); }
inline void store_i8(int8_t* p, V a, V b) {
  _mm256_storeu_si256(reinterpret_cast<V*>(p),
                      _mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), 0xD8));
}
inline void store_i8(int8_t* p, V a) {
  const V packed = _mm256_permute4x64_epi64(_mm256_packs_epi16(a, a), 0x08);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(packed));
}

inline V shuffle_lanes(V a, const uint8_t bytes[16]) {
  return _mm256_shuffle_epi8(a, _mm256_broadcastsi128_si256(load_128(bytes)));
}
inline void store_lane(int16_t* p, V a, int lane) {
  _mm_store_si128(reinterpret_cast<__m128i*>(p),
                  lane == 0 ? _mm256_castsi256_si128(a) : _mm256_extracti128_si256(a, 1));
}
// Sets bit `shift` + i of each lane's mask where value i of a (then of b) is not zero.
inline void add_nonzero_bits(V a, V b, int shift, uint64_t masks[2]) {
  const V zero = _mm256_cmpeq_epi8(_mm256_packs_epi16(a, b), _mm256_setzero_si256());
  const auto bits = ~static_cast<uint32_t>(_mm256_movemask_epi8(zero));
  masks[0] |= static_cast<uint64_t>(bits & 0xFFFF) << shift;
  masks[1] |= static_cast<uint64_t>(bits >> 16) << shift;
}

// Sixteen pixels, eight a lane: the first and the last 16 bytes of each eight.
template <int kBytes>
struct PixelBytes {
  V first, last;
  explicit PixelBytes(const uint8_t* p)
      : first(_mm256_inserti128_si256(_mm256_castsi128_si256(load_128(p)), load_128(p + 8 * kBytes),
                                      1)),
        last(_mm256_inserti128_si256(_mm256_castsi128_si256(load_128(p + 8 * kBytes - 16)),
                                     load_128(p + 16 * kBytes - 16), 1)) {}
  template <int kChannel>
  V channel() const {
    static constexpr ChannelShuffle<kBytes> kShuffle(kChannel);
    return bit_or(shuffle_lanes(first, kShuffle.first), shuffle_lanes(last, kShuffle.last));
  }
};

// A copy of so many bytes, and where the first 0xFF of them is (kSize or more: nowhere).
struct CopiedBytes {
  static constexpr size_t kSize = 32;
  size_t first_ff;
};
inline CopiedBytes copy_and_find_ff(const uint8_t* src, uint8_t* out) {
  const V bytes = load_raw(src);
  _mm256_storeu_si256(reinterpret_cast<V*>(out), bytes);
  const auto found =
      static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(-1))));
  return {static_cast<size_t>(__builtin_ctzll(found | uint64_t{1} << 32))};
}

// Bit b: 128-bit lane b is not all zeros.
inline unsigned nonzero_lanes(V a) {
  const auto zero =
      ~static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi16(a, _mm256_setzero_si256())));
  return static_cast<unsigned>((zero & 0xFFFF) != 0) | static_cast<unsigned>(zero >> 16 != 0) << 1;
}

// Copies eight values in the order of `bytes`.
inline void store_shuffled(int16_t* p, const int16_t* from, const uint8_t bytes[16]) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p),
                   _mm_shuffle_epi8(load_128(from), load_128(bytes)));
}

// 128-bit lanes to a vector.
inline V from_lanes(const __m128i lanes[2]) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(lanes[0]), lanes[1], 1);
}

// 64-bit lanes.
inline V add64(V a, V b) { return _mm256_add_epi64(a, b); }
inline V sub64(V a, V b) { return _mm256_sub_epi64(a, b); }
inline V set1_64(uint64_t a) { return _mm256_set1_epi64x(static_cast<long long>(a)); }
inline V shift_left64(V a, V by) { return _mm256_sllv_epi64(a, by); }
template <int n>
inline V shift_right64(V a) {
  return _mm256_srli_epi64(a, n);
}
inline V shift_right64(V a, V by) { return _mm256_srlv_epi64(a, by); }
template <int n>
inline V shift_left64(V a) {
  return _mm256_slli_epi64(a, n);
}
inline V sub32(V a, V b) { return _mm256_sub_epi32(a, b); }
inline V set1_32(int32_t a) { return _mm256_set1_epi32(a); }
inline bool any_negative32(V a) { return _mm256_movemask_ps(_mm256_castsi256_ps(a)) != 0; }
// Every lane moved up by one; the highest of `last` comes in.
inline V shift_in64(V a, V last) {
  return _mm256_alignr_epi8(a, _mm256_permute2x128_si256(a, last, 0x03), 8);
}
inline V broadcast_last64(V a) { return _mm256_permute4x64_epi64(a, 0xFF); }
inline uint64_t first64(V a) {
  return static_cast<uint64_t>(_mm_cvtsi128_si64(_mm256_castsi256_si128(a)));
}
// The sum of each lane and all before it.
inline V prefix_sum64(V a) {
  a = _mm256_add_epi64(a, shift_in64(a, _mm256_setzero_si256()));
  return _mm256_add_epi64(a, _mm256_permute2x128_si256(a, a, 0x08));
}
inline V swap_bytes64(V a) { return shuffle_lanes(a, kSwapBytes64); }
// Each lane of `high` and then of `low` as 16 bytes to its place, which is below 65536.
inline void store_octets(uint8_t* out, V high, V low, V places) {
  const auto at = [out](uint64_t place) { return reinterpret_cast<__m128i*>(out + place); };
  const V even = zip_lo64(high, low), odd = zip_hi64(high, low);
  const __m128i p = _mm256_castsi256_si128(places), q = _mm256_extracti128_si256(places, 1);
  _mm_storeu_si128(at(static_cast<uint64_t>(_mm_cvtsi128_si64(p))), _mm256_castsi256_si128(even));
  _mm_storeu_si128(at(static_cast<uint64_t>(_mm_extract_epi64(p, 1))), _mm256_castsi256_si128(odd));
  _mm_storeu_si128(at(static_cast<uint64_t>(_mm_cvtsi128_si64(q))),
                   _mm256_extracti128_si256(even, 1));
  _mm_storeu_si128(at(static_cast<uint64_t>(_mm_extract_epi64(q, 1))),
                   _mm256_extracti128_si256(odd, 1));
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
