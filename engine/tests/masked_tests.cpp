// Tests of the choice of levels: the float DCT, chroma's halving, what is seen where, the trellis
// against trying everything, and whole pictures.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "../src/kernels.hpp"
#include "../src/masked/colour.hpp"
#include "../src/masked/sensitivity.hpp"
#include "../src/masked/trellis.hpp"
#include "check.hpp"
#include "stripline/masked.hpp"
#include "support.hpp"

using namespace stripline;
using namespace stripline::testing;

namespace {

std::mt19937 rng(1997);

float uniform(float from, float to) { return std::uniform_real_distribution<float>(from, to)(rng); }

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<void, Free>;

Memory allocate(size_t bytes) {
  return Memory(std::aligned_alloc(kMetricAlignment, (bytes + 63) / 64 * 64));
}

// Waves and noise, more of it on the right.
std::vector<uint8_t> picture_of(size_t width, size_t height) {
  std::vector<uint8_t> rgb(3 * width * height);
  for (size_t i = 0; i < rgb.size(); ++i) {
    const auto x = static_cast<float>(i / 3 % width), y = static_cast<float>(i / 3 / width);
    const float wave = 60 * std::sin(x / 9 + static_cast<float>(i % 3)) * std::cos(y / 7);
    const float noise = uniform(-40, 40) * x / static_cast<float>(width);
    rgb[i] = static_cast<uint8_t>(std::clamp(128 + wave + noise, 0.0F, 255.0F));
  }
  return rgb;
}

void test_dct() {
  const BlockGrid grid{3, 2};
  std::vector<float> samples(grid.samples()), coefficients(grid.samples()), back(grid.samples());
  for (float& sample : samples) sample = std::round(uniform(-128, 127));
  forward_dct(samples.data(), grid, coefficients.data());
  double energy = 0, kept = 0;
  for (float sample : samples) energy += double{sample} * sample;
  for (float value : coefficients) kept += double{value} * value;
  CHECK(std::abs(kept / energy - 1) < 1e-5);  // orthonormal
  float sum = 0;
  for (size_t i = 0; i < 64; ++i) sum += samples[(8 + i / 8) * 24 + 16 + i % 8];
  CHECK(std::abs(coefficients[5 * 64] - sum / 8) < 1e-3F);  // the last block's DC

  std::vector<int16_t> levels(grid.samples());
  float steps[64];
  std::fill_n(steps, 64, 0.125F);
  for (size_t i = 0; i < levels.size(); ++i) {
    levels[i] = static_cast<int16_t>(std::lround(coefficients[i] * 8));
  }
  inverse_dct(levels.data(), steps, grid, back.data());
  CHECK(back == samples);  // they are whole numbers
}

void test_halving_is_undone_by_doubling() {
  constexpr size_t kWidth = 32, kHeight = 16;
  std::vector<float> plane(kWidth * kHeight), half(plane.size() / 4), doubled(plane.size()),
      scratch(plane.size() + half.size());
  for (float& sample : plane) sample = uniform(-100, 100);
  halve_plane(plane.data(), kWidth, kHeight, half.data(), scratch.data());
  double_plane(half.data(), kWidth / 2, kHeight / 2, doubled.data());
  // Against plain means, whose doubled plane has lost a good part of these differences.
  const auto mean = [&](const std::vector<float>& of, size_t x, size_t y) {
    const size_t at = 2 * y * kWidth + 2 * x;
    return (of[at] + of[at + 1] + of[at + kWidth] + of[at + kWidth + 1]) / 4;
  };
  double error = 0, plain = 0;
  std::vector<float> means(half.size()), blurred(plane.size());
  for (size_t i = 0; i < half.size(); ++i) means[i] = mean(plane, i % 16, i / 16);
  double_plane(means.data(), kWidth / 2, kHeight / 2, blurred.data());
  for (size_t i = 0; i < half.size(); ++i) {
    error += std::pow(mean(doubled, i % 16, i / 16) - means[i], 2);
    plain += std::pow(mean(blurred, i % 16, i / 16) - means[i], 2);
  }
  CHECK(error < plain / 10);
}

void test_spectra() {
  for (const bool is_doubled : {false, true}) {
    const Spectra spectra(is_doubled);
    for (int scale = 0; scale < kMaskingScales; ++scale) {
      for (int kind = 0; kind < 2; ++kind) {
        for (float energy : spectra.of[scale][kind]) CHECK(energy >= 0 && energy <= 4);
      }
    }
    // The coarser the scale, the less is left of fine detail; most of it all is seen at 1:1.
    CHECK(spectra.of[0][0][63] > 0.7F || is_doubled);
    CHECK(spectra.of[2][0][63] < 0.1F * spectra.of[0][0][63]);
    CHECK(spectra.of[3][0][1] > spectra.of[3][0][63]);
  }
}

// Squared errors weighted by their visibility foretell how the metric's sum grows.
void test_visibility_is_higher_where_the_picture_is_smooth() {
  constexpr size_t kWidth = 128, kHeight = 64, kBlocks = kWidth * kHeight / 64;
  const std::vector<uint8_t> original = picture_of(kWidth, kHeight);
  std::vector<uint8_t> noisy = original;
  for (uint8_t& sample : noisy) {
    sample = static_cast<uint8_t>(std::clamp(sample + uniform(-3, 3), 0.0F, 255.0F));
  }
  Severity same{};
  for (auto& channels : same.of) {
    for (auto& maps : channels) std::fill_n(maps, Severity::kMaps, 1.0);
  }
  std::vector<std::vector<Visibility>> all;
  for (size_t set = 0; available_kernels(set) != nullptr; ++set) {
    const MetricKernels& kernels = *find_metric_kernels(kernels_name(*available_kernels(set)));
    Arena count(nullptr);
    Masking({kWidth, kHeight}, kernels, count);
    const Memory memory = allocate(count.bytes());
    Arena arena(memory.get());
    Masking masking({kWidth, kHeight}, kernels, arena);
    masking.set_original(original.data());
    Severity found;
    std::vector<Visibility>& blocks = all.emplace_back(kBlocks);
    masking.compare(noisy.data(), same, blocks.data(), found);
    CHECK(found.of[0][1][0] > 0);
    CHECK(std::memcmp(blocks.data(), all[0].data(), kBlocks * sizeof(Visibility)) == 0);
    masking.compare(original.data(), same, blocks.data(), found);
    CHECK(found.of[0][1][0] < 1e-20);
    masking.compare(noisy.data(), same, blocks.data(), found);
  }
  float left = 0, right = 0;
  for (size_t i = 0; i < kBlocks; ++i) {
    (i % 16 < 8 ? left : right) += all[0][i].of[0][1][0];
  }
  CHECK(left > 2 * right);
}

double bits_of(const int16_t levels[64], const Rates& rates) {
  int run = 0;
  double bits = 0;
  for (int i = 1; i < 64; ++i) {
    const int level = std::abs(levels[kZigzag[i]]);
    if (level == 0) {
      ++run;
      continue;
    }
    for (; run > 15; run -= 16) bits += double{rates.of(0xF0)};
    const int size = 32 - __builtin_clz(static_cast<unsigned>(level));
    bits += double{rates.of(run << 4 | size)} + size;
    run = 0;
  }
  return run > 0 ? bits + double{rates.of(0)} : bits;
}

// With four coefficients that are not next to zero, nor so large that levels in between are left
// out, all combinations can be tried.
void test_trellis_finds_the_best() {
  std::vector<int16_t> usual(64 * 200);
  for (size_t i = 0; i < usual.size(); ++i) {
    usual[i] =
        static_cast<int16_t>(std::lround(uniform(-3, 3) / static_cast<float>(1 + i % 64 / 4)));
  }
  Rates rates;
  rates.learn(usual.data(), 200);
  for (int round = 0; round < 300; ++round) {
    float wanted[64] = {}, sensitivity[64], steps[64];
    for (size_t i = 0; i < 64; ++i) sensitivity[i] = uniform(0.01F, 1), steps[i] = uniform(4, 20);
    wanted[0] = uniform(-900, 900);
    size_t places[4];
    for (size_t& place : places) {
      place = kZigzag[1 + rng() % 63];
      wanted[place] = (rng() % 2 == 0 ? 1.0F : -1.0F) * uniform(0.5F, 2.4F) * steps[place];
    }
    const float price = uniform(0, 12);
    const auto cost = [&](const int16_t levels[64]) {
      double sum = double{price} * bits_of(levels, rates);
      for (size_t i = 1; i < 64; ++i) {
        const double error = double{wanted[i]} - double{steps[i]} * levels[i];
        sum += double{sensitivity[i]} * error * error;
      }
      return sum;
    };
    int16_t chosen[64], tried[64] = {};
    choose_levels(wanted, sensitivity, steps, rates, price, chosen);
    CHECK(chosen[0] == std::floor(wanted[0] / steps[0] + 0.5F));
    double least = INFINITY;
    for (int code = 0; code < 5 * 5 * 5 * 5; ++code) {
      int rest = code;
      for (const size_t place : places)
        tried[place] = static_cast<int16_t>(rest % 5 - 2), rest /= 5;
      least = std::min(least, cost(tried));
    }
    CHECK(cost(chosen) <= least * 1.0001 + 1e-3);
  }
}

bool grow(Output& output, size_t capacity) {
  output.data = static_cast<uint8_t*>(std::realloc(output.data, 2 * capacity));
  output.capacity = 2 * capacity;
  return true;
}

std::vector<uint8_t> coded(const Picture& picture, Sampling sampling, float price,
                           const Kernels& kernels) {
  MaskedSettings settings{sampling, {}, price};
  sample_quant(80, settings.steps);
  HuffmanSpec huffman[4];
  sample_huffman(huffman);
  const Memory tables = allocate(sizeof(Tables));
  CHECK(prepare_tables(settings.steps, huffman, *static_cast<Tables*>(tables.get())) ==
        TablesStatus::kOk);
  const Memory scratch = allocate(masked_scratch_bytes(picture.width, picture.height, sampling));
  Output output{nullptr, 0, 0, grow};
  CHECK(encode_masked(picture, settings, *static_cast<Tables*>(tables.get()), kernels,
                      *find_metric_kernels(kernels_name(kernels)), scratch.get(),
                      output) == MaskedStatus::kOk);
  std::vector<uint8_t> bytes(output.data, output.data + output.size);
  std::free(output.data);
  return bytes;
}

void test_pictures() {
  for (const auto [width, height] : {std::pair{1u, 1u}, {9u, 30u}, {130u, 70u}, {530u, 40u}}) {
    const std::vector<uint8_t> rgb = picture_of(width, height);
    const Picture picture{rgb.data(), static_cast<ptrdiff_t>(3 * width), width, height, 3};
    const Picture grey{rgb.data(), static_cast<ptrdiff_t>(3 * width), width, height, 1};
    const Kernels& first = *available_kernels(0);
    const auto dear = coded(picture, Sampling::k420, 4, first);
    const auto cheap = coded(picture, Sampling::k420, 0.1F, first);
    CHECK(!dear.empty() && dear.size() <= cheap.size());
    CHECK(!coded(picture, Sampling::k444, 1, first).empty());
    CHECK(!coded(grey, Sampling::kGrey, 1, first).empty());
    for (size_t set = 1; available_kernels(set) != nullptr; ++set) {
      CHECK(coded(picture, Sampling::k420, 4, *available_kernels(set)) == dear);
    }
  }
}

void test_refusals() {
  const uint8_t pixel[3] = {};
  const Memory tables = allocate(sizeof(Tables));
  Output output{nullptr, 0, 0, grow};
  const auto status = [&](uint32_t width, uint32_t channels, Sampling sampling) {
    const MaskedSettings settings{sampling, {}, 1};
    return encode_masked({pixel, 3, width, 1, channels}, settings,
                         *static_cast<Tables*>(tables.get()), *available_kernels(0),
                         *find_metric_kernels("scalar"), nullptr, output);
  };
  CHECK(status(0, 3, Sampling::k420) == MaskedStatus::kBadPicture);
  CHECK(status(1, 4, Sampling::k420) == MaskedStatus::kBadPicture);
  CHECK(status(1, 3, Sampling::k422) == MaskedStatus::kBadSettings);
  CHECK(status(1, 1, Sampling::k420) == MaskedStatus::kBadSettings);
  CHECK(output.size == 0);
}

}  // namespace

int main() {
  test_dct();
  test_halving_is_undone_by_doubling();
  test_spectra();
  test_visibility_is_higher_where_the_picture_is_smooth();
  test_trellis_finds_the_best();
  test_pictures();
  test_refusals();
  std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
