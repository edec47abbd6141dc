// The reference: each stage said as plainly as it can be. All other sets must equal it byte for
// byte.
#include "../kernels.hpp"

namespace stripline {
namespace {

int mulhrs(int a, int b) { return (a * b + (1 << 14)) >> 15; }

int8_t saturate(int value) {
  return static_cast<int8_t>(value < -128 ? -128 : value > 127 ? 127 : value);
}

// Straight alpha over an opaque background, divided by 255 with correct rounding.
int composite(int value, int background, int alpha) {
  const int sum = value * alpha + background * (255 - alpha) + 128;
  return (sum + (sum >> 8)) >> 8;
}

// Channel offsets of red, green, blue and (-1: none) alpha.
template <int kBytes, int kRed, int kBlue, int kAlpha>
void color(const uint8_t* src, int pixels, const uint8_t background[3], int8_t* y, int8_t* cb,
           int8_t* cr) {
  for (int i = 0; i < pixels; ++i, src += kBytes) {
    int red = src[kRed], green = src[1], blue = src[kBlue];
    if constexpr (kAlpha >= 0) {
      red = composite(red, background[0], src[kAlpha]);
      green = composite(green, background[1], src[kAlpha]);
      blue = composite(blue, background[2], src[kAlpha]);
    }
    const int r = (red - green) * 128, b = (blue - green) * 128;
    const int luma = mulhrs(r, kLumaRed) + mulhrs(b, kLumaBlue);
    y[i] = saturate(green - 128 + mulhrs(luma, kColorRound));
    cb[i] = saturate(mulhrs(mulhrs(b - luma, kCbScale), kColorRound));
    cr[i] = saturate(mulhrs(mulhrs(r - luma, kCrScale), kColorRound));
  }
}

void grey(const uint8_t* src, int pixels, const uint8_t*, int8_t* y, int8_t*, int8_t*) {
  for (int i = 0; i < pixels; ++i) y[i] = static_cast<int8_t>(src[i] - 128);
}

void split_pairs(const uint8_t* src, int pairs, int8_t* first, int8_t* second) {
  for (int i = 0; i < pairs; ++i) {
    first[i] = static_cast<int8_t>(src[2 * i] - 128);
    second[i] = static_cast<int8_t>(src[2 * i + 1] - 128);
  }
}

void downsample_h2v1(const int8_t* upper, const int8_t*, int width, int, int8_t* dst) {
  for (int i = 0; i < width; ++i) {
    dst[i] = static_cast<int8_t>((upper[2 * i] + upper[2 * i + 1] + (i & 1)) >> 1);
  }
}

void downsample_h1v2(const int8_t* upper, const int8_t* lower, int width, int row, int8_t* dst) {
  for (int i = 0; i < width; ++i) {
    dst[i] = static_cast<int8_t>((upper[i] + lower[i] + ((row + 1) >> 1 & 1)) >> 1);
  }
}

void downsample_h2v2(const int8_t* upper, const int8_t* lower, int width, int, int8_t* dst) {
  for (int i = 0; i < width; ++i) {
    const int sum = upper[2 * i] + upper[2 * i + 1] + lower[2 * i] + lower[2 * i + 1];
    dst[i] = static_cast<int8_t>((sum + 1 + (i & 1)) >> 2);
  }
}

// Eight values `step` apart, in place. The first pass gives an eighth of what it computes.
template <bool kIsFirst>
void dct_pass(int16_t* x, int step) {
  const auto rounded = [](int value) {
    return static_cast<int16_t>(kIsFirst ? mulhrs(value, kDctFirstRound) : value);
  };
  const int s0 = x[0] + x[7 * step], d0 = x[0] - x[7 * step];
  const int s1 = x[step] + x[6 * step], d1 = x[step] - x[6 * step];
  const int s2 = x[2 * step] + x[5 * step], d2 = x[2 * step] - x[5 * step];
  const int s3 = x[3 * step] + x[4 * step], d3 = x[3 * step] - x[4 * step];

  const int a0 = s0 + s3, a1 = s1 + s2, a2 = s1 - s2, a3 = s0 - s3;
  const int shared = mulhrs(a2 + a3, kSqrt2Cos6);
  const int r0 = mulhrs(d3, kCos3) + mulhrs(d0, kSin3), r3 = mulhrs(d0, kCos3) - mulhrs(d3, kSin3);
  const int r1 = mulhrs(d2, kCos1) + mulhrs(d1, kSin1), r2 = mulhrs(d1, kCos1) - mulhrs(d2, kSin1);
  const int u0 = r0 + r2, u2 = r0 - r2, u3 = r3 + r1, u1 = r3 - r1;

  x[0] = rounded(a0 + a1);
  x[4 * step] = rounded(a0 - a1);
  x[2 * step] = rounded(shared + mulhrs(a3, kSqrt2Cos2Less6));
  x[6 * step] = rounded(shared - mulhrs(a2, kSqrt2Cos2Plus6) - a2);
  x[step] = rounded(u3 + u0);
  x[7 * step] = rounded(u3 - u0);
  const auto times_sqrt2 = [](int value) {
    return static_cast<int16_t>(kIsFirst ? mulhrs(value, kSqrt2Over8)
                                         : value + mulhrs(value, kSqrt2Less1));
  };
  x[3 * step] = times_sqrt2(u1);
  x[5 * step] = times_sqrt2(u2);
}

// By 3/64 on either side, together with the half up of what follows: see Rounding.
int outward(int value) {
  if (value >= 0) return value + 1;
  return value < -32766 ? -32768 : value - 2;
}

template <Rounding kRounding>
void dct(const int8_t* plane, ptrdiff_t stride, int blocks, const Quantizer& quantizer,
         const BlockPlaces& places, Prefetch&, TileBlocks& tile) {
  for (int block = 0; block < blocks; ++block, plane += 8) {
    int16_t x[64];
    for (int i = 0; i < 64; ++i) {
      x[i] = static_cast<int16_t>(plane[(i >> 3) * stride + (i & 7)] * (1 << kDctInputShift));
    }
    for (int column = 0; column < 8; ++column) dct_pass<true>(x + column, 8);
    for (int row = 0; row < 8; ++row) dct_pass<false>(x + 8 * row, 1);

    int16_t* out = tile.coefficients[places(block)];
    uint64_t nonzero = 0;
    bool has_large = false;
    for (int k = 0; k < 64; ++k) {
      const int natural = kZigzag[k], transposed = (natural & 7) * 8 + (natural >> 3);
      const int value = kRounding == Rounding::kOutward ? outward(x[natural]) : x[natural];
      const int scaled = value + mulhrs(value, quantizer.fraction[transposed]);
      out[k] = static_cast<int16_t>(mulhrs(scaled, quantizer.scale[transposed]));
      nonzero |= static_cast<uint64_t>(out[k] != 0) << k;
      has_large |=
          k > 0 && (out[k] < -CodeBook::kDirectValues || out[k] >= CodeBook::kDirectValues);
    }
    tile.masks[places(block)] = block_mask(nonzero, has_large);
  }
}

// Bits into bytes, most significant first.
struct BitWriter {
  uint64_t bits;
  unsigned pending;
  uint8_t* out;

