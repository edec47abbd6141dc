// Inverse DCT to 8x8, 4x4, 2x2 or 1x1 samples of kGroupLanes blocks, a block a lane: no shuffles,
// and a sample of one block next to the same one of the others.
//
// In 32-bit fixed point: constants times 2^13, two more bits kept between the passes. The 8x8
// transform is Loeffler, Ligtenberg and Moschytz's (ICASSP 1989) with 12 multiplications; the
// smaller ones give the means of what the 8x8 one would, nearly, from the coefficients that matter.
// Roundings are those of libjpeg's accurate integer transforms, so samples are the same.

namespace stripline::STRIPLINE_ISA {
namespace {

inline constexpr int kConstBits = 13;
inline constexpr int kPassBits = 2;
inline constexpr int kLevel = 128;

constexpr int32_t fix(double constant) {
  return static_cast<int32_t>(constant * (1 << kConstBits) + (constant < 0 ? -0.5 : 0.5));
}

// In all passes x[0..7] are coefficients along one direction, and the first few become samples.

inline void idct8(V x[8]) {
  const V even_shared = times(x[2] + x[6], fix(0.541196100));
  const V e2 = even_shared + times(x[6], -fix(1.847759065));
  const V e3 = even_shared + times(x[2], fix(0.765366865));
  const V e0 = (x[0] + x[4]) << kConstBits, e1 = (x[0] - x[4]) << kConstBits;
  const V a0 = e0 + e3, a3 = e0 - e3, a1 = e1 + e2, a2 = e1 - e2;

  const V shared = times(x[7] + x[3] + x[5] + x[1], fix(1.175875602));
  const V z3 = times(x[7] + x[3], -fix(1.961570560)) + shared;
  const V z4 = times(x[5] + x[1], -fix(0.390180644)) + shared;
  const V z1 = times(x[7] + x[1], -fix(0.899976223));
  const V z2 = times(x[5] + x[3], -fix(2.562915447));
  const V o3 = times(x[7], fix(0.298631336)) + z1 + z3;
  const V o2 = times(x[5], fix(2.053119869)) + z2 + z4;
  const V o1 = times(x[3], fix(3.072711026)) + z2 + z3;
  const V o0 = times(x[1], fix(1.501321110)) + z1 + z4;

  x[0] = a0 + o0, x[7] = a0 - o0;
  x[1] = a1 + o1, x[6] = a1 - o1;
  x[2] = a2 + o2, x[5] = a2 - o2;
  x[3] = a3 + o3, x[4] = a3 - o3;
}

inline void idct4(V x[8]) {
  const V e0 = x[0] << (kConstBits + 1);
  const V e1 = times(x[2], fix(1.847759065)) + times(x[6], -fix(0.765366865));
  const V o0 = times(x[7], -fix(0.211164243)) + times(x[5], fix(1.451774981)) +
               times(x[3], -fix(2.172734803)) + times(x[1], fix(1.061594337));
  const V o1 = times(x[7], -fix(0.509795579)) + times(x[5], -fix(0.601344887)) +
               times(x[3], fix(0.899976223)) + times(x[1], fix(2.562915447));
  const V a0 = e0 + e1, a1 = e0 - e1;
  x[0] = a0 + o1, x[3] = a0 - o1;
  x[1] = a1 + o0, x[2] = a1 - o0;
}

inline void idct2(V x[8]) {
  const V even = x[0] << (kConstBits + 2);
  const V odd = times(x[7], -fix(0.720959822)) + times(x[5], fix(0.850430095)) +
                times(x[3], -fix(1.272758580)) + times(x[1], fix(3.624509785));
  x[0] = even + odd, x[1] = even - odd;
}

template <int kSize>
inline void idct_pass(V x[8]) {
  if constexpr (kSize == 8) idct8(x);
  if constexpr (kSize == 4) idct4(x);
  if constexpr (kSize == 2) idct2(x);
}

// Whether the transform to kSize samples looks at coefficient k along a direction.
template <int kSize>
constexpr bool is_used(int k) {
  return kSize == 8 || (kSize == 4 && k != 4) || (kSize == 2 && (k == 0 || k % 2 != 0));
}

// How many more bits the smaller transforms' sums have.
template <int kSize>
inline constexpr int kExtraBits = kSize == 8   ? 0
                                  : kSize == 4 ? 1
                                               : 2;

// Samples of row `row` of kLanes blocks, packed bytes in a lane, to their place.
template <int kSize>
inline void store_row(const V samples[8], uint8_t* out) {
  if constexpr (kSize == 8) {
    const V low = pack_bytes(samples[0], samples[1], samples[2], samples[3]);
    const V high = pack_bytes(samples[4], samples[5], samples[6], samples[7]);
    for (int lane = 0; lane < kLanes; ++lane) {
      store(out + 8 * lane, uint64_t{low[lane]} | uint64_t{high[lane]} << 32);
    }
  } else if constexpr (kSize == 4) {
    store(out, pack_bytes(samples[0], samples[1], samples[2], samples[3]));
  } else {
    const V both = samples[0] | samples[1] << 8;
    for (int lane = 0; lane < kLanes; ++lane) {
      store(out + 2 * lane, static_cast<uint16_t>(both[lane]));
    }
  }
}

// kFilled: all coefficients in rows and columns from there on are zero.
template <int kSize, int kFilled>
void idct_filled(const GroupCoefficients& group, const int32_t steps[64], uint8_t* out,
                 ptrdiff_t stride) {
  for (int lane = 0; lane < kGroupLanes; lane += kLanes, out += kSize * kLanes) {
    V between[kSize][8];
    for (int column = 0; column < kFilled; ++column) {
      if (!is_used<kSize>(column)) continue;
      V x[8];
      for (int row = 0; row < 8; ++row) {
        x[row] = V{};
        if (row >= kFilled || !is_used<kSize>(row)) continue;
        const int place = row * 8 + column;
        x[row] = times(widen_shorts(&group[place][lane]), steps[place]);
      }
      idct_pass<kSize>(x);
      for (int row = 0; row < kSize; ++row) {
        between[row][column] = descale<kConstBits - kPassBits + kExtraBits<kSize>>(x[row]);
      }
    }
    for (int row = 0; row < kSize; ++row) {
      V x[8];
      for (int column = 0; column < 8; ++column) {
        x[column] = column < kFilled && is_used<kSize>(column) ? between[row][column] : V{};
      }
      idct_pass<kSize>(x);
      for (int column = 0; column < kSize; ++column) {
        constexpr int kBits = kConstBits + kPassBits + 3 + kExtraBits<kSize>;
        x[column] = clamp_to_byte(descale<kBits>(x[column]) + kLevel);
      }
      store_row<kSize>(x, out + row * stride);
    }
  }
}

template <int kSize>
void idct(const GroupCoefficients& group, int last, const int32_t steps[64], uint8_t* out,
          ptrdiff_t stride) {
  // The first ten coefficients in zigzag order lie within 4x4.
  if (last < 10) return idct_filled<kSize, 4>(group, steps, out, stride);
  idct_filled<kSize, 8>(group, steps, out, stride);
}

// The mean alone.
template <>
void idct<1>(const GroupCoefficients& group, int, const int32_t steps[64], uint8_t* out,
             ptrdiff_t) {
  for (int lane = 0; lane < kGroupLanes; lane += kLanes) {
    const V mean = descale<3>(times(widen_shorts(&group[0][lane]), steps[0]));
    const V sample = clamp_to_byte(mean + kLevel);
    for (int i = 0; i < kLanes; ++i) out[lane + i] = static_cast<uint8_t>(sample[i]);
  }
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
