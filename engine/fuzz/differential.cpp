// Differential fuzzing: any strip whatever, encoded by every set this CPU runs, must give the bytes
// of the scalar reference. Pixels lie in exactly sized heap blocks, so that under the address
// sanitizer one byte read too far is an error.
//
//   stripline_fuzz COUNT SEED      COUNT inputs from a generator started at SEED
//
// With clang's -fsanitize=fuzzer -DSTRIPLINE_LIBFUZZER the same function is a libFuzzer target.
#include <cstdio>
#include <random>

#include "../tests/support.hpp"

using namespace stripline;
using namespace stripline::testing;

namespace {

// Numbers drawn from the input's bytes, zeros once they are used up.
class Draw {
 public:
  Draw(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  uint32_t below(uint32_t limit) {
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i)
      value = value << 8 | (size_ > 0 ? *data_ : 0), size_ ? (++data_, --size_) : 0;
    return value % limit;
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

void fill(std::vector<uint8_t>& pixels, Draw& draw) {
  std::minstd_rand rng(draw.below(1u << 30) + 1);
  const uint32_t kind = draw.below(5), level = draw.below(256), period = 1 + draw.below(200);
  for (size_t i = 0; i < pixels.size(); ++i) {
    switch (kind) {
      case 0:
        pixels[i] = static_cast<uint8_t>(rng() >> 8);
        break;  // noise
      case 1:
        pixels[i] = static_cast<uint8_t>(level);
        break;  // flat
      case 2:
        pixels[i] = rng() % period == 0 ? 255 : 0;
        break;  // specks
      case 3:
        pixels[i] = static_cast<uint8_t>(i * level / period);
        break;  // ramps
      default:
        pixels[i] = (rng() >> 9 & 1) != 0 ? 255 : 0;
        break;  // extremes
    }
  }
}

struct PlaneShape {
  size_t row_bytes, rows;
};

size_t plane_shapes(const Strip& strip, PlaneShape shapes[3]) {
  const size_t width = strip.width, rows = strip.rows, half = (width + 1) / 2,
               half_rows = (rows + 1) / 2;
  constexpr size_t kBytes[kPixelFormats] = {1, 3, 3, 4, 4, 4, 4, 1, 1, 1};
  shapes[0] = {width * kBytes[static_cast<int>(strip.format)], rows};
  if (strip.format == PixelFormat::kI420) shapes[1] = shapes[2] = {half, half_rows};
  if (strip.format == PixelFormat::kNv12) shapes[1] = {2 * half, half_rows};
  if (strip.format == PixelFormat::kI444) shapes[1] = shapes[2] = {width, rows};
  if (strip.format == PixelFormat::kNv12) return 2;
  return strip.format >= PixelFormat::kI420 ? 3 : 1;
}

bool all_sets_agree(const Strip& strip, const Tables& tables) {
  Work expected;
  const Status status =
      encode_strip(strip, tables, *find_kernels("scalar"), expected.scratch, expected.output);
  for (size_t i = 0; available_kernels(i) != nullptr; ++i) {
    Work actual;
    if (encode_strip(strip, tables, *available_kernels(i), actual.scratch, actual.output) !=
            status ||
        actual.bytes() != expected.bytes()) {
      std::fprintf(stderr, "%s differs: %ux%u, format %d, sampling %d\n",
                   kernels_name(*available_kernels(i)), strip.width, strip.rows,
                   static_cast<int>(strip.format), static_cast<int>(strip.sampling));
      return false;
    }
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Draw draw(data, size);
  Strip strip{};
  strip.format = static_cast<PixelFormat>(draw.below(kPixelFormats));
  strip.sampling = static_cast<Sampling>(draw.below(kSamplings));
  strip.width = 1 + draw.below(draw.below(4) == 0 ? 700 : 80);
  strip.rows = 1 + draw.below(40);
  for (uint8_t& channel : strip.background) channel = static_cast<uint8_t>(draw.below(256));
  PlaneShape shapes[3];
  std::vector<uint8_t> pixels[3];
  const size_t planes = plane_shapes(strip, shapes);
  for (size_t i = 0; i < planes; ++i) {
    const size_t stride = shapes[i].row_bytes + draw.below(20);
    pixels[i].resize(stride * (shapes[i].rows - 1) + shapes[i].row_bytes);
    fill(pixels[i], draw);
    pixels[i].shrink_to_fit();
    strip.planes[i] = {pixels[i].data(), static_cast<ptrdiff_t>(stride)};
  }
  const auto tables = make_tables(1 + static_cast<int>(draw.below(100)));
  if (!all_sets_agree(strip, *tables)) std::abort();
  return 0;
}

#ifndef STRIPLINE_LIBFUZZER
int main(int argc, char** argv) {
  const long count = argc > 1 ? std::atol(argv[1]) : 1000;
  std::mt19937 rng(argc > 2 ? static_cast<uint32_t>(std::atol(argv[2])) : 1);
  for (long i = 0; i < count; ++i) {
    uint8_t input[96];
    for (uint8_t& byte : input) byte = static_cast<uint8_t>(rng());
    LLVMFuzzerTestOneInput(input, sizeof input);
  }
  std::printf("%ld inputs, no difference\n", count);
  return count > 0 ? 0 : 1;
}
#endif
