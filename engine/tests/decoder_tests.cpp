// The decoder's own tests: transforms and colours against their definitions, every set of this CPU
// against the scalar one, whole files there and back, and what is refused.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <numbers>
#include <random>
#include <vector>

#include "../src/decoder/decode_kernels.hpp"
#include "jpeg_file.hpp"

using namespace stripline;
using namespace stripline::testing;

namespace {

int failures = 0;

#define CHECK(condition)                                                   \
  do {                                                                     \
    if (!(condition)) {                                                    \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      ++failures;                                                          \
    }                                                                      \
  } while (false)

std::mt19937 rng(20240229);

int between(int low, int high) {
  return low + static_cast<int>(rng() % static_cast<uint32_t>(high - low + 1));
}

struct alignas(64) Group {
  GroupCoefficients coefficients;
};

// Coefficients of blocks as photographs have them, up to number `last` in zigzag order.
Group random_group(int last) {
  Group group{};
  for (int lane = 0; lane < kGroupLanes; ++lane) {
    for (int k = 0; k <= last; ++k) {
      const int most = 500 / (1 + 2 * k);
      group.coefficients[kZigzag[k]][lane] = static_cast<int16_t>(between(-most, most));
    }
  }
  return group;
}

// One block's samples by the definition (ITU-T T.81, A.3.3), at full size, as far from clipping as
// they come.
void exact_samples(const Group& group, int lane, const int32_t steps[64], double samples[64]) {
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) {
      double sum = 0;
      for (int v = 0; v < 8; ++v) {
        for (int u = 0; u < 8; ++u) {
          const double weight =
              (u == 0 ? std::numbers::sqrt2 / 2 : 1) * (v == 0 ? std::numbers::sqrt2 / 2 : 1) / 4;
          sum += weight * group.coefficients[v * 8 + u][lane] * steps[v * 8 + u] *
                 std::cos((2 * x + 1) * u * std::numbers::pi / 16) *
                 std::cos((2 * y + 1) * v * std::numbers::pi / 16);
        }
      }
      samples[y * 8 + x] = sum + 128;
    }
  }
}

// The full transform is right to a level, and the smaller ones are near the means of its samples.
void test_idct_is_accurate(const DecodeKernels& kernels) {
  int32_t steps[64];
  for (int32_t& step : steps) step = between(1, 3);
  constexpr double kMost[4] = {0.51, 6.0, 6.0, 0.6}, kMean[4] = {0.3, 1.0, 1.0, 0.3};
  for (int size_log2 = 0; size_log2 < 4; ++size_log2) {
    const int size = 1 << size_log2, part = 8 >> size_log2;
    double total = 0, most = 0;
    int count = 0;
    for (int round = 0; round < 40; ++round) {
      const int last = round % 4 == 0 ? 63 : round % 4 == 1 ? 9 : round % 4 == 2 ? 0 : 30;
      const Group group = random_group(last);
      uint8_t out[8][8 * kGroupLanes];
      kernels.idct[size_log2](group.coefficients, last, steps, out[0], sizeof out[0]);
      for (int lane = 0; lane < kGroupLanes; ++lane) {
        double exact[64];
        exact_samples(group, lane, steps, exact);
        for (int y = 0; y < size; ++y) {
          for (int x = 0; x < size; ++x) {
            double mean = 0;
            for (int i = 0; i < part * part; ++i) {
              mean += exact[(y * part + i / part) * 8 + x * part + i % part] / (part * part);
            }
            const double error = std::abs(out[y][lane * size + x] - std::clamp(mean, 0.0, 255.0));
            total += error, ++count;
            most = std::max(most, error);
          }
        }
      }
    }
    CHECK(most < kMost[size_log2]);
    CHECK(total / count < kMean[size_log2]);
  }
}

// Whatever the coefficients, even those of damaged data.
void test_idct_sets_agree(const DecodeKernels& set, const DecodeKernels& scalar) {
  int32_t steps[64];
  for (int32_t& step : steps) step = between(0, rng() % 2 ? 65535 : 3);
  for (int size_log2 = 0; size_log2 < 4; ++size_log2) {
    for (int last : {0, 9, 63}) {
      Group group{};
      for (int k = 0; k <= last; ++k) {
        for (int16_t& value : group.coefficients[kZigzag[k]]) value = static_cast<int16_t>(rng());
      }
      uint8_t a[8][8 * kGroupLanes]{}, b[8][8 * kGroupLanes]{}, c[8][8 * kGroupLanes]{};
      set.idct[size_log2](group.coefficients, last, steps, a[0], sizeof a[0]);
      scalar.idct[size_log2](group.coefficients, last, steps, b[0], sizeof b[0]);
      scalar.idct[size_log2](group.coefficients, 63, steps, c[0], sizeof c[0]);
      CHECK(std::memcmp(a, b, sizeof a) == 0);
      CHECK(std::memcmp(b, c, sizeof b) == 0);  // shortcuts change nothing
    }
  }
}