  void put(uint32_t value, unsigned length) {
    bits = bits << length | value;
    for (pending += length; pending >= 8; pending -= 8) {
      *out++ = static_cast<uint8_t>(bits >> (pending - 8));
    }
  }
  void put(uint32_t entry) { put(entry >> 6, entry & 63); }

  // The low bits of a value (ITU-T T.81, F.1.2.1.1).
  void put_value(int value, unsigned size) {
    put(static_cast<uint32_t>(value + (value >> 31)) & ((1u << size) - 1), size);
  }
};

int bit_length(int value) {
  int length = 0;
  for (unsigned rest = static_cast<unsigned>(value < 0 ? -value : value); rest != 0; rest >>= 1) {
    ++length;
  }
  return length;
}

void encode_block(const int16_t* block, int difference, int table, const CodeBook& codes,
                  BitWriter& writer) {
  const auto put_ac = [&](int symbol) {
    writer.put(codes.entries[CodeBook::ac_symbol(table, symbol)]);
  };
  const int dc_size = bit_length(difference);
  writer.put(codes.entries[CodeBook::dc_symbol(table, dc_size)]);
  writer.put_value(difference, static_cast<unsigned>(dc_size));
  int run = 0;
  for (int k = 1; k < 64; ++k) {
    if (block[k] == 0) {
      ++run;
      continue;
    }
    for (; run > 15; run -= 16) put_ac(0xF0);
    const int size = bit_length(block[k]);
    put_ac(run << 4 | size);
    writer.put_value(block[k], static_cast<unsigned>(size));
    run = 0;
  }
  if (run > 0) put_ac(0);
}

uint8_t* entropy(const TileBlocks& tile, int mcus, const McuLayout& layout, const CodeBook& codes,
                 EntropyState& state, void*, uint8_t* out) {
  BitWriter writer{state.bits, state.pending, out};
  const int16_t (*block)[64] = tile.coefficients;
  for (int mcu = 0; mcu < mcus; ++mcu) {
    for (int i = 0; i < layout.blocks; ++i, ++block) {
      const int component = layout.component[i];
      encode_block(*block, (*block)[0] - state.dc[component], component != 0, codes, writer);
      state.dc[component] = (*block)[0];
    }
  }
  state.bits = writer.bits;
  state.pending = writer.pending;
  return writer.out;
}

uint8_t* stuff(const uint8_t* src, size_t size, uint8_t* out) {
  for (size_t i = 0; i < size; ++i) {
    *out++ = src[i];
    if (src[i] == 0xFF) *out++ = 0;
  }
  return out;
}

}  // namespace

extern const Kernels kScalarKernels;
const Kernels kScalarKernels = {
    "scalar",
    {grey, color<3, 0, 2, -1>, color<3, 2, 0, -1>, color<4, 0, 2, 3>, color<4, 2, 0, 3>,
     color<4, 0, 2, -1>, color<4, 2, 0, -1>},
    split_pairs,
    downsample_h2v1,
    downsample_h1v2,
    downsample_h2v2,
    {dct<Rounding::kNearest>, dct<Rounding::kOutward>},
    entropy,
    stuff,
};

}  // namespace stripline
