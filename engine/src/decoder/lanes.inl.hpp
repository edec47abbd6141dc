// Vectors of 32-bit numbers in the compiler's own notation, which is the same for every set: it
// only has to be told their width. They wrap around; products of damaged data may.

namespace stripline::STRIPLINE_ISA {
namespace {

inline constexpr int kLanes = STRIPLINE_LANES;

typedef uint32_t V __attribute__((vector_size(4 * kLanes)));
typedef int32_t Signed __attribute__((vector_size(4 * kLanes)));
typedef int16_t Shorts __attribute__((vector_size(2 * kLanes)));
typedef uint16_t UnsignedShorts __attribute__((vector_size(2 * kLanes)));
typedef uint8_t Bytes __attribute__((vector_size(kLanes)));

template <class T>
inline T load(const void* from) {
  T value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}
template <class T>
inline void store(void* to, const T& value) {
  __builtin_memcpy(to, &value, sizeof value);
}

inline V set1(int32_t a) { return V{} + static_cast<uint32_t>(a); }
inline V times(V a, int32_t b) { return a * static_cast<uint32_t>(b); }
// a / 2^bits, rounded to nearest, halves up.
template <int kBits>
inline V descale(V a) {
  return V(Signed(a + (1u << (kBits - 1))) >> kBits);
}
inline V clamp_to_byte(V a) {
  Signed s = Signed(a);
  s = s < 0 ? Signed{} : s;
  s = s > 255 ? Signed{} + 255 : s;
  return V(s);
}
inline V widen_shorts(const int16_t* from) {
  return V(__builtin_convertvector(load<Shorts>(from), Signed));
}
inline V widen_bytes(const uint8_t* from) {
  // In two steps, which compilers know instructions for.
  return __builtin_convertvector(__builtin_convertvector(load<Bytes>(from), UnsignedShorts), V);
}
// Four bytes a lane, the first one lowest.
inline V pack_bytes(V a, V b, V c, V d) { return a | b << 8 | c << 16 | d << 24; }

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