void test_to_rgb_is_accurate(const DecodeKernels& kernels) {
  constexpr int kPixels = 1000;
  std::vector<uint8_t> y(kPixels + kRowSlack), cb(y.size()), cr(y.size()),
      out(3 * kPixels + 3 * kRowSlack);
  for (size_t i = 0; i < y.size(); ++i) {
    y[i] = static_cast<uint8_t>(rng()), cb[i] = static_cast<uint8_t>(rng());
    cr[i] = static_cast<uint8_t>(rng());
  }
  kernels.to_rgb(y.data(), cb.data(), cr.data(), kPixels, out.data());
  for (size_t i = 0; i < kPixels; ++i) {
    const double exact[3] = {y[i] + 1.402 * (cr[i] - 128),
                             y[i] - 0.344136 * (cb[i] - 128) - 0.714136 * (cr[i] - 128),
                             y[i] + 1.772 * (cb[i] - 128)};
    for (size_t channel = 0; channel < 3; ++channel) {
      CHECK(std::abs(out[3 * i + channel] - std::clamp(exact[channel], 0.0, 255.0)) < 0.51);
    }
  }
  kernels.interleave(y.data(), cb.data(), cr.data(), kPixels, out.data());
  for (size_t i = 0; i < kPixels; ++i) {
    CHECK(out[3 * i] == y[i] && out[3 * i + 1] == cb[i] && out[3 * i + 2] == cr[i]);
  }
}

std::vector<uint8_t> smooth_picture(uint32_t width, uint32_t height, int channels) {
  std::vector<uint8_t> pixels;
  for (uint32_t y = 0; y < height; ++y) {
    for (uint32_t x = 0; x < width; ++x) {
      for (int channel = 0; channel < channels; ++channel) {
        pixels.push_back(static_cast<uint8_t>(128 + 100 * std::sin(0.05 * x + channel) *
                                                        std::cos(0.03 * y - channel)));
      }
    }
  }
  return pixels;
}

void test_there_and_back() {
  constexpr uint32_t kWidth = 203, kHeight = 117;
  const Kernels& scalar = *find_kernels("scalar");
  for (int i = 0; i < kSamplings; ++i) {
    const auto sampling = static_cast<Sampling>(i);
    const int channels = sampling == Sampling::kGrey ? 1 : 3;
    const auto pixels = smooth_picture(kWidth, kHeight, channels);
    const auto file = make_file(pixels.data(), kWidth, kHeight, sampling, 97, false);
    const Decoded decoded = decode_file(file, 1, scalar, 10);
    CHECK(decoded.result.status == DecodeStatus::kOk && decoded.pixels.size() == pixels.size());
    double total = 0;
    for (size_t k = 0; k < pixels.size(); ++k) total += std::abs(decoded.pixels[k] - pixels[k]);
    CHECK(total / static_cast<double>(pixels.size()) < 1.5);
  }
}

// Noise at quality 100 has coefficients of all sizes, and codes of all lengths.
void test_sets_agree(const Kernels& set) {
  const Kernels& scalar = *find_kernels("scalar");
  for (int quality : {100, 90, 20}) {
    for (int i = 0; i < kSamplings; ++i) {
      const auto sampling = static_cast<Sampling>(i);
      const auto width = static_cast<uint32_t>(between(1, 400));
      const auto height = static_cast<uint32_t>(between(1, 60));
      std::vector<uint8_t> pixels(size_t{3} * width * height);
      for (uint8_t& value : pixels) value = static_cast<uint8_t>(rng());
      const auto plain = make_file(pixels.data(), width, height, sampling, quality, false);
      const auto parted = make_file(pixels.data(), width, height, sampling, quality, true);
      for (uint32_t denominator : {1u, 2u, 4u, 8u}) {
        const Decoded expected = decode_file(plain, denominator, scalar, height);
        CHECK(expected.result.status == DecodeStatus::kOk);
        CHECK(decode_file(plain, denominator, set, 5) == expected);
        CHECK(decode_file(parted, denominator, set, 1) == expected);
      }
    }
  }
}

void test_refusals() {
  const Kernels& scalar = *find_kernels("scalar");
  const auto pixels = smooth_picture(64, 64, 3);
  const auto file = make_file(pixels.data(), 64, 64, Sampling::k420, 90, true);
  const auto damage = [&](std::vector<uint8_t> bytes) {
    return decode_file(bytes, 1, scalar, 64).result.damage;
  };
  CHECK(damage({}) == Damage::kNotJpeg);
  CHECK(damage({0xFF, 0xD8}) == Damage::kPrematureEnd);
  for (size_t size = 2; size < file.size(); ++size) {
    CHECK(damage({file.begin(), file.begin() + static_cast<ptrdiff_t>(size)}) ==
          Damage::kPrematureEnd);
  }
  auto changed = file;
  const uint8_t marker[2] = {0xFF, 0xD1};
  const auto at = std::search(changed.begin(), changed.end(), marker, marker + 2);
  at[1] = 0xD2;
  CHECK(damage(changed) == Damage::kBadRestart);
  at[1] = 0xD1;
  changed.insert(at, 0x55);
  CHECK(damage(changed) == Damage::kExtraneousData);
}

}  // namespace

int main() {
  const DecodeKernels& scalar = decode_kernels(*find_kernels("scalar"));
  test_idct_is_accurate(scalar);
  test_to_rgb_is_accurate(scalar);
  test_there_and_back();
  test_refusals();
  int sets = 0;
  for (; available_kernels(static_cast<size_t>(sets)) != nullptr; ++sets) {
    const Kernels& set = *available_kernels(static_cast<size_t>(sets));
    test_idct_sets_agree(decode_kernels(set), scalar);
    test_to_rgb_is_accurate(decode_kernels(set));
    test_sets_agree(set);
    std::printf("tested %s\n", kernels_name(set));
  }
  std::printf("%d sets, %d failures\n", sets, failures);
  return failures == 0 ? 0 : 1;
}
