// For the base CPU of the build: SSE2 on x86-64, NEON on AArch64.
#define STRIPLINE_ISA metrics_base
#define STRIPLINE_KERNELS_OBJECT kMetricsBase
#define STRIPLINE_KERNELS_NAME "base"
#include "../metric_kernels_object.inl.hpp"
