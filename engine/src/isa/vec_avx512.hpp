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
inline V sub(V a, V b) { return _mm512_sub_epi16(a, b); }
inline V mullo(V a, V b) { return _mm512_mullo_epi16(a, b); }
inline V mulhrs(V a, V b) { return _mm512_mulhrs_epi16(a, b); }
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
inline void store_i8(int8_t* p, V a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtsepi16_epi8(a));
}

// Source bytes of a channel's lanes, counted in the 128 bytes of both registers.
template <int kBytes>
struct ChannelPermute {
  alignas(64) uint8_t bytes[64];
  constexpr explicit ChannelPermute(int channel) : bytes() {
    for (int i = 0; i < 32; ++i) {
      const int from = i * kBytes + channel;
      bytes[2 * i] = static_cast<uint8_t>(from < 64 ? from : from - (32 * kBytes - 64) + 64);
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
    return _mm512_maskz_permutex2var_epi8(0x5555555555555555, first, load_raw(kPermute.bytes),
                                          last);
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

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
