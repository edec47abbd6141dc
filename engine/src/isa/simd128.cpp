#define STRIPLINE_ISA simd128
#include "../color.inl.hpp"
#include "../downsample.inl.hpp"
#include "../fdct.inl.hpp"
#include "../huffman.inl.hpp"
#include "../stuffing.inl.hpp"
#include "../zigzag_shuffle.inl.hpp"
#include "pixel_bytes_128.inl.hpp"
#include "vec_simd128.hpp"

#define STRIPLINE_KERNELS_OBJECT kSimd128Kernels
#define STRIPLINE_KERNELS_NAME "simd128"
#include "../kernels_object.inl.hpp"
