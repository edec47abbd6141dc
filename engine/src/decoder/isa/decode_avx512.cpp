#define STRIPLINE_ISA decode_avx512
#define STRIPLINE_LANES 16
#define STRIPLINE_KERNELS_OBJECT kAvx512DecodeKernels
#include "../decode_stages.inl.hpp"
