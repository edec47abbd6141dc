// What the tests and the fuzz target share: tables, memory for a strip, an exact DCT.
#pragma once

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numbers>
#include <vector>

#include "stripline/engine.hpp"

namespace stripline::testing {

// DC code lengths of ITU-T T.81, tables K.3 and K.4.
inline const uint8_t kDcLumaCounts[16] = {0, 1, 5, 1, 1, 1, 1, 1, 1};
inline const uint8_t kDcChromaCounts[16] = {0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1};
inline const uint8_t kDcSymbols[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

// An AC table of its own: every symbol of 8-bit coding has a code, common ones short, most of them
// long; `spread` symbols have 7 bits.
struct AcTable {
  uint8_t counts[16]{};
  uint8_t symbols[162]{};
  explicit AcTable(int spread) {
    int next = 0;
    const auto add = [&](int symbol) { symbols[next++] = static_cast<uint8_t>(symbol); };
    add(0x01), add(0x02), add(0x00), add(0x03), add(0x11), add(0x04), add(0xF0), add(0x21),
        add(0x05);
    for (int run = 0; run < 16; ++run) {
      for (int size = 1; size <= 10; ++size) {
        const int symbol = run << 4 | size;
        bool used = false;
        for (int i = 0; i < next; ++i) used |= symbols[i] == symbol;
        if (!used) add(symbol);
      }
    }
    counts[2] = 2, counts[3] = 3, counts[4] = 4;  // 3, 4 and 5 bits
    counts[6] = static_cast<uint8_t>(spread), counts[8] = 40, counts[11] = 40;
    counts[15] = static_cast<uint8_t>(162 - 9 - spread - 80);
  }
};

inline void sample_huffman(HuffmanSpec specs[4]) {
  static const AcTable luma(10), chroma(20);
  specs[0] = {kDcLumaCounts, kDcSymbols, 12};
  specs[1] = {luma.counts, luma.symbols, 162};
  specs[2] = {kDcChromaCounts, kDcSymbols, 12};
  specs[3] = {chroma.counts, chroma.symbols, 162};
}

// Steps that grow with frequency, scaled as the IJG does it; quality 100 is all ones.
inline void sample_quant(int quality, uint8_t quant[2][64]) {
  const int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  for (int i = 0; i < 64; ++i) {
    for (int table = 0; table < 2; ++table) {
      const int step = ((10 + 7 * table + 6 * (i % 8 + i / 8)) * scale + 50) / 100;
      quant[table][i] = static_cast<uint8_t>(step < 1 ? 1 : step > 255 ? 255 : step);
    }
  }
}

inline std::unique_ptr<Tables> make_tables(int quality) {
  uint8_t quant[2][64];
  sample_quant(quality, quant);
  HuffmanSpec specs[4];
  sample_huffman(specs);
  auto tables = std::make_unique<Tables>();
  if (prepare_tables(quant, specs, *tables) != TablesStatus::kOk) std::abort();
  return tables;
}

// cos((2x + 1) u pi / 16)
inline double cosine(int x, int u) {
  static const auto cosines = [] {
    std::vector<double> table(32);
    for (int i = 0; i < 32; ++i)
      table[static_cast<size_t>(i)] = std::cos(i * std::numbers::pi / 16);
    return table;
  }();
  return cosines[static_cast<size_t>((2 * x + 1) * u % 32)];
}

inline double exact_dct(const int8_t block[64], int u, int v) {
  double sum = 0;
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) sum += block[8 * y + x] * cosine(x, u) * cosine(y, v);
  }
  return sum / 4 * (u == 0 ? std::numbers::sqrt2 / 2 : 1) * (v == 0 ? std::numbers::sqrt2 / 2 : 1);
}

struct Work {
  alignas(kScratchAlignment) uint8_t scratch[kScratchBytes];
  Output output{nullptr, 0, 0, grow};

  Work() = default;
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  ~Work() { std::free(output.data); }

  // Exactly as much as is asked for, so that the address sanitizer sees any byte too many.
  static bool grow(Output& output, size_t capacity) {
    void* data = std::realloc(output.data, capacity);
    if (data == nullptr) return false;
    output.data = static_cast<uint8_t*>(data);
    output.capacity = capacity;
    return true;
  }
  std::vector<uint8_t> bytes() const { return {output.data, output.data + output.size}; }
};

}  // namespace stripline::testing
