#include "colour.hpp"

#include "block_dct.hpp"

namespace stripline {
namespace {

inline uint8_t octet(float value) {
  const float inside = value < 0.0F ? 0.0F : value > 255.0F ? 255.0F : value;
  return static_cast<uint8_t>(static_cast<int>(inside + 0.5F));
}

// A row of weighted sums of two rows, doubled across.
template <bool kRounded>
inline void double_row(const float* near, const float* far, size_t width, float* out) {
  const auto at = [&](size_t x) { return 0.75F * near[x] + 0.25F * far[x]; };
  for (size_t x = 0; x < width; ++x) {
    const float here = at(x), left = at(x == 0 ? 0 : x - 1), right = at(x + 1 < width ? x + 1 : x);
    const float first = 0.75F * here + 0.25F * left, second = 0.75F * here + 0.25F * right;
    out[2 * x] = kRounded ? rounded(first) : first;
    out[2 * x + 1] = kRounded ? rounded(second) : second;
  }
}

template <bool kRounded>
void doubled(const float* half, size_t width, size_t height, float* plane) {
  for (size_t y = 0; y < height; ++y) {
    const float* here = half + y * width;
    const float *above = y == 0 ? here : here - width,
                *below = y + 1 < height ? here + width : here;
    double_row<kRounded>(here, above, width, plane + 4 * y * width);
    double_row<kRounded>(here, below, width, plane + (4 * y + 2) * width);
  }
}

void means(const float* plane, size_t width, size_t height, float* half) {
  for (size_t y = 0; y < height / 2; ++y) {
    const float *upper = plane + 2 * y * width, *lower = upper + width;
    for (size_t x = 0; x < width / 2; ++x) {
      half[y * (width / 2) + x] =
          0.25F * (upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1]);
    }
  }
}

}  // namespace

void to_ycbcr(const uint8_t* rgb, size_t pixels, float* const planes[3]) {
  float *luma = planes[0], *blue = planes[1], *red = planes[2];
  for (size_t i = 0; i < pixels; ++i) {
    const auto r = static_cast<float>(rgb[3 * i]), g = static_cast<float>(rgb[3 * i + 1]),
               b = static_cast<float>(rgb[3 * i + 2]);
    luma[i] = 0.299F * r + 0.587F * g + 0.114F * b - 128.0F;
    blue[i] = -0.168735892F * r - 0.331264108F * g + 0.5F * b;
    red[i] = 0.5F * r - 0.418687589F * g - 0.081312411F * b;
  }
}

void to_rgb(const float* const planes[3], size_t pixels, uint8_t* rgb) {
  const float *luma = planes[0], *blue = planes[1], *red = planes[2];
  for (size_t i = 0; i < pixels; ++i) {
    const float y = luma[i] + 128.0F;
    rgb[3 * i] = octet(y + 1.402F * red[i]);
    rgb[3 * i + 1] = octet(y - 0.344136286F * blue[i] - 0.714136286F * red[i]);
    rgb[3 * i + 2] = octet(y + 1.772F * blue[i]);
  }
}

void halve_plane(const float* plane, size_t width, size_t height, float* half, float* scratch) {
  constexpr int kRounds = 4;
  const size_t samples = width * height, halves = samples / 4;
  float *missing = scratch, *correction = scratch + samples;
  means(plane, width, height, half);
  for (int round = 0; round < kRounds; ++round) {
    doubled<false>(half, width / 2, height / 2, missing);
    for (size_t i = 0; i < samples; ++i) missing[i] = plane[i] - missing[i];
    means(missing, width, height, correction);
    for (size_t i = 0; i < halves; ++i) half[i] += correction[i];
  }
}

void double_plane(const float* half, size_t width, size_t height, float* plane) {
  doubled<true>(half, width, height, plane);
}

}  // namespace stripline
