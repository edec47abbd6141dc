// Eight 16-bit lanes for WebAssembly's simd128.
#pragma once

#include <wasm_simd128.h>

#include "../kernels.hpp"

namespace stripline::STRIPLINE_ISA {
namespace {

using V = v128_t;
inline constexpr int kLanes = 8;
inline constexpr int kBlocks = kLanes / 8;

inline V add(V a, V b) { return wasm_i16x8_add(a, b); }
inline V add_saturated(V a, V b) { return wasm_i16x8_add_sat(a, b); }
inline V sub(V a, V b) { return wasm_i16x8_sub(a, b); }
inline V mullo(V a, V b) { return wasm_i16x8_mul(a, b); }
inline V mulhrs(V a, V b) { return wasm_i16x8_q15mulr_sat(a, b); }
inline V bit_or(V a, V b) { return wasm_v128_or(a, b); }
inline V bit_xor(V a, V b) { return wasm_v128_xor(a, b); }
inline V bit_and(V a, V b) { return wasm_v128_and(a, b); }
template <int n>
inline V sll(V a) {
  return wasm_i16x8_shl(a, n);
}
template <int n>
inline V srl(V a) {
  return wasm_u16x8_shr(a, n);
}
template <int n>
inline V sra(V a) {
  return wasm_i16x8_shr(a, n);
}
inline V set1(int16_t a) { return wasm_i16x8_splat(a); }
inline V set1_pair(int16_t even, int16_t odd) { return wasm_i32x4_splat(odd << 16 | even); }

inline V zip_lo16(V a, V b) { return wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11); }
inline V zip_hi16(V a, V b) { return wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15); }
inline V zip_lo32(V a, V b) { return wasm_i32x4_shuffle(a, b, 0, 4, 1, 5); }
inline V zip_hi32(V a, V b) { return wasm_i32x4_shuffle(a, b, 2, 6, 3, 7); }
inline V zip_lo64(V a, V b) { return wasm_i64x2_shuffle(a, b, 0, 2); }
inline V zip_hi64(V a, V b) { return wasm_i64x2_shuffle(a, b, 1, 3); }

inline V load_raw(const void* p) { return wasm_v128_load(p); }
inline V load_lanes(const int16_t* p) { return load_raw(p); }
inline V load_i8(const int8_t* p) { return wasm_i16x8_load8x8(p); }
inline V load_u8(const uint8_t* p) { return wasm_u16x8_load8x8(p); }
inline void store_raw(void* p, V a) { wasm_v128_store(p, a); }
inline void store_i8(int8_t* p, V a, V b) { wasm_v128_store(p, wasm_i8x16_narrow_i16x8(a, b)); }
inline void store_i8(int8_t* p, V a) {
  wasm_v128_store64_lane(p, wasm_i8x16_narrow_i16x8(a, a), 0);
}

inline V shuffle_lanes(V a, const uint8_t bytes[16]) {
  return wasm_i8x16_swizzle(a, load_raw(bytes));
}
inline void store_lane(int16_t* p, V a, int) { wasm_v128_store(p, a); }
// Sets bit `shift` + i of the lane's mask where value i of a (then of b) is not zero.
inline void add_nonzero_bits(V a, V b, int shift, uint64_t masks[1]) {
  const V nonzero = wasm_i8x16_ne(wasm_i8x16_narrow_i16x8(a, b), wasm_i8x16_splat(0));
  masks[0] |= static_cast<uint64_t>(wasm_i8x16_bitmask(nonzero)) << shift;
}

// A copy of so many bytes, and where the first 0xFF of them is (kSize or more: nowhere).
struct CopiedBytes {
  static constexpr size_t kSize = 16;
  size_t first_ff;
};
inline CopiedBytes copy_and_find_ff(const uint8_t* src, uint8_t* out) {
  const V bytes = load_raw(src);
  wasm_v128_store(out, bytes);
  const uint32_t found = wasm_i8x16_bitmask(wasm_i8x16_eq(bytes, wasm_i8x16_splat(-1)));
  return {static_cast<size_t>(__builtin_ctz(found | 1u << 16))};
}

// Bit b: 128-bit lane b is not all zeros.
inline unsigned nonzero_lanes(V a) { return wasm_v128_any_true(a); }

// Copies eight values in the order of `bytes`.
inline void store_shuffled(int16_t* p, const int16_t* from, const uint8_t bytes[16]) {
  wasm_v128_store(p, shuffle_lanes(load_raw(from), bytes));
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
