#include "masking.hpp"

#include <math.h>

#include "../ssimulacra2_weights.hpp"

namespace stripline {
namespace {

// Of what fourth powers of the SSIM map add. They make bad places count much more than others; in
// full, errors are driven to and fro between one choice of levels and the next. Best in trials.
constexpr double kSsimRoot = 0.4;

// What every CPU here has a register for. Compilers leave these loops scalar if left to themselves.
constexpr size_t kLanes = 4;
using Lanes = float __attribute__((vector_size(kLanes * sizeof(float))));

// As in ssimulacra2_weights.hpp.
struct Weights {
  const double* at;
  Weights(int channel, int scale) : at(kWeights + (channel * kScales + scale) * 6) {}

  // Whether the pair of channel and scale counts at all.
  bool count() const {
    double sum = 0;
    for (int i = 0; i < 6; ++i) sum += at[i];
    return sum > 0.05;
  }
};

constexpr int kMaps = Severity::kMaps;
enum Map { kSsim, kArtifacts, kLost };

// The factors with which a map's value d counts: linear + root * d^3.
struct Factors {
  float linear[kMaps], root[kMaps];

  // `severity` is the picture's, `share` how many of its pixels a sample is.
  Factors(const Weights& weights, const double severity[kMaps], double share) {
    for (int map = 0; map < kMaps; ++map) {
      const double root_of_mean = sqrt(sqrt(severity[map]));
      const double cube = root_of_mean * root_of_mean * root_of_mean;
      const double part = map == kSsim ? kSsimRoot : 1;
      linear[map] = static_cast<float>(weights.at[map] * share);
      // The derivative of (mean of d^4)^(1/4), less d^3.
      root[map] = cube > 0 ? static_cast<float>(part * weights.at[3 + map] * share / cube) : 0.0F;
    }
  }
};

Lanes load(const float* from) {
  Lanes lanes;
  __builtin_memcpy(&lanes, from, sizeof lanes);
  return lanes;
}
void store(const Lanes& lanes, float* to) { __builtin_memcpy(to, &lanes, sizeof lanes); }
Lanes positive(const Lanes& lanes) { return lanes > 0.0F ? lanes : Lanes{}; }
Lanes magnitude(const Lanes& lanes) { return lanes > 0.0F ? lanes : -lanes; }
Lanes fourth_power(const Lanes& lanes) { return lanes * lanes * (lanes * lanes); }

struct Row {
  const float* __restrict a, * __restrict mean_a, * __restrict b;
  float* __restrict mean, * __restrict sum, * __restrict difference;  // of b, a^2 + b^2, (a - b)^2
};

// The maps of a row and the sums of their fourth powers; see ssim_maps.inl.hpp. In place of the
// blurred rows come: the SSIM map, what the blurred squared error is multiplied by in it, and the
// edge map times its derivative by the edge.
inline void make_maps(const Row& row, size_t width, double sums[kMaps]) {
  constexpr float kC2 = 0.0009F;
  Lanes parts[kMaps] = {};
  for (size_t x = 0; x < width; x += kLanes) {  // past the width all is zero
    const Lanes mean_a = load(row.mean_a + x), mean_b = load(row.mean + x);
    const Lanes means = (mean_a - mean_b) * (mean_a - mean_b);
    const Lanes variances = load(row.sum + x) - mean_a * mean_a - mean_b * mean_b + kC2;
    const Lanes factor = (1.0F - means) / variances;
    const Lanes ssim = positive(means + factor * (load(row.difference + x) - means));
    const Lanes edge_a = magnitude(load(row.a + x) - mean_a),
                edge_b = magnitude(load(row.b + x) - mean_b);
    const Lanes slope = 1.0F / (1.0F + edge_a), edge = (edge_b - edge_a) * slope;
    store(ssim, row.difference + x);
    store(factor, row.sum + x);
    store(edge * slope, row.mean + x);
    parts[kSsim] += fourth_power(ssim);
    parts[kArtifacts] += fourth_power(positive(edge));
    parts[kLost] += fourth_power(positive(-edge));
  }
  for (int map = 0; map < kMaps; ++map) {
    for (size_t i = 0; i < kLanes; ++i) sums[map] += static_cast<double>(parts[map][i]);
  }
}

// From the maps to what squared errors are multiplied by.
inline void weigh(const Row& row, size_t width, const Factors& factors) {
  const float artifacts = factors.root[kArtifacts], lost = factors.root[kLost];
  for (size_t x = 0; x < width; x += kLanes) {
    const Lanes ssim = load(row.difference + x), edge = load(row.mean + x);
    const Lanes factor = factors.linear[kSsim] + factors.root[kSsim] * (ssim * ssim * ssim);
    store(factor * load(row.sum + x), row.difference + x);
    // The map is |e| * slope for an error e of the edge; this is its fourth power's derivative / e.
    store(edge * edge * (edge > 0.0F ? Lanes{} + artifacts : Lanes{} + lost), row.mean + x);
  }
}

}  // namespace

Masking::Masking(Size size, const MetricKernels& kernels, Arena& arena)
    : kernels_(kernels), size_(size) {
  for (Size now = size; scales_ < kMaskingScales; ++scales_) {
    if (scales_ > 0) {
      if (now.width < kMinScoredSide || now.height < kMinScoredSide) break;
      now = {(now.width + 1) / 2, (now.height + 1) / 2};
    }
    Level& level = levels_[scales_];
    level.size = now;
    for (int channel = 0; channel < 3; ++channel) {
      level.xyb[channel].take(arena, now.width, now.height);
      level.blurred[channel].take(arena, now.width, now.height);
    }
  }
  const size_t width = size.width, height = size.height, half = (width + 1) / 2;
  for (int channel = 0; channel < 3; ++channel) {
    linear_[0][channel].take(arena, width, height);
    linear_[1][channel].take(arena, half, (height + 1) / 2);
    decoded_[channel].take(arena, width, height);
  }
  mean_.take(arena, width, height);
  sum_.take(arena, width, height);
  difference_.take(arena, width, height);
  across_.take(arena, width, height);
  nothing_.take(arena, width, 1);
}

void Masking::first_linear(const uint8_t* rgb) const {
  for (size_t y = 0; y < size_.height; ++y) {
    float* const rows[3] = {linear_[0][0].row(y), linear_[0][1].row(y), linear_[0][2].row(y)};
    kernels_.linear_rgb(rgb + 3 * y * size_.width, size_.width, rows);
  }
}

void Masking::to_xyb(const Level& level, int scale, FloatPlane const xyb[3]) const {
  const FloatPlane* linear = linear_[scale % 2];
  for (size_t y = 0; y < level.size.height; ++y) {
    const float* const from[3] = {linear[0].row(y), linear[1].row(y), linear[2].row(y)};
    float* const to[3] = {xyb[0].row(y), xyb[1].row(y), xyb[2].row(y)};
    kernels_.xyb(from, level.size.width, to);
    for (int channel = 0; channel < 3; ++channel) xyb[channel].clear_around(y, level.size.width);
  }
}

// The last column and row are repeated if there is an odd number.
void Masking::halve(int scale) const {
  const Size size = levels_[scale].size;
  for (int channel = 0; channel < 3; ++channel) {
    const FloatPlane &from = linear_[scale % 2][channel], &to = linear_[(scale + 1) % 2][channel];
    for (size_t y = 0; y < size.height; y += 2) {
      float *upper = from.row(y), *lower = from.row(y + 1 < size.height ? y + 1 : y);
      upper[size.width] = upper[size.width - 1];
      lower[size.width] = lower[size.width - 1];
      kernels_.halve(upper, lower, (size.width + 1) / 2, to.row(y / 2));
    }
  }
}

void Masking::blur(const FloatPlane& from, const FloatPlane& to, Size size) const {
  clear(nothing_.data, nothing_.step);
  for (size_t y = 0; y < size.height; ++y) {
    from.clear_around(y, size.width);
    kernels_.blur_across(from.row(y), size.width, across_.row(y));
  }
  for (size_t y = 0; y < size.height; ++y) {
    const float* rows[kBlurRows];
    for (size_t i = 0; i < kBlurRows; ++i) {
      const size_t at = y + i;  // kBlurRadius too many
      const bool outside = at < kBlurRadius || at - kBlurRadius >= size.height;
      rows[i] = outside ? nothing_.row(0) : across_.row(at - kBlurRadius);
    }
    kernels_.blur_down(rows, size.width, to.row(y));
    to.clear_around(y, size.width);
  }
}

void Masking::set_original(const uint8_t* rgb) {
  first_linear(rgb);
  for (int scale = 0; scale < scales_; ++scale) {
    const Level& level = levels_[scale];
    to_xyb(level, scale, level.xyb);
    for (int channel = 0; channel < 3; ++channel) {
      blur(level.xyb[channel], level.blurred[channel], level.size);
    }
    if (scale + 1 < scales_) halve(scale);
  }
}

void Masking::compare(const uint8_t* rgb, const Severity& ratio, Visibility* blocks,
                      Severity& found) const {
  const size_t count = size_.width / 8 * (size_.height / 8);
  for (size_t i = 0; i < count; ++i) blocks[i] = {};
  found = {};
  first_linear(rgb);
  for (int scale = 0; scale < scales_; ++scale) {
    to_xyb(levels_[scale], scale, decoded_);
    if (scale + 1 < scales_) halve(scale);
    for (int channel = 0; channel < 3; ++channel) {
      if (!Weights(channel, scale).count()) continue;
      measure(scale, channel, ratio.of[scale][channel], blocks, found.of[scale][channel]);
    }
  }
}

void Masking::measure(int scale, int channel, const double ratio[], Visibility* blocks,
                      double found[]) const {
  const Level& level = levels_[scale];
  const Size size = level.size;
  const FloatPlane &a = level.xyb[channel], &b = decoded_[channel];
  // The two planes that are blurred into the other two are free again before those are read.
  for (size_t y = 0; y < size.height; ++y) {
    kernels_.squares(a.row(y), b.row(y), size.width, mean_.row(y), difference_.row(y));
  }
  blur(mean_, sum_, size);
  blur(difference_, difference_, size);
  blur(b, mean_, size);
  const auto row_at = [&](size_t y) {
    return Row{a.row(y),    level.blurred[channel].row(y),
               b.row(y),    mean_.row(y),
               sum_.row(y), difference_.row(y)};
  };
  for (size_t y = 0; y < size.height; ++y) make_maps(row_at(y), size.width, found);
  const auto pixels_of = [](Size area) { return static_cast<double>(area.width * area.height); };
  double severity[kMaps];
  for (int map = 0; map < kMaps; ++map) {
    found[map] /= pixels_of(size);
    severity[map] = ratio[map] * found[map];
  }
  const Factors factors(Weights(channel, scale), severity, pixels_of(size_) / pixels_of(size));
  for (size_t y = 0; y < size.height; ++y) weigh(row_at(y), size.width, factors);
  blur(difference_, difference_, size);
  gather(scale, channel, 0, difference_, blocks);
  gather(scale, channel, 1, mean_, blocks);
}

void Masking::gather(int scale, int channel, int kind, const FloatPlane& map,
                     Visibility* blocks) const {
  const size_t across = size_.width / 8, down = size_.height / 8;
  const size_t side = scale < 3 ? size_t{8} >> scale : 1;
  const float share = 1.0F / static_cast<float>(side * side);
  for (size_t y = 0; y < down; ++y) {
    for (size_t x = 0; x < across; ++x) {
      const size_t top = y * 8 >> scale, left = x * 8 >> scale;
      float sum = 0;
      for (size_t i = 0; i < side; ++i) {
        const float* at = map.row(top + i) + left;
        for (size_t j = 0; j < side; ++j) sum += at[j];
      }
      blocks[y * across + x].of[scale][channel][kind] = share * sum;
    }
  }
}

}  // namespace stripline
