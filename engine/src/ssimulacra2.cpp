// SSIMULACRA 2: the walk over scales and rows, and where everything lies in memory.
#include <math.h>

#include "float_planes.hpp"
#include "ssimulacra2_weights.hpp"

namespace stripline {
namespace {

constexpr size_t kRing = kBlurRows;  // rows of which the blur needs all at once

// The scales that take part: each is half the one before, and the last may be the first that is
// smaller than kMinScoredSide.
int scales_of(Size size, Size sizes[kScales]) {
  int count = 0;
  while (count < kScales && size.width >= kMinScoredSide && size.height >= kMinScoredSide) {
    if (count > 0) size = {(size.width + 1) / 2, (size.height + 1) / 2};
    sizes[count++] = size;
  }
  return count;
}

// The last rows of a plane: row y lies where row y - kRing was.
struct Ring {
  FloatPlane plane;
  size_t height = 0;

  void take(Arena& arena, size_t width) { plane.take(arena, width, kRing); }
  float* row(size_t y) const { return plane.row(y % kRing); }
  void clear_around(size_t y, size_t width) const { plane.clear_around(y % kRing, width); }
};

// What is prepared of an original.
struct Reference {
  Size sizes[kScales];
  int scales;
  FloatPlane xyb[kScales][3], blurred[kScales][3];

  Reference(Size size, Arena& arena) : scales(scales_of(size, sizes)) {
    for (int scale = 0; scale < scales; ++scale) {
      for (int channel = 0; channel < 3; ++channel) {
        xyb[scale][channel].take(arena, sizes[scale].width, sizes[scale].height);
        blurred[scale][channel].take(arena, sizes[scale].width, sizes[scale].height);
      }
    }
  }
};

// At the head of a reference's memory, so that a distorted picture can be held against it.
struct alignas(kMetricAlignment) ReferenceHead {
  Size size;
};

// The work space of both calls.
struct Work {
  FloatPlane halved[2][3];  // linear light of the scale that is read and of the one that is made
  FloatPlane linear[3];     // two rows of the first scale
  FloatPlane nothing;       // a row of zeros, above and below the picture
  FloatPlane squares;       // two rows to be blurred across
  struct ChannelRings {
    Ring b, b_across, sum_across, difference_across;
  } rings[3];

  Work(const Size sizes[kScales], Arena& arena) {
    const size_t width = sizes[0].width, half = (width + 1) / 2, height = sizes[0].height;
    for (int channel = 0; channel < 3; ++channel) {
      halved[1][channel].take(arena, half, (height + 1) / 2);
      halved[0][channel].take(arena, (half + 1) / 2, ((height + 1) / 2 + 1) / 2);
      linear[channel].take(arena, width, 2);
      rings[channel].b.take(arena, width);
      rings[channel].b_across.take(arena, width);
      rings[channel].sum_across.take(arena, width);
      rings[channel].difference_across.take(arena, width);
    }
    nothing.take(arena, width, 1);
    squares.take(arena, width, 2);
  }
};

// Gives the XYB rows of one scale in order, and makes the next scale's linear light on the way.
class ScaleRows {
 public:
  ScaleRows(const Picture& picture, const MetricKernels& kernels, const Work& work, int scale,
            const Size sizes[kScales], bool is_last)
      : picture_(picture),
        kernels_(kernels),
        work_(work),
        scale_(scale),
        size_(sizes[scale]),
        is_last_(is_last) {}

  void next(float* const xyb[3]) {
    float* linear[3];
    for (int channel = 0; channel < 3; ++channel) linear[channel] = linear_row(channel, y_);
    if (scale_ == 0) {
      const uint8_t* src = picture_.data + static_cast<ptrdiff_t>(y_) * picture_.stride;
      (picture_.channels == 1 ? kernels_.linear_grey : kernels_.linear_rgb)(src, size_.width,
                                                                            linear);
    }
    kernels_.xyb(linear, size_.width, xyb);
    const bool ends = y_ + 1 == size_.height;
    if (!is_last_ && (y_ % 2 == 1 || ends)) halve(y_ - y_ % 2, y_);
    ++y_;
  }

 private:
  float* linear_row(int channel, size_t y) const {
    return scale_ == 0 ? work_.linear[channel].row(y % 2)
                       : work_.halved[scale_ % 2][channel].row(y);
  }

