#define STRIPLINE_ISA neon
#include "vec_neon.hpp"
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

#define STRIPLINE_KERNELS_OBJECT kNeonKernels
#define STRIPLINE_KERNELS_NAME "neon"
#include "../kernels_object.inl.hpp"
