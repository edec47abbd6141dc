// Tests of the comparisons of pictures: every row function against its definition, all sets of
// kernels against each other, and the promises of the public header.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <numbers>
#include <random>
#include <vector>

#include "../src/metric_kernels.hpp"
#include "check.hpp"
#include "stripline/engine.hpp"

using namespace stripline;
using namespace stripline::testing;

namespace {

std::mt19937 rng(20220713);

std::vector<const MetricKernels*> all_sets() {
  std::vector<const MetricKernels*> sets;
  for (size_t i = 0; available_kernels(i) != nullptr; ++i) {
    sets.push_back(find_metric_kernels(kernels_name(*available_kernels(i))));
  }
  return sets;
}

// A row with zeros around it, in memory of its own.
struct Row {
  std::vector<float> memory;
  explicit Row(size_t width) : memory(row_floats(width)) {}
  float* data() { return memory.data() + kRowPad; }
};

Row random_row(size_t width) {
  std::uniform_real_distribution<float> samples(0, 1);
  Row row(width);
  for (size_t x = 0; x < width; ++x) row.data()[x] = samples(rng);
  return row;
}

void test_linear_light(const MetricKernels& set) {
  uint8_t every[256];
  for (int i = 0; i < 256; ++i) every[i] = static_cast<uint8_t>(i);
  Row rows[3] = {Row(256), Row(256), Row(256)};
  float* const linear[3] = {rows[0].data(), rows[1].data(), rows[2].data()};
  set.linear_grey(every, 256, linear);
  double worst = 0;
  for (int i = 0; i < 256; ++i) {
    const double x = i / 255.0;
    const double wanted = x <= 0.04045 ? x / 12.92 : std::pow((x + 0.055) / 1.055, 2.4);
    for (const float* row : linear) worst = std::max(worst, std::abs(wanted - double{row[i]}));
  }
  CHECK(worst < 1e-7);
}

// Colours on a lattice, against the definition in double precision.
void test_xyb(const MetricKernels& set) {
  constexpr double kBias = 0.0037930732552754493;
  constexpr size_t kWidth = 21;
  double worst = 0;
  for (int red = 0; red <= 20; ++red) {
    for (int green = 0; green <= 20; ++green) {
      Row in[3] = {Row(kWidth), Row(kWidth), Row(kWidth)};
      Row out[3] = {Row(kWidth), Row(kWidth), Row(kWidth)};
      for (size_t x = 0; x < kWidth; ++x) {
        in[0].data()[x] = static_cast<float>(red) / 20;
        in[1].data()[x] = static_cast<float>(green) / 20;
        in[2].data()[x] = static_cast<float>(x) / 20;
      }
      const float* const linear[3] = {in[0].data(), in[1].data(), in[2].data()};
      float* const xyb[3] = {out[0].data(), out[1].data(), out[2].data()};
      set.xyb(linear, kWidth, xyb);
      for (size_t x = 0; x < kWidth; ++x) {
        const double r = red / 20.0, g = green / 20.0, b = static_cast<double>(x) / 20;
        const double l = std::cbrt(0.3 * r + 0.622 * g + 0.078 * b + kBias) - std::cbrt(kBias);
        const double m = std::cbrt(0.23 * r + 0.692 * g + 0.078 * b + kBias) - std::cbrt(kBias);
        const double s = std::cbrt(0.24342268924547819 * r + 0.20476744424496821 * g +
                                   (1 - 0.24342268924547819 - 0.20476744424496821) * b + kBias) -
                         std::cbrt(kBias);
        const double wanted[3] = {7 * (l - m) + 0.42, (l + m) / 2 + 0.01, s - (l + m) / 2 + 0.55};
        for (int i = 0; i < 3; ++i) {
          worst = std::max(worst, std::abs(wanted[i] - double{xyb[i][x]}));
        }
      }
    }
  }
  CHECK(worst < 3e-6);  // X is a small difference times 14
}

// Charalampidis' recursion, equations (33) to (57), fed a single one.
std::vector<double> impulse_response(double sigma, size_t length, size_t at) {
  using std::numbers::pi;
  const double n = std::round(3.2795 * sigma + 0.2546);
  double omega[3], p[3], r[3], rho[3];
  for (int i = 0; i < 3; ++i) {
    const double sign = i == 1 ? -1 : 1;
    omega[i] = (2 * i + 1) * pi / (2 * n);
    p[i] = sign / std::tan(omega[i] / 2);
    r[i] = sign * p[i] * p[i] / std::sin(omega[i]);
    rho[i] = std::exp(-0.5 * sigma * sigma * omega[i] * omega[i]) / n;
  }
  const double d13 = p[0] * r[1] - r[0] * p[1], d35 = p[1] * r[2] - r[1] * p[2],
               d51 = p[2] * r[0] - r[2] * p[0];
  // Solve p beta = 1, r beta = n^2 - sigma^2, zeta beta = zeta rho by Cramer's rule.
  const double rows[3][3] = {{p[0], p[1], p[2]}, {r[0], r[1], r[2]}, {d35 / d13, d51 / d13, 1}};
  const double right[3] = {1, n * n - sigma * sigma,
                           rows[2][0] * rho[0] + rows[2][1] * rho[1] + rho[2]};
  const auto determinant = [](const double m[3][3]) {
    return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
           m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
           m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
  };
  std::vector<double> response(length);
  for (int k = 0; k < 3; ++k) {
    double replaced[3][3];
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 3; ++j) replaced[i][j] = j == k ? right[i] : rows[i][j];
    }
    const double beta = determinant(replaced) / determinant(rows);
    double last = 0, before = 0;
    const auto input = [&](double place) { return place == static_cast<double>(at) ? 1.0 : 0.0; };
    for (double y = 1 - n; y < static_cast<double>(length); ++y) {
      const double both = input(y - n - 1) + input(y + n - 1);
      const double now =
          -beta * std::cos(omega[k] * (n + 1)) * both + 2 * std::cos(omega[k]) * last - before;
      before = last;
      last = now;
      if (y >= 0) response[static_cast<size_t>(y)] += now;
    }
  }
  return response;
}

