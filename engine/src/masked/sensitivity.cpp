#include "sensitivity.hpp"

#include <math.h>

namespace stripline {
namespace {

// Where nothing is seen at all, errors still count that much: the metric is blind to some chroma.
constexpr float kLeastSensitivity = 3e-3F;

// A basis function alone in a row of samples, and the row halved again and again.
struct Line {
  static constexpr size_t kLength = 256, kStart = 112;
  size_t length = kLength;
  double at[kLength] = {};

  Line(size_t frequency, bool is_doubled, size_t place) {
    constexpr double kPi = 3.14159265358979323846;
    double basis[kBlockSide + 2] = {};  // with a zero at either end
    for (size_t x = 0; x < kBlockSide; ++x) {
      const double angle = static_cast<double>((2 * x + 1) * frequency) * kPi / 16;
      basis[x + 1] = (frequency == 0 ? sqrt(0.125) : 0.5) * cos(angle);
    }
    double* out = at + kStart + place;
    if (!is_doubled) {
      for (size_t x = 0; x < kBlockSide; ++x) out[x] = basis[x + 1];
      return;
    }
    for (size_t x = 0; x < kBlockSide + 2; ++x) {  // as double_plane() in colour.hpp
      out[2 * x] += 0.75 * basis[x];
      out[2 * x + 1] += 0.75 * basis[x];
      if (x > 0) out[2 * x - 1] += 0.25 * basis[x];
      if (x < kBlockSide + 1) out[2 * x + 2] += 0.25 * basis[x];
    }
  }

  void halve(int times) {
    for (; times > 0; --times) {
      length /= 2;
      for (size_t x = 0; x < length; ++x) at[x] = (at[2 * x] + at[2 * x + 1]) / 2;
    }
  }

  double blurred(size_t x) const {
    double sum = static_cast<double>(kBlurTaps[0]) * at[x];
    for (size_t i = 1; i <= kBlurRadius; ++i) {
      const double before = x >= i ? at[x - i] : 0, after = x + i < length ? at[x + i] : 0;
      sum += static_cast<double>(kBlurTaps[i]) * (before + after);
    }
    return sum;
  }
};

// Energies in one dimension: products of them are those in two.
struct Energies {
  double own = 0, with_blur = 0, of_blur = 0;

  Energies() = default;
  Energies(size_t frequency, bool is_doubled, int scale) {
    const size_t places = size_t{1} << scale;
    for (size_t place = 0; place < places; ++place) {
      Line line(frequency, is_doubled, place);
      line.halve(scale);
      for (size_t x = 0; x < line.length; ++x) {
        const double value = line.at[x], blurred = line.blurred(x);
        own += value * value;
        with_blur += value * blurred;
        of_blur += blurred * blurred;
      }
    }
    const auto share = 1.0 / static_cast<double>(places);
    own *= share, with_blur *= share, of_blur *= share;
  }
};

// sRGB to linear light and its derivative (IEC 61966-2-1), for 0 to 255.
struct Linear {
  double value, slope;
  explicit Linear(double octet) {
    const double x = octet / 255;
    const double base = (x + 0.055) / 1.055;
    value = x <= 0.04045 ? x / 12.92 : pow(base, 2.4);
    slope = (x <= 0.04045 ? 1 / 12.92 : 2.4 / 1.055 * pow(base, 1.4)) / 255;
  }
};

// The derivatives of XYB (see xyb.inl.hpp) along a direction in RGB, squared.
Gains gains_at(const double mean[3], const double direction[3]) {
  constexpr double kAbsorbance[3][3] = {
      {0.3, 0.622, 0.078},
      {0.23, 0.692, 0.078},
      {0.24342268924547819, 0.20476744424496821, 0.5518098665095536},
  };
  constexpr double kBias = 0.0037930732552754493;
  const Linear linear[3] = {Linear(mean[0]), Linear(mean[1]), Linear(mean[2])};
  double cone[3];
  for (int i = 0; i < 3; ++i) {
    double value = kBias, slope = 0;
    for (int j = 0; j < 3; ++j) {
      value += kAbsorbance[i][j] * linear[j].value;
      slope += kAbsorbance[i][j] * linear[j].slope * direction[j];
    }
    const double root = cbrt(value);
    cone[i] = slope / (3 * root * root);
  }
  const double x = 7 * (cone[0] - cone[1]), y = (cone[0] + cone[1]) / 2, b = cone[2] - y;
  return {{static_cast<float>(x * x), static_cast<float>(y * y), static_cast<float>(b * b)}};
}

}  // namespace

Spectra::Spectra(bool is_doubled) {
  for (int scale = 0; scale < kMaskingScales; ++scale) {
    Energies along[kBlockSide];
    for (size_t u = 0; u < kBlockSide; ++u) along[u] = Energies(u, is_doubled, scale);
    for (size_t v = 0; v < kBlockSide; ++v) {
      for (size_t u = 0; u < kBlockSide; ++u) {
        const Energies &down = along[v], &across = along[u];
        const double own = down.own * across.own, blurred = down.of_blur * across.of_blur;
        const double edges = own - 2 * down.with_blur * across.with_blur + blurred;
        of[scale][0][v * kBlockSide + u] = static_cast<float>(own - blurred);
        of[scale][1][v * kBlockSide + u] = static_cast<float>(edges);
      }
    }
  }
}

void find_gains(const uint8_t* rgb, Size size, int component, const BlockGrid& grid, Gains* gains) {
  constexpr double kRgbOf[3][3] = {{1, 1, 1}, {0, -0.344136286, 1.772}, {1.402, -0.714136286, 0}};
  const size_t side = size.width / grid.across;
  for (size_t block = 0; block < grid.count(); ++block) {
    const size_t top = block / grid.across * side, left = block % grid.across * side;
    uint32_t sums[3] = {};
    for (size_t y = 0; y < side; ++y) {
      const uint8_t* at = rgb + 3 * ((top + y) * size.width + left);
      for (size_t x = 0; x < side; ++x, at += 3) {
        for (int i = 0; i < 3; ++i) sums[i] += at[i];
      }
    }
    double mean[3];
    for (int i = 0; i < 3; ++i) mean[i] = sums[i] / static_cast<double>(side * side);
    gains[block] = gains_at(mean, kRgbOf[component]);
  }
}

void find_sensitivity(const Visibility* visibilities, size_t span, size_t across,
                      const Gains& gains, const Spectra& spectra, float sensitivity[kBlockSize]) {
  const float share = 1.0F / static_cast<float>(span * span);
  for (size_t i = 0; i < kBlockSize; ++i) sensitivity[i] = kLeastSensitivity;
  for (int scale = 0; scale < kMaskingScales; ++scale) {
    for (int kind = 0; kind < 2; ++kind) {
      float sum = 0;
      for (size_t block = 0; block < span * span; ++block) {
        const Visibility& one = visibilities[block / span * across + block % span];
        for (int i = 0; i < 3; ++i) sum += gains.of[i] * one.of[scale][i][kind];
      }
      sum *= share;
      const float* spectrum = spectra.of[scale][kind];
      for (size_t i = 0; i < kBlockSize; ++i) sensitivity[i] += sum * spectrum[i];
    }
  }
}

}  // namespace stripline
