#define STRIPLINE_ISA avx2
#include "vec_avx2.hpp"
#include "../color.inl.hpp"
#include "../downsample.inl.hpp"
#include "../zigzag_shuffle.inl.hpp"
#include "../fdct.inl.hpp"
#include "../bit_writer.inl.hpp"
#include "../lookup.inl.hpp"
#include "../lookup_inserts.inl.hpp"
#include "../octets.inl.hpp"
#include "../compress_shuffle.inl.hpp"
#include "../huffman.inl.hpp"
#include "../stuffing.inl.hpp"

#define STRIPLINE_KERNELS_OBJECT kAvx2Kernels
#define STRIPLINE_KERNELS_NAME "avx2"
#include "../kernels_object.inl.hpp"
