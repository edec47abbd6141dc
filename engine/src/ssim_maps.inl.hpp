// The maps of one row and their sums.

namespace stripline::STRIPLINE_ISA {

STRIPLINE_LANES void blur_lanes(const float* const rows[kBlurRows], size_t x, Lanes& out) {
  Lanes upper, lower;
  load(rows[kBlurRadius] + x, upper);
  out = kBlurTaps[0] * upper;
  for (int i = 1; i <= kBlurRadius; ++i) {
    load(rows[kBlurRadius - i] + x, upper);
    load(rows[kBlurRadius + i] + x, lower);
    out += kBlurTaps[i] * (upper + lower);
  }
}

STRIPLINE_LANES void keep_positive(Lanes& lanes) { lanes = lanes > 0.0F ? lanes : Lanes{}; }

// Sums are kept in kRowPad parts whatever the registers' size, so that all instruction sets add in
// the same order.
struct RowSums {
  static constexpr size_t kRegisters = kRowPad / kLanes;
  Lanes first[kRegisters] = {}, fourth[kRegisters] = {};

  STRIPLINE_LANES void add(const Lanes& map, size_t at) {
    const Lanes square = map * map;
    first[at] += map;
    fourth[at] += square * square;
  }
  STRIPLINE_LANES void flush(double sums[2]) const {
    double one = 0, four = 0;
    for (size_t i = 0; i < kRowPad; ++i) {
      one += static_cast<double>(first[i / kLanes][i % kLanes]);
      four += static_cast<double>(fourth[i / kLanes][i % kLanes]);
    }
    sums[0] += one;
    sums[1] += four;
  }
};

// SSIMULACRA 2 takes 1 - (1 - (ma - mb)^2) (2 cov + c) / (va + vb + c), without the denominator
// that SSIM has for means. As va + vb - 2 cov is the variance of a - b, that is
//   (ma - mb)^2 + (1 - (ma - mb)^2) var(a - b) / (va + vb + c),
// which takes no difference of nearly equal numbers where the pictures are alike.
STRIPLINE_LANES void ssim_map(const Lanes& mean_a, const Lanes& mean_b, const Lanes& mean_sum,
                              const Lanes& mean_difference, Lanes& map) {
  constexpr float kC2 = 0.0009F;
  const Lanes means = (mean_a - mean_b) * (mean_a - mean_b);
  const Lanes variances = mean_sum - mean_a * mean_a - mean_b * mean_b + kC2;
  map = means + (1.0F - means) * ((mean_difference - means) / variances);
  keep_positive(map);
}

struct CompareSums {
  RowSums ssim, artifacts, lost;
};

template <bool kSsim>
STRIPLINE_LANES void compare_lanes(const ComparedRow& row, size_t x, size_t at, CompareSums& sums) {
  Lanes a, b, mean_a, mean_b;
  load(row.a + x, a);
  load(row.b + x, b);
  load(row.blurred_a + x, mean_a);
  blur_lanes(row.b_across, x, mean_b);
  if constexpr (kSsim) {
    Lanes sum, difference, map;
    blur_lanes(row.sum_across, x, sum);
    blur_lanes(row.difference_across, x, difference);
    ssim_map(mean_a, mean_b, sum, difference, map);
    sums.ssim.add(map, at);
  }
  // An edge is the distance from the blurred picture; the map is (1 + edge b) / (1 + edge a) - 1.
  Lanes edge_a = a - mean_a, edge_b = b - mean_b;
  edge_a = edge_a > 0.0F ? edge_a : -edge_a;
  edge_b = edge_b > 0.0F ? edge_b : -edge_b;
  Lanes more = (edge_b - edge_a) / (1.0F + edge_a), less = -more;
  keep_positive(more);
  keep_positive(less);
  sums.artifacts.add(more, at);
  sums.lost.add(less, at);
}

template <bool kSsim>
inline void compare(const ComparedRow& row, size_t width, MapSums& sums) {
  CompareSums local;
  for (size_t x = 0; x < width; x += kRowPad) {
    for (size_t at = 0; at < RowSums::kRegisters; ++at) {
      compare_lanes<kSsim>(row, x + at * kLanes, at, local);
    }
  }
  if constexpr (kSsim) local.ssim.flush(sums.ssim);
  local.artifacts.flush(sums.artifacts);
  local.lost.flush(sums.lost);
}

}  // namespace stripline::STRIPLINE_ISA
