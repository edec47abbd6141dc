// Entropy decoding: a look-up gives one or two coefficients, whose places and bits are then worked
// out without a branch. What decides the speed is the chain from one look-up to the next: shift,
// load, shift.

namespace stripline::STRIPLINE_ISA {
namespace {

// The part of ScanBytes that the loop keeps in registers.
struct BitReader {
  uint64_t window;
  unsigned valid;
  const uint8_t* next;

  // 56 bits at least. Bits below the valid ones may be there already; they are the same.
  void refill() {
    uint64_t bytes;
    __builtin_memcpy(&bytes, next, 8);
    window |= __builtin_bswap64(bytes) >> valid;
    next += (63 - valid) >> 3;
    valid |= 56;
  }
  void consume(unsigned bits) {
    window <<= bits & 63;
    valid -= bits;
  }
  // Takes back so many bits and loads anew: at least 48 bits.
  void step_back(unsigned bits) {
    const unsigned unread = valid + bits, bytes = (unread + 7) >> 3;
    next -= bytes;
    window = 0, valid = 0;
    refill();
    consume(bytes * 8 - unread);
  }
  // The next `size` bits as a value (ITU-T T.81, F.2.2.1); size is not 0.
  int value(unsigned size) {
    const int bits = static_cast<int>(window >> (64 - size));
    consume(size);
    return bits >> (size - 1) != 0 ? bits : bits + 1 - (1 << size);
  }
};

// The next symbol bit length by bit length; -1 where there is no such code.
inline int next_symbol(BitReader& bits, const SlowCodes& codes) {
  const auto next = static_cast<uint32_t>(bits.window >> 48);
  unsigned length = 1;
  while (next >= codes.limits[length]) {
    if (++length > 16) return -1;
  }
  bits.consume(length);
  return codes.symbols[codes.offsets[length] + static_cast<int32_t>(next >> (16 - length))];
}

inline int value_of(const BitReader& bits, LookupEntry entry) {
  const uint64_t through = bits.window >> (-entry & 63);
  const unsigned own_bits = entry >> 8 & 255;
  return static_cast<int16_t>(entry >> 48) +
         static_cast<int>(through & ((uint64_t{1} << own_bits) - 1));
}

inline bool decode_dc(BitReader& bits, const DcLookup& lookup, int& dc) {
  const LookupEntry entry = lookup.entries[bits.window >> (64 - kDcLookupBits)];
  if (__builtin_expect((entry & 255) == 0, false)) {
    const int size = next_symbol(bits, lookup.slow);
    if (size < 0) return false;
    if (size > 0) dc += bits.value(static_cast<unsigned>(size));
    bits.refill();
    return true;
  }
  dc += value_of(bits, entry);
  bits.consume(entry & 255);
  return true;
}

enum class Ac : uint8_t { kMore, kEnd, kWrong };

// Where a look-up led past the block: takes it back, and decodes one symbol by its code.
inline Ac decode_one(BitReader& bits, const AcLookup& lookup, LookupEntry entry,
                     const uint16_t* places, int16_t* block, unsigned& at) {
  at -= entry >> 24 & 255;
  bits.step_back(entry & 255);
  const int symbol = next_symbol(bits, lookup.slow);
  if (symbol < 0) return Ac::kWrong;
  const unsigned run = static_cast<unsigned>(symbol) >> 4, size = symbol & 15;
  if (size == 0 && run != 15) return Ac::kEnd;
  at += run + 1;
  if (at > 63) return Ac::kWrong;
  bits.refill();
  if (size > 0) block[places[at]] = static_cast<int16_t>(bits.value(size));
  bits.refill();
  return at == 63 ? Ac::kEnd : Ac::kMore;
}

// Decodes a block's AC coefficients. Returns the last one's number, or -1.
inline int decode_ac(BitReader& bits, const AcLookup& lookup, const uint16_t* places,
                     int16_t* block) {
  unsigned at = 0;
  LookupEntry entry;
  const auto step = [&] {
    entry = lookup.entries[bits.window >> (64 - kAcLookupBits)];
    const unsigned first = at + (entry >> 16 & 255);
    at += entry >> 24 & 255;
    // The second before the first: where there is none, its place is the first's.
    block[places[at]] = static_cast<int16_t>(entry >> 32);
    block[places[first]] = static_cast<int16_t>(value_of(bits, entry));
    bits.consume(entry & 255);
    return at < 63;
  };
  for (;;) {
    if (__builtin_expect(step(), true)) {
      bits.refill();
      if (__builtin_expect(step(), true)) continue;
    }
    if (at == 63) return 63;
    // Past an end of block; unless what came before it was the 63rd already.
    if (at - kEndOfBlock < 63) return static_cast<int>(at - kEndOfBlock);
    const Ac result = decode_one(bits, lookup, entry, places, block, at);
    if (result == Ac::kEnd) return static_cast<int>(at);
    if (result == Ac::kWrong) return -1;
  }
}

Damage entropy(ScanBytes& scan, const EntropyPlan& plan, int first, int count, int dc[3],
               GroupCoefficients* groups, uint8_t* last) {
  BitReader bits{scan.window, scan.valid, scan.next};
  Damage damage = Damage::kNone;
  const auto save = [&] {
    scan.window = bits.window, scan.valid = bits.valid, scan.next = bits.next;
  };
  for (int mcu = first; mcu < first + count && damage == Damage::kNone; ++mcu) {
    if (bits.next > scan.fetch_from) {
      save();
      fetch_bytes(scan);
      bits.next = scan.next;
    }
    for (int i = 0; i < plan.count; ++i) {
      const BlockPlan& plan_of_block = plan.blocks[i];
      const int column = mcu * plan_of_block.across + plan_of_block.column;
      const int group = plan_of_block.group + column / kGroupLanes;
      int16_t* block = &groups[group][0][column % kGroupLanes];
      bits.refill();
      int& predictor = dc[plan_of_block.component];
      if (!decode_dc(bits, *plan_of_block.dc, predictor)) {
        damage = Damage::kBadCode;
        break;
      }
      const int number = decode_ac(bits, *plan_of_block.ac, plan_of_block.places, block);
      block[0] = static_cast<int16_t>(predictor);
      if (number < 0) {
        damage = Damage::kBadCode;
        break;
      }
      if (number > last[group]) last[group] = static_cast<uint8_t>(number);
    }
    if (8 * (bits.next - scan.end) > static_cast<ptrdiff_t>(bits.valid)) {
      damage = Damage::kPrematureEnd;
    }
  }
  save();
  return damage;
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