// A one at each end and in the middle of a row, and of a column.
void test_blur(const MetricKernels& set) {
  constexpr size_t kWidth = 37;
  for (const size_t at : {size_t{0}, size_t{3}, kWidth / 2, kWidth - 1}) {
    const auto wanted = impulse_response(1.5, kWidth, at);
    Row across(kWidth), out(kWidth);
    across.data()[at] = 1;
    set.blur_across(across.data(), kWidth, out.data());
    double worst = 0;
    for (size_t x = 0; x < kWidth; ++x) {
      worst = std::max(worst, std::abs(wanted[x] - double{out.data()[x]}));
      const float* rows[kBlurRows];
      Row nothing(1), one(1), down(1);
      one.data()[0] = 1;
      for (size_t i = 0; i < kBlurRows; ++i) {
        rows[i] = x + i == at + kBlurRadius ? one.data() : nothing.data();
      }
      set.blur_down(rows, 1, down.data());
      worst = std::max(worst, std::abs(wanted[x] - double{down.data()[0]}));
    }
    CHECK(worst < 1e-7);
  }
}

// The maps of one row, with SSIM as its author writes it.
void test_compare(const MetricKernels& set) {
  constexpr size_t kWidth = 100;
  const Row nothing(kWidth);
  Row a = random_row(kWidth), b = random_row(kWidth), sum(kWidth), difference(kWidth);
  // Only the middle row counts, with the middle tap: all blurs are but this factor.
  const double tap = double{kBlurTaps[0]};
  Row blurred_a(kWidth);
  for (size_t x = 0; x < kWidth; ++x) blurred_a.data()[x] = a.data()[x] * kBlurTaps[0];
  set.squares(a.data(), b.data(), kWidth, sum.data(), difference.data());
  ComparedRow row{a.data(), blurred_a.data(), b.data(), {}, {}, {}};
  for (int i = 0; i < kBlurRows; ++i) {
    const bool middle = i == kBlurRadius;
    const float* zeros = nothing.memory.data() + kRowPad;
    row.b_across[i] = middle ? b.data() : zeros;
    row.sum_across[i] = middle ? sum.data() : zeros;
    row.difference_across[i] = middle ? difference.data() : zeros;
  }
  MapSums sums{}, edges{};
  set.compare_all(row, kWidth, sums);
  set.compare_edges(row, kWidth, edges);
  double ssim[2] = {}, artifacts[2] = {}, lost[2] = {};
  const auto add = [](double map, double (&to)[2]) {
    to[0] += std::max(map, 0.0);
    to[1] += std::pow(std::max(map, 0.0), 4);
  };
  for (size_t x = 0; x < kWidth; ++x) {
    const double one = double{a.data()[x]}, two = double{b.data()[x]};
    const double mean_a = tap * one, mean_b = tap * two, c2 = 0.0009;
    const double covariance = tap * one * two - mean_a * mean_b;
    const double variances = tap * (one * one + two * two) - mean_a * mean_a - mean_b * mean_b;
    const double means = (mean_a - mean_b) * (mean_a - mean_b);
    add(1 - (1 - means) * (2 * covariance + c2) / (variances + c2), ssim);
    const double edge = (1 + std::abs(two - mean_b)) / (1 + std::abs(one - mean_a)) - 1;
    add(edge, artifacts);
    add(-edge, lost);
  }
  const auto close = [](double x, double y) { return std::abs(x - y) <= 1e-5 * (1 + std::abs(y)); };
  for (int i = 0; i < 2; ++i) {
    CHECK(close(sums.ssim[i], ssim[i]));
    CHECK(close(sums.artifacts[i], artifacts[i]));
    CHECK(close(sums.lost[i], lost[i]));
    CHECK(edges.ssim[i] == 0);
    CHECK(edges.artifacts[i] == sums.artifacts[i]);
    CHECK(edges.lost[i] == sums.lost[i]);
  }
}

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

