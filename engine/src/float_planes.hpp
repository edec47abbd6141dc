// Planes of floats in the caller's memory, for whatever compares pictures.
#pragma once

#include "metric_kernels.hpp"

namespace stripline {

struct Size {
  size_t width, height;
};

// Hands out memory; with no memory to begin with, it counts what is needed.
class Arena {
 public:
  explicit Arena(void* memory) : base_(static_cast<float*>(memory)) {}

  float* floats(size_t count) {
    float* taken = base_ == nullptr ? nullptr : base_ + used_;
    used_ += whole_vectors(count);  // keeps every piece aligned
    return taken;
  }
  size_t bytes() const { return used_ * sizeof(float); }

 private:
  float* base_;
  size_t used_ = 0;
};

inline void clear(float* from, size_t count) {
  for (size_t i = 0; i < count; ++i) from[i] = 0;
}

// Rows one above the other, with the room around each that rows have.
struct FloatPlane {
  float* data = nullptr;
  size_t step = 0;

  void take(Arena& arena, size_t width, size_t rows) {
    step = row_floats(width);
    data = arena.floats(step * rows);
  }
  float* row(size_t y) const { return data + y * step + kRowPad; }
  void clear_around(size_t y, size_t width) const {
    float* at = row(y);
    clear(at - kRowPad, kRowPad);
    clear(at + width, step - kRowPad - width);
  }
};

}  // namespace stripline
