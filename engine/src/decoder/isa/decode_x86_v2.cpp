#define STRIPLINE_ISA decode_x86_v2
#define STRIPLINE_LANES 4
#define STRIPLINE_KERNELS_OBJECT kX86V2DecodeKernels
#include "../decode_stages.inl.hpp"