  // The last column and row are repeated if there is an odd number.
  void halve(size_t upper, size_t lower) const {
    for (int channel = 0; channel < 3; ++channel) {
      float *above = linear_row(channel, upper), *below = linear_row(channel, lower);
      above[size_.width] = above[size_.width - 1];
      below[size_.width] = below[size_.width - 1];
      kernels_.halve(above, below, (size_.width + 1) / 2,
                     work_.halved[(scale_ + 1) % 2][channel].row(upper / 2));
    }
  }

  const Picture& picture_;
  const MetricKernels& kernels_;
  const Work& work_;
  int scale_;
  Size size_;
  bool is_last_;
  size_t y_ = 0;
};

// The rows around row y; outside the picture, zeros.
void rows_around(const Ring& ring, size_t y, size_t height, const float* nothing,
                 const float* rows[kBlurRows]) {
  for (size_t i = 0; i < kBlurRows; ++i) {
    const size_t at = y + i;  // kBlurRadius too many
    rows[i] = at < kBlurRadius || at - kBlurRadius >= height ? nothing : ring.row(at - kBlurRadius);
  }
}

struct WeightsOf {
  // Weights of one channel and scale: [mean, root][SSIM, artifacts, lost]. With fewer scales than
  // six, a channel's weights follow at once upon those of the channel before, as in the reference.
  const double* at;
  WeightsOf(int channel, int scale, int scales) : at(kWeights + (channel * scales + scale) * 6) {}
  bool has_ssim() const { return at[0] != 0 || at[3] != 0; }

  double of(const double sums[2], int map, double samples) const {
    return at[map] * (sums[0] / samples) + at[3 + map] * sqrt(sqrt(sums[1] / samples));
  }
  double of(const MapSums& sums, double samples) const {
    return of(sums.ssim, 0, samples) + of(sums.artifacts, 1, samples) + of(sums.lost, 2, samples);
  }
};

double curve(double error) {
  error *= kCurveScale;
  error *= kCurve[0] + error * (kCurve[1] + error * kCurve[2]);
  return error > 0 ? 100 - 10 * pow(error, kCurvePower) : 100;
}

// One scale of a distorted picture against the original's.
class Comparison {
 public:
  Comparison(const Reference& reference, const MetricKernels& kernels, const Work& work, int scale)
      : reference_(reference),
        kernels_(kernels),
        work_(work),
        scale_(scale),
        size_(reference.sizes[scale]) {}

  // The scale's part of the weighted sum.
  double run(ScaleRows& rows) {
    for (size_t y = 0; y < size_.height + kBlurRadius; ++y) {
      if (y < size_.height) enter(y, rows);
      if (y >= kBlurRadius) compare(y - kBlurRadius);
    }
    double sum = 0;
    const double samples = static_cast<double>(size_.width) * static_cast<double>(size_.height);
    for (int channel = 0; channel < 3; ++channel) {
      sum += weights(channel).of(sums_[channel], samples);
    }
    return sum;
  }

 private:
  WeightsOf weights(int channel) const { return {channel, scale_, reference_.scales}; }

  void blur_across(const float* row, const Ring& ring, size_t y) const {
    kernels_.blur_across(row, size_.width, ring.row(y));
    ring.clear_around(y, size_.width);
  }

  void enter(size_t y, ScaleRows& rows) const {
    float* xyb[3];
    for (int channel = 0; channel < 3; ++channel) xyb[channel] = work_.rings[channel].b.row(y);
    rows.next(xyb);
    for (int channel = 0; channel < 3; ++channel) {
      const auto& rings = work_.rings[channel];
      rings.b.clear_around(y, size_.width);
      blur_across(xyb[channel], rings.b_across, y);
      if (!weights(channel).has_ssim()) continue;
      float *sum = work_.squares.row(0), *difference = work_.squares.row(1);
      kernels_.squares(reference_.xyb[scale_][channel].row(y), xyb[channel], size_.width, sum,
                       difference);
      work_.squares.clear_around(0, size_.width);
      work_.squares.clear_around(1, size_.width);
      blur_across(sum, rings.sum_across, y);
      blur_across(difference, rings.difference_across, y);
    }
  }

