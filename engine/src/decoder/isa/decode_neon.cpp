#define STRIPLINE_ISA decode_neon
#define STRIPLINE_LANES 4
#define STRIPLINE_KERNELS_OBJECT kNeonDecodeKernels
#include "../decode_stages.inl.hpp"
