// FDCT and quantisation of as many blocks as a vector has 128-bit lanes, side by side: register r
// holds row r of every block. Two passes across registers with a transpose between them leave
// column u of the coefficients in register u, which is why the quantiser's tables are transposed.

namespace stripline::STRIPLINE_ISA {
namespace {

// The first pass takes samples times 32 and gives an eighth of what it computes, for there is no
// room in the second for more. What it rounds, the second pass adds up.
template <bool kIsFirst>
inline void dct_pass(V x[8]) {
  const auto rounded = [](V value) {
    return kIsFirst ? mulhrs(value, set1(kDctFirstRound)) : value;
  };
  const V s0 = add(x[0], x[7]), d0 = sub(x[0], x[7]);
  const V s1 = add(x[1], x[6]), d1 = sub(x[1], x[6]);
  const V s2 = add(x[2], x[5]), d2 = sub(x[2], x[5]);
  const V s3 = add(x[3], x[4]), d3 = sub(x[3], x[4]);

  const V a0 = add(s0, s3), a1 = add(s1, s2), a2 = sub(s1, s2), a3 = sub(s0, s3);
  x[0] = rounded(add(a0, a1));
  x[4] = rounded(sub(a0, a1));
  const V shared = mulhrs(add(a2, a3), set1(kSqrt2Cos6));
  x[2] = rounded(add(shared, mulhrs(a3, set1(kSqrt2Cos2Less6))));
  x[6] = rounded(sub(sub(shared, mulhrs(a2, set1(kSqrt2Cos2Plus6))), a2));

  const V c1 = set1(kCos1), n1 = set1(kSin1), c3 = set1(kCos3), n3 = set1(kSin3);
  const V r0 = add(mulhrs(d3, c3), mulhrs(d0, n3)), r3 = sub(mulhrs(d0, c3), mulhrs(d3, n3));
  const V r1 = add(mulhrs(d2, c1), mulhrs(d1, n1)), r2 = sub(mulhrs(d1, c1), mulhrs(d2, n1));
  const V u0 = add(r0, r2), u2 = sub(r0, r2), u3 = add(r3, r1), u1 = sub(r3, r1);
  x[1] = rounded(add(u3, u0));
  x[7] = rounded(sub(u3, u0));
  if constexpr (kIsFirst) {
    x[3] = mulhrs(u1, set1(kSqrt2Over8));
    x[5] = mulhrs(u2, set1(kSqrt2Over8));
  } else {
    x[3] = add(u1, mulhrs(u1, set1(kSqrt2Less1)));
    x[5] = add(u2, mulhrs(u2, set1(kSqrt2Less1)));
  }
}

// 8x8 within every 128-bit lane.
inline void transpose(V x[8]) {
  const V a0 = zip_lo16(x[0], x[1]), a1 = zip_hi16(x[0], x[1]);
  const V a2 = zip_lo16(x[2], x[3]), a3 = zip_hi16(x[2], x[3]);
  const V a4 = zip_lo16(x[4], x[5]), a5 = zip_hi16(x[4], x[5]);
  const V a6 = zip_lo16(x[6], x[7]), a7 = zip_hi16(x[6], x[7]);
  const V b0 = zip_lo32(a0, a2), b1 = zip_hi32(a0, a2), b2 = zip_lo32(a1, a3),
          b3 = zip_hi32(a1, a3);
  const V b4 = zip_lo32(a4, a6), b5 = zip_hi32(a4, a6), b6 = zip_lo32(a5, a7),
          b7 = zip_hi32(a5, a7);
  x[0] = zip_lo64(b0, b4), x[1] = zip_hi64(b0, b4), x[2] = zip_lo64(b1, b5),
  x[3] = zip_hi64(b1, b5);
  x[4] = zip_lo64(b2, b6), x[5] = zip_hi64(b2, b6), x[6] = zip_lo64(b3, b7),
  x[7] = zip_hi64(b3, b7);
}

// Quantises, and says which blocks (bit b: block b) have a value too large for a CodeBook row.
template <bool kIsExact, Rounding kRounding>
inline unsigned quantize(V x[8], const Quantizer& quantizer) {
  // Such values leave a bit above the lowest ten. The DC's do not count.
  static constexpr int16_t kNotDc[8] = {0, -1, -1, -1, -1, -1, -1, -1};
  V outside = set1(0);
  for (int u = 0; u < 8; ++u) {
    if constexpr (kRounding == Rounding::kOutward) {
      x[u] = add_saturated(x[u], bit_xor(sra<15>(x[u]), set1(1)));  // 1, or -2 where negative
    }
    if constexpr (!kIsExact) {
      x[u] = add(x[u], mulhrs(x[u], load_lanes(quantizer.fraction + 8 * u)));
    }
    x[u] = mulhrs(x[u], load_lanes(quantizer.scale + 8 * u));
    const V biased = add(x[u], set1(CodeBook::kDirectValues));
    outside = bit_or(outside, u == 0 ? bit_and(biased, load_lanes(kNotDc)) : biased);
  }
  return nonzero_lanes(srl<CodeBook::kDirectValuesLog2 + 1>(outside));
}

// Two groups of blocks go through the steps in turn: while one waits for its results, the other
// works. That outweighs what sets with 16 registers spill. The loops over them are unrolled, and
// store_zigzag() is always inlined, because else all of `x` would be stored and loaded again.
inline constexpr int kGroups = 2;

template <bool kIsExact, Rounding kRounding>
void dct_steps(const int8_t* plane, ptrdiff_t stride, int blocks, const Quantizer& quantizer,
               const BlockPlaces& places, Prefetch& next, TileBlocks& tile) {
  for (int block = 0; block < blocks; block += kGroups * kBlocks) {
    next.step(kGroups * kBlocks);
    V x[kGroups][8];
    for (int g = 0; g < kGroups; ++g, plane += 8 * kBlocks) {
      for (int row = 0; row < 8; ++row) {
        x[g][row] = sll<kDctInputShift>(load_i8(plane + row * stride));
      }
      dct_pass<true>(x[g]);
    }
#pragma GCC unroll 2
    for (int g = 0; g < kGroups; ++g) transpose(x[g]);
#pragma GCC unroll 2
    for (int g = 0; g < kGroups; ++g) dct_pass<false>(x[g]);
#pragma GCC unroll 2
    for (int g = 0; g < kGroups; ++g) {
      const unsigned large = quantize<kIsExact, kRounding>(x[g], quantizer);
      store_zigzag(x[g], large, block + g * kBlocks, places, tile);
    }
  }
}

template <Rounding kRounding>
void dct(const int8_t* plane, ptrdiff_t stride, int blocks, const Quantizer& quantizer,
         const BlockPlaces& places, Prefetch& next, TileBlocks& tile) {
  const DctFn steps = quantizer.is_exact ? dct_steps<true, kRounding> : dct_steps<false, kRounding>;
  steps(plane, stride, blocks, quantizer, places, next, tile);
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
