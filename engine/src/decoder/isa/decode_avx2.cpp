#define STRIPLINE_ISA decode_avx2
#define STRIPLINE_LANES 8
#define STRIPLINE_KERNELS_OBJECT kAvx2DecodeKernels
#include "../decode_stages.inl.hpp"
