// Eight 16-bit lanes for AArch64 NEON.
#pragma once

#include <arm_neon.h>

#include "../kernels.hpp"

namespace stripline::STRIPLINE_ISA {
namespace {

using V = int16x8_t;
inline constexpr int kLanes = 8;
inline constexpr int kBlocks = kLanes / 8;

inline V add(V a, V b) { return vaddq_s16(a, b); }
inline V add_saturated(V a, V b) { return vqaddq_s16(a, b); }
inline V sub(V a, V b) { return vsubq_s16(a, b); }
inline V mullo(V a, V b) { return vmulq_s16(a, b); }
inline V mulhrs(V a, V b) { return vqrdmulhq_s16(a, b); }
inline V bit_or(V a, V b) { return vorrq_s16(a, b); }
inline V bit_xor(V a, V b) { return veorq_s16(a, b); }
inline V bit_and(V a, V b) { return vandq_s16(a, b); }
template <int n>
inline V sll(V a) {
  return vshlq_n_s16(a, n);
}
template <int n>
inline V srl(V a) {
  return vreinterpretq_s16_u16(vshrq_n_u16(vreinterpretq_u16_s16(a), n));
}
template <int n>
inline V sra(V a) {
  return vshrq_n_s16(a, n);
}
inline V set1(int16_t a) { return vdupq_n_s16(a); }
inline V set1_pair(int16_t even, int16_t odd) { return vzip1q_s16(set1(even), set1(odd)); }

inline int32x4_t as32(V a) { return vreinterpretq_s32_s16(a); }
inline int64x2_t as64(V a) { return vreinterpretq_s64_s16(a); }
inline V zip_lo16(V a, V b) { return vzip1q_s16(a, b); }
inline V zip_hi16(V a, V b) { return vzip2q_s16(a, b); }
inline V zip_lo32(V a, V b) { return vreinterpretq_s16_s32(vzip1q_s32(as32(a), as32(b))); }
inline V zip_hi32(V a, V b) { return vreinterpretq_s16_s32(vzip2q_s32(as32(a), as32(b))); }
inline V zip_lo64(V a, V b) { return vreinterpretq_s16_s64(vzip1q_s64(as64(a), as64(b))); }
inline V zip_hi64(V a, V b) { return vreinterpretq_s16_s64(vzip2q_s64(as64(a), as64(b))); }

inline V load_raw(const void* p) {
  return vreinterpretq_s16_u8(vld1q_u8(static_cast<const uint8_t*>(p)));
}
inline V load_lanes(const int16_t* p) { return vld1q_s16(p); }
inline V load_i8(const int8_t* p) { return vmovl_s8(vld1_s8(p)); }
inline V load_u8(const uint8_t* p) { return vreinterpretq_s16_u16(vmovl_u8(vld1_u8(p))); }
inline void store_raw(void* p, V a) { vst1q_u8(static_cast<uint8_t*>(p), vreinterpretq_u8_s16(a)); }
inline void store_i8(int8_t* p, V a, V b) {
  vst1q_s8(p, vcombine_s8(vqmovn_s16(a), vqmovn_s16(b)));
}
inline void store_i8(int8_t* p, V a) { vst1_s8(p, vqmovn_s16(a)); }

inline V shuffle_lanes(V a, const uint8_t bytes[16]) {
  return vreinterpretq_s16_u8(vqtbl1q_u8(vreinterpretq_u8_s16(a), vld1q_u8(bytes)));
}
inline void store_lane(int16_t* p, V a, int) { vst1q_s16(p, a); }

// One bit a byte, from bytes of all ones or all zeros.
inline uint32_t byte_mask(uint8x16_t bytes) {
  static constexpr uint8_t kWeights[16] = {1, 2, 4, 8, 16, 32, 64, 128,
                                           1, 2, 4, 8, 16, 32, 64, 128};
  const uint8x16_t weighed = vandq_u8(bytes, vld1q_u8(kWeights));
  return vaddv_u8(vget_low_u8(weighed)) | static_cast<uint32_t>(vaddv_u8(vget_high_u8(weighed)))
                                              << 8;
}
// Sets bit `shift` + i of the lane's mask where value i of a (then of b) is not zero.
inline void add_nonzero_bits(V a, V b, int shift, uint64_t masks[1]) {
  const int8x16_t narrow = vcombine_s8(vqmovn_s16(a), vqmovn_s16(b));
  masks[0] |= static_cast<uint64_t>(byte_mask(vtstq_s8(narrow, narrow))) << shift;
}

// A copy of so many bytes, and where the first 0xFF of them is (kSize or more: nowhere).
struct CopiedBytes {
  static constexpr size_t kSize = 16;
  size_t first_ff;
};
inline CopiedBytes copy_and_find_ff(const uint8_t* src, uint8_t* out) {
  const uint8x16_t bytes = vld1q_u8(src);
  vst1q_u8(out, bytes);
  return {
      static_cast<size_t>(__builtin_ctz(byte_mask(vceqq_u8(bytes, vdupq_n_u8(0xFF))) | 1u << 16))};
}

// Bit b: 128-bit lane b is not all zeros.
inline unsigned nonzero_lanes(V a) { return vmaxvq_u16(vreinterpretq_u16_s16(a)) != 0; }

// Copies eight values in the order of `bytes`.
inline void store_shuffled(int16_t* p, const int16_t* from, const uint8_t bytes[16]) {
  vst1q_s16(p, shuffle_lanes(load_raw(from), bytes));
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
