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
  // The next `size` bits as a value (ITU-T T.81, F.2.2.1).
  int value(unsigned size) {
    const auto all = static_cast<int>(window >> 1 >> (63 - size));
    const int below = ((1 << size) - 1) & (static_cast<int>(window >> 63) - 1);
    consume(size);
    return all - below;
  }
};

// The next symbol bit length by bit length; -1 where there is no such code.
[[gnu::always_inline]] inline int next_symbol(BitReader& bits, const SlowCodes& codes) {
  const auto next = static_cast<uint32_t>(bits.window >> 48);
  unsigned length = 1;
  for (int i = 1; i <= 16; ++i) length += next >= codes.limits[i];  // no branches
  if (length > 16) return -1;
  bits.consume(length);
  return codes.symbols[codes.offsets[length] + static_cast<int32_t>(next >> (16 - length))];
}

inline uint64_t lowest_bits(uint64_t value, unsigned count) {
#ifdef __BMI2__
  return __builtin_ia32_bzhi_di(value, count);
#else
  return value & ((uint64_t{1} << count) - 1);
#endif
}

// The value at the end of the next `used` bits.
inline int first_value(const BitReader& bits, unsigned used, const LookupEntry& entry) {
  const uint64_t through = bits.window >> (-used & 63);
  return entry.base + static_cast<int>(lowest_bits(through, entry.own_bits));
}

// What looking up does not give is worked out apart, so that the loop's registers suffice.
struct Symbol {
  BitReader bits;
  int value;
  unsigned at;
  bool is_wrong, is_end;
};

[[gnu::noinline]] Symbol decode_slow_dc(BitReader bits, const SlowCodes& codes) {
  const int size = next_symbol(bits, codes);
  if (size < 0) return {bits, 0, 0, true, false};
  const int value = bits.value(static_cast<unsigned>(size));
  bits.refill();
  return {bits, value, 0, false, false};
}

// `at`: the last coefficient's number, and then that of `value`.
[[gnu::noinline]] Symbol decode_slow_ac(BitReader bits, const SlowCodes& codes, unsigned at) {
  const int symbol = next_symbol(bits, codes);
  if (symbol < 0) return {bits, 0, at, true, false};
  const unsigned run = static_cast<unsigned>(symbol) >> 4, size = symbol & 15;
  if (size == 0 && run != 15) return {bits, 0, at, false, true};
  at += run + 1;
  if (at > 63) return {bits, 0, at, true, false};
  bits.refill();
  const int value = bits.value(size);
  bits.refill();
  return {bits, value, at, false, at == 63};
}

// Adds the next difference; differences of damaged data may add up to anything, and wrap around.
inline bool decode_dc(BitReader& bits, const DcLookup& lookup, int& predictor) {
  const LookupEntry& entry = lookup.entries[bits.window >> (64 - kDcLookupBits)];
  if (__builtin_expect(entry.bits != 0, true)) {
    const unsigned used = entry.bits;
    predictor = static_cast<int16_t>(predictor + first_value(bits, used, entry));
    bits.consume(used);
    return true;
  }
  const Symbol symbol = decode_slow_dc(bits, lookup.slow);
  bits = symbol.bits;
  predictor = static_cast<int16_t>(predictor + symbol.value);
  return !symbol.is_wrong;
}

// What is left of a BitReader after a block, in two registers; `next` is in ScanBytes.
struct AfterBlock {
  uint64_t window;
  unsigned valid;
  int last;  // the last coefficient's number, or -1: damaged
};

// Decodes a block. A function of its own, so that its loop gets all registers.
[[gnu::noinline]] AfterBlock decode_block(uint64_t window, unsigned valid, ScanBytes& scan,
                                          const BlockPlan& plan, int dc[3], int16_t* block) {
  BitReader bits{window, valid, scan.next};
  const auto after = [&](int last) {
    scan.next = bits.next;
    return AfterBlock{bits.window, bits.valid, last};
  };
  bits.refill();
  int& predictor = dc[plan.component];
  if (!decode_dc(bits, *plan.dc, predictor)) return after(-1);
  block[0] = static_cast<int16_t>(predictor);
  const AcLookup& lookup = *plan.ac;
  const uint16_t* const places = plan.places;
  unsigned at = 0;
  uint64_t index;
  const auto step = [&] {
    index = bits.window >> (64 - kAcLookupBits);
    // All that is needed of the entry before anything is stored: the compiler must take it that a
    // store might change it.
    const LookupStep link = lookup.chain[index];
    const LookupEntry& entry = lookup.entries[index];
    const unsigned used = link.bits;
    const unsigned first_at = at + entry.first;
    at += link.places;
    const int16_t second = entry.second;
    const auto first = static_cast<int16_t>(first_value(bits, used, entry));
    bits.consume(used);
    // The second before the first: where there is none, its place is the first's.
    block[places[at]] = second;
    block[places[first_at]] = first;
    return __builtin_expect(at < 63, true);
  };
  for (;;) {
    if (step()) {
      bits.refill();
      if (step() && step()) continue;
    }
    // Past an end of block; unless what came before it was the 63rd already.
    if (at - kEndOfBlock < 63) return after(static_cast<int>(at - kEndOfBlock));
    if (at == 63) return after(63);
    // Past the block otherwise, or a code that is not looked up: one symbol at a time.
    at -= lookup.chain[index].places;
    if (lookup.chain[index].bits == 0) {
      bits.refill();
    } else {
      bits.step_back(lookup.chain[index].bits);
    }
    const Symbol symbol = decode_slow_ac(bits, lookup.slow, at);
    if (symbol.is_wrong) return after(-1);
    bits = symbol.bits;
    if (symbol.at != at) block[places[symbol.at]] = static_cast<int16_t>(symbol.value);
    at = symbol.at;
    if (symbol.is_end) return after(static_cast<int>(at));
  }
}

Damage entropy(ScanBytes& scan, const EntropyPlan& plan, int first, int count, int dc[3],
               GroupCoefficients* groups, LastNumbers& last) {
  AfterBlock state{scan.window, scan.valid, 0};
  int16_t* const coefficients = &groups[0][0][0];
  Damage damage = Damage::kNone;
  for (int mcu = first; mcu < first + count && damage == Damage::kNone; ++mcu) {
    if (scan.next > scan.fetch_from) fetch_bytes(scan);
    for (int i = 0; i < plan.count; ++i) {
      state = decode_block(state.window, state.valid, scan, plan.blocks[i], dc,
                           coefficients + plan.targets[mcu][i]);
      if (__builtin_expect(state.last < 0, false)) {
        damage = Damage::kBadCode;
        break;
      }
      last[mcu][i] = static_cast<uint8_t>(state.last);
    }
    // Whatever was made of the zeros behind the end.
    if (8 * (scan.next - scan.end) > static_cast<ptrdiff_t>(state.valid)) {
      damage = Damage::kPrematureEnd;
    }
  }
  scan.window = state.window;
  scan.valid = state.valid;
  return damage;
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
