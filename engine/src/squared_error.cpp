#include "stripline/metrics.hpp"

namespace stripline {

uint64_t sum_of_squared_errors(const uint8_t* a, const uint8_t* b, size_t size) {
  constexpr size_t kChunk = 65536;  // 255^2 times as many fit 32 bits
  uint64_t total = 0;
  for (size_t start = 0; start < size; start += kChunk) {
    const size_t stop = size - start < kChunk ? size : start + kChunk;
    uint32_t sum = 0;
    for (size_t i = start; i < stop; ++i) {
      const int apart = a[i] - b[i];
      sum += static_cast<uint32_t>(apart * apart);
    }
    total += sum;
  }
  return total;
}

}  // namespace stripline
