#define STRIPLINE_ISA avx2
#include "../color.inl.hpp"
#include "../downsample.inl.hpp"
#include "../fdct.inl.hpp"
#include "../huffman.inl.hpp"
#include "../stuffing.inl.hpp"
#include "../zigzag_shuffle.inl.hpp"
#include "vec_avx2.hpp"

#define STRIPLINE_KERNELS_OBJECT kAvx2Kernels
#define STRIPLINE_KERNELS_NAME "avx2"
#include "../kernels_object.inl.hpp"
