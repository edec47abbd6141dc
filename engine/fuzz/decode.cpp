// Fuzzing the decoder: files of the engine's own encoder with bytes changed, cut, repeated and
// spliced. Whatever comes of them, it must be the same with every set this CPU runs and with any
// number of rows a call, and under the sanitizers nothing may be read or written beside its memory.
//
//   stripline_fuzz_decode COUNT SEED      COUNT inputs from a generator started at SEED
//
// With clang's -fsanitize=fuzzer -DSTRIPLINE_LIBFUZZER the same function is a libFuzzer target,
// whose inputs are files as they are, behind a byte that picks the size.
#include <cstdio>
#include <random>

#include "../tests/jpeg_file.hpp"

using namespace stripline;
using namespace stripline::testing;

namespace {

constexpr uint64_t kMaxPixels = 1 << 16;  // damaged headers say they have many more

void check(const std::vector<uint8_t>& file, uint32_t denominator) {
  const Decoded expected =
      decode_file(file, denominator, *find_kernels("scalar"), 1 << 16, kMaxPixels);
  for (size_t i = 0; available_kernels(i) != nullptr; ++i) {
    const Kernels& set = *available_kernels(i);
    if (!(decode_file(file, denominator, set, 1 + i * 3, kMaxPixels) == expected)) {
      std::fprintf(stderr, "%s differs at 1/%u\n", kernels_name(set), denominator);
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 0) check({data + 1, data + size}, 1u << (data[0] & 3));
  return 0;
}

#ifndef STRIPLINE_LIBFUZZER
namespace {

std::vector<std::vector<uint8_t>> seeds(std::mt19937& rng) {
  std::vector<std::vector<uint8_t>> files;
  for (int i = 0; i < 4 * kSamplings; ++i) {
    const uint32_t width = 1 + rng() % 120, height = 1 + rng() % 60, noise = 1 + rng() % 255;
    std::vector<uint8_t> pixels(size_t{3} * width * height);
    for (size_t k = 0; k < pixels.size(); ++k) {
      pixels[k] = static_cast<uint8_t>(k / 7 + rng() % noise);
    }
    files.push_back(make_file(pixels.data(), width, height, static_cast<Sampling>(i % kSamplings),
                              1 + static_cast<int>(rng() % 100), i >= 2 * kSamplings));
  }
  return files;
}

// Changes nothing now and then: whole files must agree, too.
void mutate(std::vector<uint8_t>& file, const std::vector<uint8_t>& other, std::mt19937& rng) {
  const auto at = [&](const std::vector<uint8_t>& bytes) {
    return static_cast<ptrdiff_t>(bytes.empty() ? 0 : rng() % bytes.size());
  };
  for (uint32_t count = rng() % 4; count > 0 && !file.empty(); --count) {
    // Headers are small and matter most.
    const ptrdiff_t place = rng() % 3 == 0 ? at(file) % 640 : at(file);
    switch (rng() % 6) {
      case 0:
        file[static_cast<size_t>(place)] ^= static_cast<uint8_t>(1u << rng() % 8);
        break;
      case 1:
        file[static_cast<size_t>(place)] = rng() % 2 ? 0xFF : static_cast<uint8_t>(rng());
        break;
      case 2:
        file.resize(static_cast<size_t>(place));
        break;
      case 3:
        file.insert(file.begin() + place, rng() % 2 ? 0xFF : static_cast<uint8_t>(rng()));
        break;
      case 4:
        file.erase(file.begin() + place, file.begin() + place + (at(file) - place > 0 ? 1 : 0));
        break;
      default:  // this file's beginning, the other's end
        file.resize(static_cast<size_t>(place));
        file.insert(file.end(), other.begin() + at(other), other.end());
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::atol(argv[1]) : 1000;
  std::mt19937 rng(argc > 2 ? static_cast<uint32_t>(std::atol(argv[2])) : 1);
  const auto files = seeds(rng);
  for (long i = 0; i < count; ++i) {
    std::vector<uint8_t> file = files[rng() % files.size()];
    mutate(file, files[rng() % files.size()], rng);
    check(file, 1u << rng() % 4);
  }
  std::printf("%ld inputs, no difference\n", count);
  return count > 0 ? 0 : 1;
}
#endif
