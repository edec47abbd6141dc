// The decoder's functions by the encoder's set, which has made sure that the CPU can run them.
#include "../decode_kernels.hpp"

namespace stripline {

extern const DecodeKernels kScalarDecodeKernels;
#if defined(__x86_64__)
extern const DecodeKernels kX86V2DecodeKernels, kAvx2DecodeKernels, kAvx512DecodeKernels;
#elif defined(__aarch64__)
extern const DecodeKernels kNeonDecodeKernels;
#endif

const DecodeKernels& decode_kernels([[maybe_unused]] const Kernels& kernels) {
#if defined(__x86_64__)
  // The two AVX-512 sets differ in how the encoder looks up its codes, and in nothing else.
  if (&kernels == find_kernels("avx512")) return kAvx512DecodeKernels;
  if (&kernels == find_kernels("avx512-gather")) return kAvx512DecodeKernels;
  if (&kernels == find_kernels("avx2")) return kAvx2DecodeKernels;
  if (&kernels == find_kernels("x86-64-v2")) return kX86V2DecodeKernels;
#elif defined(__aarch64__)
  if (&kernels == find_kernels("neon")) return kNeonDecodeKernels;
#endif
  return kScalarDecodeKernels;
}

}  // namespace stripline
