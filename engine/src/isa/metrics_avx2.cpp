#define STRIPLINE_ISA metrics_avx2
#define STRIPLINE_KERNELS_OBJECT kMetricsAvx2
#define STRIPLINE_KERNELS_NAME "avx2"
#include "../metric_kernels_object.inl.hpp"
