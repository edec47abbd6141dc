// How far a picture is from another: SSIMULACRA 2, and the sum of squared errors.
//
// As in engine.hpp, everything is a pure function of its arguments and all memory is the caller's.
// Unlike the JPEG engine, this needs a C library (for pow).
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace stripline {

// 8-bit sRGB samples: red, green, blue in turn, or grey alone.
struct Picture {
  const uint8_t* data;
  ptrdiff_t stride;  // bytes from one row to the next; may be negative
  uint32_t width;    // pixels
  uint32_t height;
  uint32_t channels;  // 3 or 1
};

inline constexpr uint32_t kMinScoredSide = 8;  // pixels; smaller pictures have no scale to compare
inline constexpr uint32_t kMaxScoredSide = 65535;
inline constexpr size_t kMetricAlignment = 64;  // of all memory below

// One instruction set's functions; see src/metric_kernels.hpp.
struct MetricKernels;

// By the names of available_kernels(); nullptr when there is no such set or this CPU cannot run it.
// All give the same results, to the last bit where the compiler keeps to IEEE 754.
const MetricKernels* find_metric_kernels(const char* name);

enum class MetricStatus : uint8_t {
  kOk,
  kBadPicture,  // a side outside kMinScoredSide to kMaxScoredSide, or channels other than 1 and 3
};

// Bytes of a prepared reference (32 a pixel) and of work space (4 a pixel), and somewhat more, the
// more the smaller the picture is. Both for sides in range.
size_t ssimulacra2_reference_bytes(uint32_t width, uint32_t height);
size_t ssimulacra2_scratch_bytes(uint32_t width, uint32_t height);

// Whatever of the comparison depends on the original alone. `reference` is only read by
// ssimulacra2_score(), from any number of threads.
MetricStatus ssimulacra2_prepare(const Picture& original, const MetricKernels& kernels,
                                 void* reference, void* scratch);

// The score of a picture of the original's size: 100 for the same pixels, lower for worse ones,
// without a lower bound. The original and `distorted` may differ in their channels.
MetricStatus ssimulacra2_score(const void* reference, const Picture& distorted,
                               const MetricKernels& kernels, void* scratch, double& score);

// The sum of the squares of the differences of `size` samples; below 2^64 for any memory there is.
uint64_t sum_of_squared_errors(const uint8_t* a, const uint8_t* b, size_t size);

}  // namespace stripline
