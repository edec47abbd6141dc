// The 8 x 8 DCT of planes and back, in floats: what tunes coefficients wants them unrounded.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace stripline {

inline constexpr size_t kBlockSide = 8, kBlockSize = 64;

// To the nearest whole number, upwards from the middle between two; for up to 2^14 either way, and
// to a 512th. (floorf() is a call for the oldest CPUs.)
inline float rounded(float value) {
  constexpr int kShift = 1 << 14;
  return static_cast<float>(static_cast<int>(value + (kShift + 0.5F)) - kShift);
}

// What one component of a tile has. Blocks lie row by row, their coefficients in natural order.
struct BlockGrid {
  size_t across, down;

  size_t count() const { return across * down; }
  size_t width() const { return across * kBlockSide; }
  size_t height() const { return down * kBlockSide; }
  size_t samples() const { return count() * kBlockSize; }
};

// Orthonormal, as JPEG's (ITU-T T.81, A.3.3). `samples` are packed rows.
void forward_dct(const float* samples, const BlockGrid& grid, float* coefficients);

// Of `levels` times `steps`, with samples rounded to whole numbers, as decoders do.
void inverse_dct(const int16_t* levels, const float steps[kBlockSize], const BlockGrid& grid,
                 float* samples);

}  // namespace stripline
