// The engine's own tests: every kernel of every set this CPU runs against the scalar reference, the
// reference against the definitions, and the promises of the public header.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "../src/kernels.hpp"
#include "check.hpp"
#include "support.hpp"

using namespace stripline;
using namespace stripline::testing;

namespace {

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return a == b;
}

std::mt19937 rng(20240229);

Prefetch none{};  // nothing to ask for

template <class T>
std::vector<T> random_bytes(size_t count) {
  std::vector<T> values(count);
  for (T& value : values) value = static_cast<T>(rng());
  return values;
}

void test_dispatch() {
  size_t count = 0;
  while (available_kernels(count) != nullptr) ++count;
  CHECK(count >= 1);
  CHECK(std::strcmp(kernels_name(*available_kernels(count - 1)), "scalar") == 0);
  for (size_t i = 0; i < count; ++i) {
    CHECK(find_kernels(kernels_name(*available_kernels(i))) == available_kernels(i));
  }
  CHECK(find_kernels("no-such-set") == nullptr);
  CHECK(find_kernels("") == nullptr);
}

void test_color(const Kernels& set, const Kernels& scalar) {
  constexpr int kPixels = 4 * kPixelGroup;
  const auto src = random_bytes<uint8_t>(kPixels * 4);
  const uint8_t background[3] = {12, 200, 99};
  for (int format = 0; format < 7; ++format) {
    std::vector<int8_t> a(3 * kPixels), b(3 * kPixels);
    set.color[format](src.data(), kPixels, background, &a[0], &a[kPixels], &a[2 * kPixels]);
    scalar.color[format](src.data(), kPixels, background, &b[0], &b[kPixels], &b[2 * kPixels]);
    CHECK(same(a, b));
  }
  std::vector<int8_t> a(2 * kPixels), b(2 * kPixels);
  set.split_pairs(src.data(), kPixels, &a[0], &a[kPixels]);
  scalar.split_pairs(src.data(), kPixels, &b[0], &b[kPixels]);
  CHECK(same(a, b));
}

// Every colour there is on a lattice with both ends, against the definition in floating point.
void test_color_is_accurate(const Kernels& scalar) {
  double worst = 0;
  for (int red = 0; red < 256; red += 5) {
    for (int green = 0; green < 256; green += 5) {
      uint8_t pixels[kPixelGroup * 3];
      for (int i = 0; i < kPixelGroup; ++i) {
        pixels[3 * i] = static_cast<uint8_t>(red);
        pixels[3 * i + 1] = static_cast<uint8_t>(green);
        pixels[3 * i + 2] = static_cast<uint8_t>(std::min(255, i * 4 + (i == kPixelGroup - 1) * 3));
      }
      int8_t y[kPixelGroup], cb[kPixelGroup], cr[kPixelGroup];
      scalar.color[1](pixels, kPixelGroup, nullptr, y, cb, cr);
      for (int i = 0; i < kPixelGroup; ++i) {
        const double blue = pixels[3 * i + 2];
        const double luma = 0.299 * red + 0.587 * green + 0.114 * blue;
        worst = std::max(worst, std::abs(y[i] - (luma - 128)));
        worst = std::max(worst, std::abs(cb[i] - std::min(127.0, (blue - luma) / 1.772)));
        worst = std::max(worst, std::abs(cr[i] - std::min(127.0, (red - luma) / 1.402)));
      }
    }
  }
  CHECK(worst < 0.52);  // rounding alone is 0.5
}

void test_downsample(const Kernels& set, const Kernels& scalar) {
  constexpr int kWidth = 2 * kPixelGroup;
  const auto upper = random_bytes<int8_t>(2 * kWidth), lower = random_bytes<int8_t>(2 * kWidth);
  const DownsampleFn ours[] = {set.downsample_h2v1, set.downsample_h1v2, set.downsample_h2v2};
  const DownsampleFn theirs[] = {scalar.downsample_h2v1, scalar.downsample_h1v2,
                                 scalar.downsample_h2v2};
  for (int round = 0; round < 6; ++round) {
    const int i = round % 3;
    std::vector<int8_t> a(kWidth), b(kWidth);
    ours[i](upper.data(), lower.data(), kWidth, round, a.data());
    theirs[i](upper.data(), lower.data(), kWidth, round, b.data());
    CHECK(same(a, b));
  }
}

