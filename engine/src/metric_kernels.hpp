// The row functions that every instruction set compiles for SSIMULACRA 2, and what rows are.
//
// J. Sneyers, "SSIMULACRA 2: Structural SIMilarity Unveiling Local And Compression Related
// Artifacts", Cloudinary 2022, version 2.1 of April 2023 (github.com/cloudinary/ssimulacra2).
#pragma once

#include "stripline/metrics.hpp"

namespace stripline {

// A row is a pointer to its first sample. Around its `width` samples lie kRowPad or more others on
// either side, so that functions can work in whole vectors. Where the row is to be blurred they are
// zeros: outside the picture there is nothing.
inline constexpr size_t kRowPad = 16;

constexpr size_t whole_vectors(size_t width) { return (width + kRowPad - 1) / kRowPad * kRowPad; }
constexpr size_t row_floats(size_t width) { return whole_vectors(width) + 2 * kRowPad; }

// The blur: a Gaussian of sigma 1.5 as by D. Charalampidis, "Recursive Implementation of the
// Gaussian Filter Using Truncated Cosine Functions", IEEE Trans. Signal Processing 64(14), 2016,
// with three cosines of period 4 N, 4 N / 3, 4 N / 5 and N = round(3.2795 sigma + 0.2546) = 5.
// Its impulse response vanishes from the fifth neighbour on, so nine taps without recursion are the
// same filter.
inline constexpr int kBlurRadius = 4;
inline constexpr int kBlurRows = 2 * kBlurRadius + 1;
inline constexpr float kBlurTaps[kBlurRadius + 1] = {0.2646211054881985F, 0.2129285920104222F,
                                                     0.1093353727774603F, 0.0360111146583644F,
                                                     0.0094143678096537F};

// Sums over a picture's samples of its maps and of their fourth powers.
struct MapSums {
  double ssim[2];       // structure that differs
  double artifacts[2];  // edges that the original does not have
  double lost[2];       // edges of the original that are smoothed away
};

// What compare() reads for one row of one channel: a is the original, b the distorted picture.
struct ComparedRow {
  const float* a;
  const float* blurred_a;
  const float* b;
  // Rows around this one, blurred across: of b, of a^2 + b^2 and of (a - b)^2. The last two only if
  // SSIM is wanted.
  const float* b_across[kBlurRows];
  const float* sum_across[kBlurRows];
  const float* difference_across[kBlurRows];
};

struct MetricKernels {
  const char* name;
  // 8-bit sRGB samples to linear light, 0 to 1; grey gives three equal rows.
  void (*linear_rgb)(const uint8_t* src, size_t width, float* const linear[3]);
  void (*linear_grey)(const uint8_t* src, size_t width, float* const linear[3]);
  // Linear light to XYB with all channels about 0 to 1 and B less Y.
  void (*xyb)(const float* const linear[3], size_t width, float* const xyb[3]);
  // Means of two by two samples.
  void (*halve)(const float* upper, const float* lower, size_t half_width, float* out);
  // a^2 + b^2 and (a - b)^2.
  void (*squares)(const float* a, const float* b, size_t width, float* sum, float* difference);
  void (*blur_across)(const float* row, size_t width, float* out);
  void (*blur_down)(const float* const rows[kBlurRows], size_t width, float* out);
  // Adds a row to the sums: without and with SSIM.
  void (*compare_edges)(const ComparedRow& row, size_t width, MapSums& sums);
  void (*compare_all)(const ComparedRow& row, size_t width, MapSums& sums);
};

}  // namespace stripline