  void compare(size_t y) {
    const float* nothing = work_.nothing.row(0);
    for (int channel = 0; channel < 3; ++channel) {
      const auto& rings = work_.rings[channel];
      ComparedRow row{};
      row.a = reference_.xyb[scale_][channel].row(y);
      row.blurred_a = reference_.blurred[scale_][channel].row(y);
      row.b = rings.b.row(y);
      rows_around(rings.b_across, y, size_.height, nothing, row.b_across);
      rows_around(rings.sum_across, y, size_.height, nothing, row.sum_across);
      rows_around(rings.difference_across, y, size_.height, nothing, row.difference_across);
      (weights(channel).has_ssim() ? kernels_.compare_all : kernels_.compare_edges)(
          row, size_.width, sums_[channel]);
    }
  }

  const Reference& reference_;
  const MetricKernels& kernels_;
  const Work& work_;
  int scale_;
  Size size_;
  MapSums sums_[3] = {};
};

void prepare_scale(const Reference& reference, const MetricKernels& kernels, const Work& work,
                   int scale, ScaleRows& rows) {
  const Size size = reference.sizes[scale];
  const FloatPlane* planes = reference.xyb[scale];
  const auto across = [&](int channel) -> const Ring& { return work.rings[channel].b_across; };
  for (size_t y = 0; y < size.height + kBlurRadius; ++y) {
    if (y < size.height) {
      float* const xyb[3] = {planes[0].row(y), planes[1].row(y), planes[2].row(y)};
      rows.next(xyb);
      for (int channel = 0; channel < 3; ++channel) {
        planes[channel].clear_around(y, size.width);
        kernels.blur_across(xyb[channel], size.width, across(channel).row(y));
        across(channel).clear_around(y, size.width);
      }
    }
    if (y < kBlurRadius) continue;
    for (int channel = 0; channel < 3; ++channel) {
      const float* around[kBlurRows];
      const FloatPlane& blurred = reference.blurred[scale][channel];
      rows_around(across(channel), y - kBlurRadius, size.height, work.nothing.row(0), around);
      kernels.blur_down(around, size.width, blurred.row(y - kBlurRadius));
      blurred.clear_around(y - kBlurRadius, size.width);
    }
  }
}

bool is_good(const Picture& picture) {
  const auto in_range = [](uint32_t side) {
    return side >= kMinScoredSide && side <= kMaxScoredSide;
  };
  return in_range(picture.width) && in_range(picture.height) &&
         (picture.channels == 1 || picture.channels == 3);
}

}  // namespace

size_t ssimulacra2_reference_bytes(uint32_t width, uint32_t height) {
  Arena arena(nullptr);
  Reference({width, height}, arena);
  return sizeof(ReferenceHead) + arena.bytes();
}

size_t ssimulacra2_scratch_bytes(uint32_t width, uint32_t height) {
  Arena arena(nullptr);
  Size sizes[kScales];
  scales_of({width, height}, sizes);
  Work(sizes, arena);
  return arena.bytes();
}

MetricStatus ssimulacra2_prepare(const Picture& original, const MetricKernels& kernels,
                                 void* reference, void* scratch) {
  if (!is_good(original)) return MetricStatus::kBadPicture;
  auto* head = static_cast<ReferenceHead*>(reference);
  head->size = {original.width, original.height};
  Arena kept(head + 1), arena(scratch);
  const Reference prepared(head->size, kept);
  const Work work(prepared.sizes, arena);
  clear(work.nothing.data, work.nothing.step);
  for (int scale = 0; scale < prepared.scales; ++scale) {
    ScaleRows rows(original, kernels, work, scale, prepared.sizes, scale + 1 == prepared.scales);
    prepare_scale(prepared, kernels, work, scale, rows);
  }
  return MetricStatus::kOk;
}

MetricStatus ssimulacra2_score(const void* reference, const Picture& distorted,
                               const MetricKernels& kernels, void* scratch, double& score) {
  const auto* head = static_cast<const ReferenceHead*>(reference);
  if (!is_good(distorted) || distorted.width != head->size.width ||
      distorted.height != head->size.height) {
    return MetricStatus::kBadPicture;
  }
  // Only read, as promised; planes know no constness.
  Arena kept(const_cast<ReferenceHead*>(head + 1)), arena(scratch);
  const Reference prepared(head->size, kept);
  const Work work(prepared.sizes, arena);
  clear(work.nothing.data, work.nothing.step);
  double error = 0;
  for (int scale = 0; scale < prepared.scales; ++scale) {
    ScaleRows rows(distorted, kernels, work, scale, prepared.sizes, scale + 1 == prepared.scales);
    error += Comparison(prepared, kernels, work, scale).run(rows);
  }
  score = curve(error);
  return MetricStatus::kOk;
}

}  // namespace stripline