// Exactly as much as is asked for, so that the address sanitizer sees any byte too many.
std::unique_ptr<void, Free> allocate(size_t bytes) {
  void* memory = nullptr;
  if (posix_memalign(&memory, kMetricAlignment, bytes) != 0) std::abort();
  return std::unique_ptr<void, Free>(memory);
}

double score(const Picture& original, const Picture& distorted, const MetricKernels& set) {
  const auto reference = allocate(ssimulacra2_reference_bytes(original.width, original.height));
  const auto scratch = allocate(ssimulacra2_scratch_bytes(original.width, original.height));
  double result = 0;
  CHECK(ssimulacra2_prepare(original, set, reference.get(), scratch.get()) == MetricStatus::kOk);
  CHECK(ssimulacra2_score(reference.get(), distorted, set, scratch.get(), result) ==
        MetricStatus::kOk);
  return result;
}

// Soft shapes with some noise.
std::vector<uint8_t> scene(size_t width, size_t height, size_t channels) {
  std::vector<uint8_t> samples;
  for (size_t y = 0; y < height; ++y) {
    for (size_t x = 0; x < width * channels; ++x) {
      const double wave =
          std::sin(static_cast<double>(x / channels) * 0.07) *
          std::cos(static_cast<double>(y) * 0.05 + static_cast<double>(x % channels));
      samples.push_back(static_cast<uint8_t>(128 + 100 * wave + rng() % 20));
    }
  }
  return samples;
}

// All sets give the same score; the same pixels 100; noise less, and more noise still less.
void test_score(uint32_t width, uint32_t height, uint32_t channels) {
  const auto original = scene(width, height, channels);
  auto noisy = original, noisier = original;
  for (size_t i = 0; i < original.size(); ++i) {
    noisy[i] = static_cast<uint8_t>(std::min<size_t>(255, noisy[i] + rng() % 8));
    noisier[i] = static_cast<uint8_t>(std::min<size_t>(255, noisier[i] + rng() % 64));
  }
  const auto picture = [&](const std::vector<uint8_t>& samples) {
    return Picture{samples.data(), static_cast<ptrdiff_t>(width * channels), width, height,
                   channels};
  };
  const MetricKernels& base = *find_metric_kernels("scalar");
  const double little = score(picture(original), picture(noisy), base);
  const double much = score(picture(original), picture(noisier), base);
  CHECK(little < 100);
  CHECK(much < little);
  for (const MetricKernels* set : all_sets()) {
    CHECK(score(picture(original), picture(original), *set) == 100);
    CHECK(score(picture(original), picture(noisy), *set) == little);
    CHECK(score(picture(original), picture(noisier), *set) == much);
  }
}

