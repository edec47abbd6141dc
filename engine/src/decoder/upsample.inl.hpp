// Doubles chroma with weights of 3/4 and 1/4, in the rounding of libjpeg ("fancy upsampling"), so
// that samples are the same. Loops that the compiler turns into vectors.

namespace stripline::STRIPLINE_ISA {
namespace {

void upsample_h(const uint8_t* in, int width, uint8_t* __restrict out) {
  for (int i = 0; i < width; ++i) {
    const unsigned here = 3u * in[i];
    out[2 * i] = static_cast<uint8_t>((here + in[i - 1] + 1) >> 2);
    out[2 * i + 1] = static_cast<uint8_t>((here + in[i + 1] + 2) >> 2);
  }
}

void upsample_v(const uint8_t* near, const uint8_t* far, int width, int bias,
                uint8_t* __restrict out) {
  for (int i = 0; i < width; ++i) {
    out[i] = static_cast<uint8_t>((3u * near[i] + far[i] + static_cast<unsigned>(bias)) >> 2);
  }
}

void upsample_hv(const uint8_t* near, const uint8_t* far, int width, uint16_t* __restrict sums,
                 uint8_t* __restrict out) {
  uint16_t* const sum = sums + 1;
  for (int i = 0; i < width; ++i) sum[i] = static_cast<uint16_t>(3u * near[i] + far[i]);
  sum[-1] = sum[0], sum[width] = sum[width - 1];
  for (int i = 0; i < width; ++i) {
    const unsigned here = 3u * sum[i];
    out[2 * i] = static_cast<uint8_t>((here + sum[i - 1] + 8) >> 4);
    out[2 * i + 1] = static_cast<uint8_t>((here + sum[i + 1] + 7) >> 4);
  }
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
