// Entropy-coded segments in memory that is used again, and what a thread makes them in.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "stripline/engine.hpp"
#include "view.hpp"

namespace stripline {

// Memory for results that is used again: fresh memory costs more than a strip's coding, because the
// system has to clear it. Holds as many buffers as were ever out at once, up to a limit.
class BufferStock {
 public:
  Output take() {
    const std::lock_guard lock(mutex_);
    if (buffers_.empty()) return {nullptr, 0, 0, grow};
    Output output = buffers_.back();
    buffers_.pop_back();
    output.size = 0;
    return output;
  }

  void give(const Output& output) {
    {
      const std::lock_guard lock(mutex_);
      if (buffers_.size() < kMostBuffers) {
        buffers_.push_back(output);
        return;
      }
    }
    std::free(output.data);
  }

 private:
  static constexpr size_t kMostBuffers = 16;

  static bool grow(Output& output, size_t capacity) {
    capacity += capacity / 2;
    void* data = std::realloc(output.data, capacity);
    if (data == nullptr) return false;
    output.data = static_cast<uint8_t*>(data);
    output.capacity = capacity;
    return true;
  }

  std::mutex mutex_;
  std::vector<Output> buffers_;
};

inline BufferStock& stock() {
  static auto* stock = new BufferStock;  // never destroyed: segments may outlive the module
  return *stock;
}

// An entropy-coded segment: bytes that Python reads through the buffer protocol.
class Segment {
 public:
  Segment() : output_(stock().take()) {}
  explicit Segment(const Output& output) : output_(output) {}  // from the stock
  Segment(Segment&& other) noexcept : output_(std::exchange(other.output_, {})) {}
  Segment& operator=(Segment&&) = delete;
  ~Segment() {
    if (output_.data != nullptr) stock().give(output_);
  }

  Output& output() { return output_; }
  size_t size() const { return output_.size; }
  nanobind::bytes bytes() const {
    return nanobind::bytes(reinterpret_cast<const char*>(output_.data), output_.size);
  }

  static int get_buffer(PyObject* self, Py_buffer* view, int flags) {
    const Output& output = nanobind::inst_ptr<Segment>(nanobind::handle(self))->output_;
    return PyBuffer_FillInfo(view, self, output.data, static_cast<Py_ssize_t>(output.size), 1,
                             flags);
  }

 private:
  Output output_;
};

// What a thread works in, kept from strip to strip.
inline void* thread_scratch() {
  thread_local const std::unique_ptr<void, Deleter> scratch(
      std::aligned_alloc(kScratchAlignment, kScratchBytes));
  if (!scratch) throw std::bad_alloc();
  return scratch.get();
}

}  // namespace stripline
