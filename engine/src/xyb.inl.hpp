// 8-bit sRGB to linear light, its halving, and linear light to XYB.

namespace stripline::STRIPLINE_ISA {

constexpr double fifth_root(double value) {
  double root = 1;
  for (int i = 0; i < 100; ++i) root -= (root - value / (root * root * root * root)) / 5;
  return root;
}

// IEC 61966-2-1: x / 12.92 or ((x + 0.055) / 1.055)^2.4.
struct LinearTable {
  float values[256];
  constexpr LinearTable() : values() {
    for (int i = 0; i < 256; ++i) {
      const double x = i / 255.0, base = (x + 0.055) / 1.055, square = base * base;
      values[i] = static_cast<float>(x <= 0.04045 ? x / 12.92 : square * fifth_root(square));
    }
  }
};
constexpr LinearTable kLinear;

inline void linear_rgb(const uint8_t* src, size_t width, float* const linear[3]) {
  float* __restrict red = linear[0], * __restrict green = linear[1], * __restrict blue = linear[2];
  for (size_t x = 0; x < width; ++x) {
    red[x] = kLinear.values[src[3 * x]];
    green[x] = kLinear.values[src[3 * x + 1]];
    blue[x] = kLinear.values[src[3 * x + 2]];
  }
}

inline void linear_grey(const uint8_t* src, size_t width, float* const linear[3]) {
  float* __restrict red = linear[0], * __restrict green = linear[1], * __restrict blue = linear[2];
  for (size_t x = 0; x < width; ++x) red[x] = green[x] = blue[x] = kLinear.values[src[x]];
}

inline void halve(const float* upper, const float* lower, size_t half_width,
                  float* __restrict out) {
  for (size_t x = 0; x < half_width; ++x) {
    out[x] = (upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1]) * 0.25F;
  }
}

// Of values from 0.003 to 1.1, in place. A number whose bits are a constant less a third of the
// value's is 1 / root within 4 %; a step of third order and one of second (Halley's and Newton's)
// leave little more than float's own rounding.
STRIPLINE_LANES void cube_root(Lanes& value) {
  constexpr float kStart = 1419967116.0F;
  const Lanes bits = __builtin_convertvector((LaneBits)value, Lanes);
  Lanes inverse = (Lanes) __builtin_convertvector(kStart - bits * (1.0F / 3.0F), LaneBits);
  Lanes error = 1.0F - value * inverse * inverse * inverse;
  inverse += inverse * error * (1.0F / 3.0F + error * (2.0F / 9.0F));
  error = 1.0F - value * inverse * inverse * inverse;
  inverse += inverse * error * (1.0F / 3.0F);
  value *= inverse * inverse;
}

// Opsin absorbance as in JPEG XL (ISO/IEC 18181-1, annex L); then X = (L - M) / 2, Y = (L + M) / 2,
// B = S, and SSIMULACRA 2's way to make all of them positive: 14 X + 0.42, Y + 0.01, B - Y + 0.55.
inline void xyb(const float* const linear[3], size_t width, float* const xyb[3]) {
  constexpr float kBias = 0.0037930732552754493F, kBiasRoot = 0.15595420054924863F;
  for (size_t i = 0; i < width; i += kLanes) {
    Lanes r, g, b;
    load(linear[0] + i, r);
    load(linear[1] + i, g);
    load(linear[2] + i, b);
    Lanes l = 0.3F * r + 0.622F * g + 0.078F * b + kBias;
    Lanes m = 0.23F * r + 0.692F * g + 0.078F * b + kBias;
    Lanes s = 0.24342268924547819F * r + 0.20476744424496821F * g + 0.5518098665095536F * b + kBias;
    cube_root(l);
    cube_root(m);
    cube_root(s);
    const Lanes y = 0.5F * (l + m) - kBiasRoot;
    store(7.0F * (l - m) + 0.42F, xyb[0] + i);
    store(y + 0.01F, xyb[1] + i);
    store(s - kBiasRoot - y + 0.55F, xyb[2] + i);
  }
}

}  // namespace stripline::STRIPLINE_ISA
