// From planes to interleaved pixels; YCbCr as JFIF defines it, in 16 fractional bits.

namespace stripline::STRIPLINE_ISA {
namespace {

constexpr int32_t fix16(double constant) { return static_cast<int32_t>(constant * 65536 + 0.5); }

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

void to_rgb(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, int width, uint8_t* out) {
  constexpr int32_t kHalf = 1 << 15;
  for (int i = 0; i < width; i += kLanes, out += 3 * kLanes) {
    const V luma = widen_bytes(y + i);
    const V blue = widen_bytes(cb + i) - 128u, red = widen_bytes(cr + i) - 128u;
    const auto shifted = [&](V sum) { return clamp_to_byte(luma + V(Signed(sum + kHalf) >> 16)); };
    const V r = shifted(times(red, fix16(1.40200)));
    const V g = shifted(times(blue, -fix16(0.34414)) + times(red, -fix16(0.71414)));
    const V b = shifted(times(blue, fix16(1.77200)));
    store_pixels(out, r | g << 8 | b << 16);
  }
}

void interleave(const uint8_t* r, const uint8_t* g, const uint8_t* b, int width, uint8_t* out) {
  for (int i = 0; i < width; i += kLanes, out += 3 * kLanes) {
    store_pixels(out, widen_bytes(r + i) | widen_bytes(g + i) << 8 | widen_bytes(b + i) << 16);
  }
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
