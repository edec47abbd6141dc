// From Huffman codes to look-ups that give values at once, two of them where the bits suffice.
#include "decode_kernels.hpp"

namespace stripline {
namespace {

// The codes themselves, for what the look-ups leave out (ITU-T T.81, annex C and F.2.2.3).
bool prepare_slow(const HuffmanCodes& codes, SlowCodes& slow) {
  uint32_t code = 0;
  int next = 0;
  for (int length = 1; length <= 16; ++length, code <<= 1) {
    slow.offsets[length] = next - static_cast<int32_t>(code);
    code += codes.counts[length - 1];
    next += codes.counts[length - 1];
    if (code > 1u << length || next > 256) return false;
    slow.limits[length] = code << (16 - length);
  }
  for (int i = 0; i < 256; ++i) slow.symbols[i] = i < next ? codes.symbols[i] : uint8_t{0};
  return true;
}

constexpr LookupEntry entry(int bits, int own_bits, unsigned places, int value) {
  return {static_cast<uint8_t>(bits),
          static_cast<uint8_t>(own_bits),
          static_cast<uint8_t>(places),
          static_cast<uint8_t>(places),
          0,
          static_cast<int16_t>(value)};
}

// What the `bits` bits after a code say of a value of `size` bits: all of it, or its sign.
LookupEntry with_value(int code_bits, int size, unsigned places, uint32_t rest, int bits) {
  if (size == 0) return entry(code_bits, 0, places, 0);
  const bool is_negative = rest >> (bits - 1) == 0;
  const int base = is_negative ? 1 - (1 << size) : 0;
  if (size > bits) return entry(code_bits + size, size, places, base);
  return entry(code_bits + size, 0, places, base + static_cast<int>(rest >> (bits - size)));
}

// One value at most an entry. kIsDc: symbols are sizes, else runs and sizes.
template <bool kIsDc, int kBits>
void fill_single(const HuffmanCodes& codes, LookupEntry* entries) {
  for (int i = 0; i < 1 << kBits; ++i) {
    entries[i] = entry(0, 0, kNoEntry, 0);
  }
  uint32_t code = 0;
  int next = 0;
  for (int length = 1; length < kBits; ++length, code <<= 1) {
    const int bits = kBits - length;
    for (int i = 0; i < codes.counts[length - 1]; ++i, ++code) {
      const int symbol = codes.symbols[next++];
      const int size = kIsDc ? symbol : symbol & 15, run = kIsDc ? 0 : symbol >> 4;
      if (length + size > (kIsDc ? kMaxDcBits : kMaxAcBits)) continue;
      const unsigned places = kIsDc                   ? 0
                              : size > 0 || run == 15 ? static_cast<unsigned>(run) + 1
                                                      : kEndOfBlock;
      for (uint32_t rest = 0; rest < 1u << bits; ++rest) {
        entries[code << bits | rest] = with_value(length, size, places, rest, bits);
      }
    }
  }
}

}  // namespace

bool prepare_dc(const HuffmanCodes& codes, DcLookup& lookup) {
  if (!prepare_slow(codes, lookup.slow)) return false;
  int total = 0;
  for (int count : codes.counts) total += count;
  for (int i = 0; i < total; ++i) {
    if (codes.symbols[i] > 15) return false;
  }
  fill_single<true, kDcLookupBits>(codes, lookup.entries);
  return true;
}

bool prepare_ac(const HuffmanCodes& codes, AcLookup& lookup, LookupEntry* work) {
  if (!prepare_slow(codes, lookup.slow)) return false;
  fill_single<false, kAcLookupBits>(codes, work);
  constexpr uint32_t kMask = (1u << kAcLookupBits) - 1;
  for (uint32_t i = 0; i <= kMask; ++i) {
    const LookupEntry first = work[i];
    LookupEntry& both = lookup.entries[i] = first;
    if (first.bits == 0 || first.own_bits != 0 || first.places == kEndOfBlock) continue;
    const LookupEntry second = work[i << first.bits & kMask];
    if (second.bits == 0 || first.bits + second.bits > kAcLookupBits) continue;
    both.bits = static_cast<uint8_t>(first.bits + second.bits);
    both.places = static_cast<uint8_t>(first.places + second.places);
    both.second = second.base;
  }
  for (uint32_t i = 0; i <= kMask; ++i) {
    const LookupEntry& entry = lookup.entries[i];
    lookup.chain[i] = {entry.bits, entry.places};
  }
  return true;
}

}  // namespace stripline
