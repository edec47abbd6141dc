#define STRIPLINE_ISA avx512_gather
#include "vec_avx512.hpp"
#include "../color.inl.hpp"
#include "../downsample.inl.hpp"
#include "../zigzag_permute.inl.hpp"
#include "../fdct.inl.hpp"
#include "../bit_writer.inl.hpp"
#include "../lookup.inl.hpp"
#include "../lookup_gather.inl.hpp"
#include "../octets.inl.hpp"
#include "../compress_vbmi2.inl.hpp"
#include "../huffman.inl.hpp"
#include "../stuffing.inl.hpp"

#define STRIPLINE_KERNELS_OBJECT kAvx512GatherKernels
#define STRIPLINE_KERNELS_NAME "avx512-gather"
#include "../kernels_object.inl.hpp"
