// Which compilation of the metrics' row functions goes with which set of kernels.
#include "../metric_kernels.hpp"
#include "stripline/engine.hpp"

namespace stripline {

extern const MetricKernels kMetricsBase;
#if defined(__x86_64__)
extern const MetricKernels kMetricsAvx2;
#endif

const MetricKernels* find_metric_kernels(const char* name) {
  const Kernels* kernels = find_kernels(name);
  if (kernels == nullptr) return nullptr;
#if defined(__x86_64__)
  // Compiled for AVX-512 they are hardly faster.
  const Kernels *avx512 = find_kernels("avx512"), *gather = find_kernels("avx512-gather");
  if (kernels == avx512 || kernels == gather || kernels == find_kernels("avx2")) {
    return &kMetricsAvx2;
  }
#endif
  return &kMetricsBase;
}

}  // namespace stripline
