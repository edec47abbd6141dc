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
inline V sub(V a, V b) { return _mm256_sub_epi16(a, b); }
inline V mullo(V a, V b) { return _mm256_mullo_epi16(a, b); }
inline V mulhrs(V a, V b) { return _mm256_mulhrs_epi16(a, b); }
inline V bit_or(V a, V b) { return _mm256_or_si256(a, b); }
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

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
