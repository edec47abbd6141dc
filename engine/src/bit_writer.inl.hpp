// Appending codes to a byte string through a 64-bit register.

namespace stripline::STRIPLINE_ISA {
namespace {

// `bits` holds the latest bits in its low end; of those, `pending` are not written yet. Whole bytes
// are written by a store of eight, of which only as many count as are full.
struct BitWriter {
  uint64_t bits;
  unsigned pending;
  uint8_t* out;

  // At most 64 bits may be pending when flush() is called.
  void put(uint64_t code, unsigned length) {
    bits = bits << length | code;
    pending += length;
  }
  void put(uint32_t entry) { put(entry >> 6, entry & 63); }
  void flush() {
    const uint64_t word = __builtin_bswap64(bits << (-pending & 63));
    __builtin_memcpy(out, &word, 8);
    out += pending >> 3;
    pending &= 7;
  }
};

// A code has at most 26 bits: two fit beside the bits of a begun byte.
[[gnu::noinline]] void put_singly(const uint16_t* tokens, int count, const CodeBook& codes,
                                  BitWriter& writer) {
  BitWriter local = writer;
  for (; count >= 2; count -= 2, tokens += 2) {
    local.put(codes.entries[tokens[0]]);
    local.put(codes.entries[tokens[1]]);
    local.flush();
  }
  if (count > 0) {
    local.put(codes.entries[tokens[0]]);
    local.flush();
  }
  writer = local;
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
