#include "block_dct.hpp"

#include <math.h>

namespace stripline {
namespace {

struct Basis {
  float at[kBlockSide][kBlockSide];  // [frequency][place]

  Basis() {
    constexpr double kPi = 3.14159265358979323846;
    for (size_t u = 0; u < kBlockSide; ++u) {
      const double scale = u == 0 ? sqrt(0.125) : 0.5;
      for (size_t x = 0; x < kBlockSide; ++x) {
        const double angle = static_cast<double>((2 * x + 1) * u) * kPi / 16;
        at[u][x] = static_cast<float>(scale * cos(angle));
      }
    }
  }
};

struct Block {
  float at[kBlockSide][kBlockSide];
};

// out = left * in, or out = transposed left * in; rows of `in` are 8 floats, `step` apart.
template <bool kTransposed>
inline void multiply(const Basis& left, const float* in, size_t step, Block& out) {
  for (size_t i = 0; i < kBlockSide; ++i) {
    float sum[kBlockSide] = {};
    for (size_t k = 0; k < kBlockSide; ++k) {
      const float factor = kTransposed ? left.at[k][i] : left.at[i][k];
      for (size_t x = 0; x < kBlockSide; ++x) sum[x] += factor * in[k * step + x];
    }
    for (size_t x = 0; x < kBlockSide; ++x) out.at[i][x] = sum[x];
  }
}

inline void transpose(const Block& in, Block& out) {
  for (size_t y = 0; y < kBlockSide; ++y) {
    for (size_t x = 0; x < kBlockSide; ++x) out.at[x][y] = in.at[y][x];
  }
}

}  // namespace

void forward_dct(const float* samples, const BlockGrid& grid, float* coefficients) {
  const Basis basis;
  Block columns, turned, both, out;
  for (size_t block = 0; block < grid.count(); ++block) {
    const size_t y = block / grid.across, x = block % grid.across;
    const float* from = samples + (y * grid.width() + x) * kBlockSide;
    multiply<false>(basis, from, grid.width(), columns);
    transpose(columns, turned);
    multiply<false>(basis, turned.at[0], kBlockSide, both);
    transpose(both, out);
    float* to = coefficients + block * kBlockSize;
    for (size_t i = 0; i < kBlockSize; ++i) to[i] = out.at[i / kBlockSide][i % kBlockSide];
  }
}

void inverse_dct(const int16_t* levels, const float steps[kBlockSize], const BlockGrid& grid,
                 float* samples) {
  const Basis basis;
  Block values, columns, turned, both, out;
  for (size_t block = 0; block < grid.count(); ++block) {
    const int16_t* from = levels + block * kBlockSize;
    for (size_t i = 0; i < kBlockSize; ++i) {
      values.at[i / kBlockSide][i % kBlockSide] = static_cast<float>(from[i]) * steps[i];
    }
    multiply<true>(basis, values.at[0], kBlockSide, columns);
    transpose(columns, turned);
    multiply<true>(basis, turned.at[0], kBlockSide, both);
    transpose(both, out);
    const size_t y = block / grid.across, x = block % grid.across;
    float* to = samples + (y * grid.width() + x) * kBlockSide;
    for (size_t row = 0; row < kBlockSide; ++row) {
      for (size_t i = 0; i < kBlockSide; ++i) to[row * grid.width() + i] = rounded(out.at[row][i]);
    }
  }
}

}  // namespace stripline