// Planes that find overflow: extremes in every pattern of signs of two basis functions.
void fill_with_basis(int8_t* plane, int u, int v) {
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) {
      const double basis = std::cos((2 * x + 1) * u * std::numbers::pi / 16) *
                           std::cos((2 * y + 1) * v * std::numbers::pi / 16);
      plane[8 * y + x] = basis < 0 ? -128 : 127;
    }
  }
}

void test_dct(const Kernels& set, const Kernels& scalar) {
  constexpr int kBlocks = 32;
  for (int round = 0; round < 40; ++round) {
    auto plane = random_bytes<int8_t>(8 * 8 * kBlocks);
    if (round % 4 == 1) std::fill(plane.begin(), plane.end(), static_cast<int8_t>(rng()));
    if (round % 4 == 2) {
      for (int8_t& value : plane) value = value < 0 ? -128 : 127;
    }
    const auto tables = make_tables(1 + static_cast<int>(rng() % 100));
    const BlockPlaces places{round % 2, 3, 0};
    auto a = std::make_unique<TileBlocks>(), b = std::make_unique<TileBlocks>();
    const int rounding = round / 4 % 2;
    const Quantizer& quantizer = tables->quantizer[round & 1];
    set.dct[rounding](plane.data(), 8 * kBlocks, kBlocks, quantizer, places, none, *a);
    scalar.dct[rounding](plane.data(), 8 * kBlocks, kBlocks, quantizer, places, none, *b);
    for (int block = 0; block < kBlocks; ++block) {
      const int place = places(block);
      CHECK(std::memcmp(a->coefficients[place], b->coefficients[place], 128) == 0);
      CHECK(a->masks[place] == b->masks[place]);
    }
  }
}

// One block's coefficients at quality 100, steps of 1, in zigzag order.
std::vector<int16_t> coefficients_of(const Kernels& scalar, const int8_t* plane,
                                     Rounding rounding) {
  static const auto tables = make_tables(100);
  int8_t group[8][8 * kBlockGroup];
  for (int i = 0; i < 64; ++i) {
    for (int block = 0; block < kBlockGroup; ++block) group[i / 8][8 * block + i % 8] = plane[i];
  }
  auto tile = std::make_unique<TileBlocks>();
  scalar.dct[static_cast<int>(rounding)](group[0], 8 * kBlockGroup, kBlockGroup,
                                         tables->quantizer[0], BlockPlaces{0, 1, 0}, none, *tile);
  return {tile->coefficients[0], tile->coefficients[0] + 64};
}

// The reference FDCT against the definition: the worst patterns must neither overflow nor stray,
// and on noise the error must be small against that of rounding to integers. libjpeg's accurate
// FDCT, with its result in eighths, would add 0.0018 to 1 / 12.
void test_dct_is_accurate(const Kernels& scalar) {
  double worst = 0, squares = 0;
  int count = 0;
  const auto compare = [&](const int8_t* plane, bool is_noise) {
    const auto coefficients = coefficients_of(scalar, plane, Rounding::kNearest);
    for (size_t k = 0; k < 64; ++k) {
      const double error = coefficients[k] - exact_dct(plane, kZigzag[k] % 8, kZigzag[k] / 8);
      worst = std::max(worst, std::abs(error));
      if (is_noise) squares += error * error, ++count;
    }
  };
  for (int u = 0; u < 8; ++u) {
    for (int v = 0; v < 8; ++v) {
      int8_t plane[64];
      fill_with_basis(plane, u, v);
      compare(plane, false);
      for (int8_t& value : plane) value = static_cast<int8_t>(-1 - value);
      compare(plane, false);
    }
  }
  for (int round = 0; round < 8000; ++round) compare(random_bytes<int8_t>(64).data(), true);
  CHECK(worst < 0.7);
  CHECK(squares / count < 1.0 / 12 + 0.0015);
}

