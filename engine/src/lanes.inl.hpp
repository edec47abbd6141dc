// A vector register of samples, in the notation that GCC and Clang share.

namespace stripline::STRIPLINE_ISA {

#if defined(__AVX2__)
constexpr size_t kLanes = 8;
#else
constexpr size_t kLanes = 4;
#endif

typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float))));
typedef int32_t LaneBits __attribute__((vector_size(kLanes * sizeof(int32_t))));

#define STRIPLINE_LANES inline __attribute__((always_inline))

STRIPLINE_LANES void load(const float* from, Lanes& lanes) {
  __builtin_memcpy(&lanes, from, sizeof(lanes));
}

STRIPLINE_LANES void store(const Lanes& lanes, float* to) {
  __builtin_memcpy(to, &lanes, sizeof(lanes));
}

}  // namespace stripline::STRIPLINE_ISA
