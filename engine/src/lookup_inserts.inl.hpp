// Looking tokens up by loads that insert into vectors, for CPUs whose gathers are slower than that,
// as Zen 4's, which are microcode. Storing what was loaded one by one, and loading it again as
// vectors, is slower too: a load of what several stores wrote has to wait for all of them.

namespace stripline::STRIPLINE_ISA {
namespace {

// Entries of the two tokens in the low half of `a`, and of those in that of `b`.
inline __m128i two_pairs(uint64_t a, uint64_t b, const uint32_t* entries) {
  const auto entry = [entries](uint64_t token) {
    return static_cast<int>(entries[token & 0xFFFF]);
  };
  __m128i found = _mm_cvtsi32_si128(entry(a));
  found = _mm_insert_epi32(found, entry(a >> 16), 1);
  found = _mm_insert_epi32(found, entry(b), 2);
  return _mm_insert_epi32(found, entry(b >> 16), 3);
}

inline Entries look_up(const uint16_t* tokens, const CodeBook& codes) {
  __m128i found[4][kLanes / 8];
#pragma GCC unroll 4
  for (int i = 0; i < kLanes / 8; ++i) {  // two octets
    uint64_t a[2], b[2];
    __builtin_memcpy(a, tokens + 16 * i, 16);
    __builtin_memcpy(b, tokens + 16 * i + 8, 16);
    found[0][i] = two_pairs(a[0], b[0], codes.entries);
    found[1][i] = two_pairs(a[0] >> 32, b[0] >> 32, codes.entries);
    found[2][i] = two_pairs(a[1], b[1], codes.entries);
    found[3][i] = two_pairs(a[1] >> 32, b[1] >> 32, codes.entries);
  }
  return {{from_lanes(found[0]), from_lanes(found[1]), from_lanes(found[2]), from_lanes(found[3])}};
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