// Grey is red, green and blue that are equal; a picture may be read bottom up.
void test_layouts(const MetricKernels& set) {
  constexpr uint32_t kWidth = 45, kHeight = 31;
  const auto a = scene(kWidth, kHeight, 1), b = scene(kWidth, kHeight, 1);
  std::vector<uint8_t> colour_a, colour_b, turned;
  for (const uint8_t sample : a) colour_a.insert(colour_a.end(), 3, sample);
  for (const uint8_t sample : b) colour_b.insert(colour_b.end(), 3, sample);
  for (size_t y = kHeight; y-- > 0;)
    turned.insert(turned.end(), &b[y * kWidth], &b[y * kWidth] + kWidth);
  const Picture grey_a{a.data(), kWidth, kWidth, kHeight, 1};
  const Picture grey_b{b.data(), kWidth, kWidth, kHeight, 1};
  const Picture rgb_a{colour_a.data(), 3 * kWidth, kWidth, kHeight, 3};
  const Picture rgb_b{colour_b.data(), 3 * kWidth, kWidth, kHeight, 3};
  const Picture up_b{&turned[(kHeight - 1) * kWidth], -ptrdiff_t{kWidth}, kWidth, kHeight, 1};
  const double wanted = score(grey_a, grey_b, set);
  CHECK(score(rgb_a, rgb_b, set) == wanted);
  CHECK(score(grey_a, rgb_b, set) == wanted);
  CHECK(score(grey_a, up_b, set) == wanted);
}

void test_bad_pictures() {
  const MetricKernels& set = *find_metric_kernels("scalar");
  const std::vector<uint8_t> samples(3 * 64);
  const auto reference = allocate(ssimulacra2_reference_bytes(8, 8));
  const auto scratch = allocate(ssimulacra2_scratch_bytes(8, 8));
  double result = 0;
  const Picture good{samples.data(), 24, 8, 8, 3};
  CHECK(ssimulacra2_prepare(good, set, reference.get(), scratch.get()) == MetricStatus::kOk);
  const auto is_bad = [&](uint32_t width, uint32_t height, uint32_t channels) {
    const Picture bad{samples.data(), 24, width, height, channels};
    return ssimulacra2_score(reference.get(), bad, set, scratch.get(), result) ==
           MetricStatus::kBadPicture;
  };
  CHECK(is_bad(7, 8, 3));
  CHECK(is_bad(8, 7, 3));
  CHECK(is_bad(9, 8, 3));
  CHECK(is_bad(8, 9, 3));
  CHECK(is_bad(65536, 8, 3));
  CHECK(is_bad(8, 8, 2));
  CHECK(is_bad(8, 8, 0));
  CHECK(!is_bad(8, 8, 1));
  const Picture small{samples.data(), 24, 7, 8, 3};
  CHECK(ssimulacra2_prepare(small, set, reference.get(), scratch.get()) ==
        MetricStatus::kBadPicture);
  CHECK(find_metric_kernels("no-such-set") == nullptr);
}

void test_squared_errors() {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{77}, size_t{65536}, size_t{200001}}) {
    std::vector<uint8_t> a(size), b(size), black(size), white(size, 255);
    uint64_t wanted = 0;
    for (size_t i = 0; i < size; ++i) {
      a[i] = static_cast<uint8_t>(rng());
      b[i] = static_cast<uint8_t>(rng());
      wanted += static_cast<uint64_t>((a[i] - b[i]) * (a[i] - b[i]));
    }
    CHECK(sum_of_squared_errors(a.data(), b.data(), size) == wanted);
    CHECK(sum_of_squared_errors(black.data(), white.data(), size) == uint64_t{65025} * size);
  }
}

}  // namespace

int main() {
  for (const MetricKernels* set : all_sets()) {
    test_linear_light(*set);
    test_xyb(*set);
    test_blur(*set);
    test_compare(*set);
    test_layouts(*set);
  }
  for (const uint32_t channels : {1U, 3U}) {
    test_score(8, 8, channels);
    test_score(33, 9, channels);
    test_score(8, 300, channels);
    test_score(300, 8, channels);
    test_score(131, 97, channels);
  }
  test_bad_pictures();
  test_squared_errors();
  std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