// To the nearest keeps magnitudes as they are in the mean; outward adds 3/64, and does not wrap
// where there is no room for it.
void test_rounding(const Kernels& scalar) {
  double nearest = 0, outward = 0;
  int count = 0;
  for (int round = 0; round < 2000; ++round) {
    const auto plane = random_bytes<int8_t>(64);
    const auto a = coefficients_of(scalar, plane.data(), Rounding::kNearest);
    const auto b = coefficients_of(scalar, plane.data(), Rounding::kOutward);
    for (size_t k = 0; k < 64; ++k, ++count) {
      const double exact = std::abs(exact_dct(plane.data(), kZigzag[k] % 8, kZigzag[k] / 8));
      nearest += std::abs(a[k]) - exact;
      outward += std::abs(b[k]) - exact;
      CHECK(std::abs(a[k]) <= std::abs(b[k]));
    }
  }
  CHECK(std::abs(nearest / count) < 0.005);
  CHECK(std::abs(outward / count - 3.0 / 64) < 0.005);
  const std::vector<int8_t> lowest(64, -128);
  CHECK(coefficients_of(scalar, lowest.data(), Rounding::kOutward)[0] == -1024);
}

void test_entropy(const Kernels& set, const Kernels& scalar) {
  const McuLayout layout{3, {0, 1, 2}};
  const auto tables = make_tables(90);
  std::vector<uint8_t> work(kTokenBytes);
  for (int round = 0; round < 300; ++round) {
    auto tile = std::make_unique<TileBlocks>();
    const double density = std::pow(static_cast<double>(rng() % 1000) / 1000.0, 2);
    const int magnitude = 1 << (rng() % 11);
    for (int block = 0; block < 30; ++block) {
      uint64_t nonzero = 0;
      bool has_large = false;
      for (int k = 0; k < 64; ++k) {
        const bool present = rng() % 1000 < density * 1000;
        const int value = present ? static_cast<int>(rng() % (2u * magnitude)) - magnitude : 0;
        tile->coefficients[block][k] = static_cast<int16_t>(std::clamp(value, -1023, 1023));
        const int stored = tile->coefficients[block][k];
        nonzero |= static_cast<uint64_t>(stored != 0) << k;
        has_large |=
            k > 0 && (stored < -CodeBook::kDirectValues || stored >= CodeBook::kDirectValues);
      }
      tile->masks[block] = block_mask(nonzero, has_large);
    }
    const unsigned pending = rng() % 8;
    EntropyState a{{5, -7, 1023}, rng() & ((1u << pending) - 1), pending}, b = a;
    std::vector<uint8_t> x(30 * kMaxBlockBytes + 128), y(x.size());
    uint8_t* x_end = set.entropy(*tile, 10, layout, tables->codes, a, work.data(), x.data());
    uint8_t* y_end = scalar.entropy(*tile, 10, layout, tables->codes, b, work.data(), y.data());
    CHECK(x_end - x.data() == y_end - y.data());
    CHECK(std::equal(x.data(), x_end, y.data()));
    CHECK(a.pending == b.pending && a.pending < 8);
    CHECK(((a.bits ^ b.bits) & ((1u << a.pending) - 1)) == 0);
    CHECK(std::equal(a.dc, a.dc + 3, b.dc));
  }
}

void test_stuffing(const Kernels& set, const Kernels& scalar) {
  for (size_t size = 0; size < 400; ++size) {
    std::vector<uint8_t> src = random_bytes<uint8_t>(size + 64);
    for (uint8_t& value : src) {
      if (rng() % 8 < size % 9) value = 0xFF;
    }
    std::vector<uint8_t> a(2 * size + 64), b(2 * size + 64);
    uint8_t* a_end = set.stuff(src.data(), size, a.data());
    uint8_t* b_end = scalar.stuff(src.data(), size, b.data());
    CHECK(a_end - a.data() == b_end - b.data());
    CHECK(std::equal(a.data(), a_end, b.data()));
  }
}

