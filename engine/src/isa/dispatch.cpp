// Which sets were built, and which of them this CPU can run.
#include "../kernels.hpp"

namespace stripline {

extern const Kernels kScalarKernels;
#if defined(__x86_64__)
extern const Kernels kX86V2Kernels, kAvx2Kernels, kAvx512Kernels, kAvx512GatherKernels;
#elif defined(__aarch64__)
extern const Kernels kNeonKernels;
#elif defined(__wasm_simd128__)
extern const Kernels kSimd128Kernels;
#endif

namespace {

#if defined(__x86_64__)
bool has_v2() { return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("popcnt"); }
bool has_avx2() {
  return has_v2() && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("bmi2");
}
// Ice Lake and Zen 4 onward. Older AVX-512 CPUs lack the byte permutes and compressions that the
// kernels are made of, and run the AVX2 set.
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vbmi") &&
         __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bitalg");
}
// Zen 4's gathers are microcode, slower than loads one by one; Intel's are faster than those.
bool has_fast_gather() { return has_avx512() && __builtin_cpu_is("intel"); }
bool has_slow_gather() { return has_avx512() && !__builtin_cpu_is("intel"); }
#endif

bool always() { return true; }

struct Candidate {
  const Kernels* kernels;
  bool (*can_run)();
};

const Candidate kCandidates[] = {
#if defined(__x86_64__)
    {&kAvx512GatherKernels, has_fast_gather},
    {&kAvx512Kernels, has_avx512},
    {&kAvx512GatherKernels, has_slow_gather},
    {&kAvx2Kernels, has_avx2},
    {&kX86V2Kernels, has_v2},
#elif defined(__aarch64__)
    {&kNeonKernels, always},
#elif defined(__wasm_simd128__)
    {&kSimd128Kernels, always},
#endif
    {&kScalarKernels, always},
};

bool equal(const char* a, const char* b) {
  while (*a != 0 && *a == *b) ++a, ++b;
  return *a == *b;
}

}  // namespace

const Kernels* available_kernels(size_t index) {
  for (const Candidate& candidate : kCandidates) {
    if (candidate.can_run() && index-- == 0) return candidate.kernels;
  }
  return nullptr;
}

const Kernels* find_kernels(const char* name) {
  for (const Candidate& candidate : kCandidates) {
    if (candidate.can_run() && equal(candidate.kernels->name, name)) return candidate.kernels;
  }
  return nullptr;
}

const char* kernels_name(const Kernels& kernels) { return kernels.name; }

}  // namespace stripline
