#define STRIPLINE_ISA simd128
#include "vec_simd128.hpp"
#include "pixel_bytes_128.inl.hpp"
#include "../color.inl.hpp"
#include "../downsample.inl.hpp"
#include "../zigzag_shuffle.inl.hpp"
#include "../fdct.inl.hpp"
#include "../bit_writer.inl.hpp"
#include "../singles.inl.hpp"
#include "../compress_shuffle.inl.hpp"
#include "../huffman.inl.hpp"
#include "../stuffing.inl.hpp"

#define STRIPLINE_KERNELS_OBJECT kSimd128Kernels
#define STRIPLINE_KERNELS_NAME "simd128"
#include "../kernels_object.inl.hpp"