void test_tables() {
  auto tables = std::make_unique<Tables>();
  uint8_t quant[2][64];
  std::memset(quant, 1, sizeof quant);
  HuffmanSpec specs[4];
  sample_huffman(specs);
  CHECK(prepare_tables(quant, specs, *tables) == TablesStatus::kOk);
  quant[1][63] = 0;
  CHECK(prepare_tables(quant, specs, *tables) == TablesStatus::kZeroQuantizer);
  quant[1][63] = 255;

  // A DC table without size 11; one with two codes too many for their length; one with a long code.
  const uint8_t short_counts[16] = {0, 1, 5, 1, 1, 1, 1, 1, 0};
  const uint8_t full_counts[16] = {2};
  const uint8_t long_counts[16] = {0, 1, 5, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1};
  const uint8_t symbols[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const HuffmanSpec good = specs[2];
  specs[2] = {short_counts, symbols, 11};
  CHECK(prepare_tables(quant, specs, *tables) == TablesStatus::kMissingSymbol);
  specs[2] = {full_counts, symbols, 2};
  CHECK(prepare_tables(quant, specs, *tables) == TablesStatus::kBadHuffman);
  specs[2] = {short_counts, symbols, 12};
  CHECK(prepare_tables(quant, specs, *tables) == TablesStatus::kBadHuffman);
  specs[2] = {long_counts, symbols, 12};
  CHECK(prepare_tables(quant, specs, *tables) == TablesStatus::kLongDcCode);
  specs[2] = good;
  CHECK(prepare_tables(quant, specs, *tables) == TablesStatus::kOk);
}

void test_strip(const Kernels& set) {
  const auto tables = make_tables(100);
  Work work;
  const uint8_t pixels[3] = {9, 9, 9};
  Strip strip{{{pixels, 3}}, 1, 1, PixelFormat::kRgb, Sampling::k444, {}};

  // The output is appended to, and left as it was when memory ends or the strip is not possible.
  work.output.size = 0;
  CHECK(encode_strip(strip, *tables, set, work.scratch, work.output) == Status::kOk);
  const size_t once = work.output.size;
  CHECK(once > 0);
  CHECK(encode_strip(strip, *tables, set, work.scratch, work.output) == Status::kOk);
  CHECK(work.output.size == 2 * once);
  CHECK(std::memcmp(work.output.data, work.output.data + once, once) == 0);
  Output none{nullptr, 0, 0, [](Output&, size_t) { return false; }};
  CHECK(encode_strip(strip, *tables, set, work.scratch, none) == Status::kOutOfMemory);
  CHECK(none.size == 0);

  const auto is_bad = [&](auto change) {
    Strip changed = strip;
    change(changed);
    const size_t size = work.output.size;
    return encode_strip(changed, *tables, set, work.scratch, work.output) == Status::kBadStrip &&
           work.output.size == size;
  };
  CHECK(is_bad([](Strip& s) { s.width = 0; }));
  CHECK(is_bad([](Strip& s) { s.rows = 0; }));
  CHECK(is_bad([](Strip& s) { s.width = 65536; }));
  CHECK(is_bad([](Strip& s) { s.format = PixelFormat::kGrey; }));
  CHECK(is_bad([](Strip& s) { s.format = PixelFormat::kI420; }));
  CHECK(is_bad([](Strip& s) { s.format = PixelFormat::kNv12, s.sampling = Sampling::k422; }));
}

// A strip read bottom up through a negative stride is the strip turned over.
void test_negative_stride(const Kernels& set) {
  const auto tables = make_tables(75);
  constexpr int kWidth = 37, kRows = 19;
  const auto pixels = random_bytes<uint8_t>(kWidth * kRows * 3);
  std::vector<uint8_t> turned(pixels.size());
  for (size_t row = 0; row < kRows; ++row) {
    std::copy_n(&pixels[row * kWidth * 3], kWidth * 3, &turned[(kRows - 1 - row) * kWidth * 3]);
  }
  Work a, b;
  Strip strip{{{&pixels[(kRows - 1) * kWidth * 3], -kWidth * 3}},
              kWidth,
              kRows,
              PixelFormat::kRgb,
              Sampling::k420,
              {}};
  CHECK(encode_strip(strip, *tables, set, a.scratch, a.output) == Status::kOk);
  strip.planes[0] = {turned.data(), kWidth * 3};
  CHECK(encode_strip(strip, *tables, set, b.scratch, b.output) == Status::kOk);
  CHECK(a.bytes() == b.bytes());
}

}  // namespace

int main() {
  const Kernels& scalar = *find_kernels("scalar");
  test_dispatch();
  test_tables();
  test_color_is_accurate(scalar);
  test_dct_is_accurate(scalar);
  test_rounding(scalar);
  int sets = 0;
  for (; available_kernels(static_cast<size_t>(sets)) != nullptr; ++sets) {
    const Kernels& set = *available_kernels(static_cast<size_t>(sets));
    test_color(set, scalar);
    test_downsample(set, scalar);
    test_dct(set, scalar);
    test_entropy(set, scalar);
    test_stuffing(set, scalar);
    test_strip(set);
    test_negative_stride(set);
    std::printf("tested %s\n", kernels_name(set));
  }
  std::printf("%d sets, %d failures\n", sets, failures);
  return failures == 0 ? 0 : 1;
}
