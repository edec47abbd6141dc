// From planes to interleaved pixels; YCbCr as JFIF defines it, with constants of 16 fractional bits
// and one rounding, as in libjpeg, but in 16-bit lanes.

namespace stripline::STRIPLINE_ISA {
namespace {

typedef int16_t Wide __attribute__((vector_size(4 * kLanes)));  // twice as many lanes
typedef uint8_t WideBytes __attribute__((vector_size(2 * kLanes)));

constexpr int32_t fix16(double constant) {
  return static_cast<int32_t>(constant * 65536 + (constant < 0 ? -0.5 : 0.5));
}

// A constant of 16 bits is 256 times `high` plus `low`; their products with a sample fit 16 bits.
// (256 p + q + 2^15) >> 16 is (p + (q >> 8) + 128) >> 8: the bits that are dropped do not carry.
struct Factor {
  int16_t high, low;
  constexpr explicit Factor(int32_t constant)
      : high(static_cast<int16_t>((constant + 128) >> 8)),
        low(static_cast<int16_t>(constant - 256 * ((constant + 128) >> 8))) {}
};
inline Wide rounded(Wide high, Wide low) { return (high + (low >> 8) + 128) >> 8; }

inline Wide widen_samples(const uint8_t* from) {
  return __builtin_convertvector(load<WideBytes>(from), Wide);
}
inline Wide clamp_wide(Wide a) {
  a = a < 0 ? Wide{} : a;
  return a > 255 ? Wide{} + 255 : a;
}

// Pixels in lanes, red lowest and the highest byte empty, to three bytes each. Writes up to
// kRowSlack bytes more.
inline void store_pixels(uint8_t* out, V pixels) {
#if STRIPLINE_LANES == 16
  typedef uint8_t Quads __attribute__((vector_size(64)));
  const Quads all = Quads(pixels);
  const Quads packed = __builtin_shufflevector(
      all, all, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 24, 25, 26, 28, 29,
      30, 32, 33, 34, 36, 37, 38, 40, 41, 42, 44, 45, 46, 48, 49, 50, 52, 53, 54, 56, 57, 58, 60,
      61, 62, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63);
  store(out, packed);
#else
  typedef uint8_t Quads __attribute__((vector_size(16)));
  uint8_t memory[4 * kLanes];
  store(memory, pixels);
  for (int lane = 0; lane < kLanes; lane += 4, out += 12) {
    const Quads four = load<Quads>(memory + 4 * lane);
    store(out, __builtin_shufflevector(four, four, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 15,
                                       15, 15));
  }
#endif
}

// The first or second half of the lanes.
template <int kHalf>
inline V widen_half(const Wide& a) {
  UnsignedShorts half;
  __builtin_memcpy(&half, reinterpret_cast<const char*>(&a) + kHalf * sizeof half, sizeof half);
  return __builtin_convertvector(half, V);
}

inline void store_pixels(uint8_t* out, Wide r, Wide g, Wide b) {
  const Wide rg = r | g << 8;
  store_pixels(out, widen_half<0>(rg) | widen_half<0>(b) << 16);
  store_pixels(out + 3 * kLanes, widen_half<1>(rg) | widen_half<1>(b) << 16);
}

void to_rgb(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, int width, uint8_t* out) {
  // Less the whole numbers next to them, so that products stay within 16 bits.
  constexpr Factor kRed(fix16(1.40200 - 1)), kBlue(fix16(1.77200 - 2));
  constexpr Factor kGreenBlue(fix16(-0.34414)), kGreenRed(fix16(1 - 0.71414));
  for (int i = 0; i < width; i += 2 * kLanes, out += 6 * kLanes) {
    const Wide luma = widen_samples(y + i);
    const Wide u = widen_samples(cb + i) - 128, v = widen_samples(cr + i) - 128;
    const Wide r = luma + v + rounded(v * kRed.high, v * kRed.low);
    const Wide g =
        luma - v +
        rounded(u * kGreenBlue.high + v * kGreenRed.high, u * kGreenBlue.low + v * kGreenRed.low);
    const Wide b = luma + u + u + rounded(u * kBlue.high, u * kBlue.low);
    store_pixels(out, clamp_wide(r), clamp_wide(g), clamp_wide(b));
  }
}

void interleave(const uint8_t* r, const uint8_t* g, const uint8_t* b, int width, uint8_t* out) {
  for (int i = 0; i < width; i += kLanes, out += 3 * kLanes) {
    store_pixels(out, widen_bytes(r + i) | widen_bytes(g + i) << 8 | widen_bytes(b + i) << 16);
  }
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
