#define STRIPLINE_ISA decode_scalar
#define STRIPLINE_LANES 4
#define STRIPLINE_KERNELS_OBJECT kScalarDecodeKernels
#include "../decode_stages.inl.hpp"
