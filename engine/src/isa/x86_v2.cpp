#define STRIPLINE_ISA x86_v2
#include "vec_x86_v2.hpp"
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

#define STRIPLINE_KERNELS_OBJECT kX86V2Kernels
#define STRIPLINE_KERNELS_NAME "x86-64-v2"
#include "../kernels_object.inl.hpp"
