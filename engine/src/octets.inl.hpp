// Tokens to bits a vector at a time. Their entries are merged to pairs, to quads of at most 57
// bits, and those to octets of two words; a prefix sum says where each octet's bits go, and each is
// stored as 16 bytes that start with the byte it shares with the one before. No bit waits in a
// register for the octet before it.

namespace stripline::STRIPLINE_ISA {
namespace {

// Codes at the low end of 64-bit lanes, and their lengths.
struct Codes {
  V bits, lengths;
};

// Entries of 32 bits, merged two and two: the low half of each lane comes first.
inline Codes merge_entries(V entries) {
  const V length_mask = set1_64(63);
  const V second = shift_right64<32>(entries), second_length = bit_and(second, length_mask);
  const V first_bits = shift_right64<6>(bit_and(entries, set1_64(0xFFFFFFC0)));
  return {bit_or(shift_left64(first_bits, second_length), shift_right64<6>(second)),
          add64(bit_and(entries, length_mask), second_length)};
}

// Every lane of `a` with the same lane of `b` behind it.
inline Codes merge(const Codes& a, const Codes& b) {
  return {bit_or(shift_left64(a.bits, b.lengths), b.bits), add64(a.lengths, b.lengths)};
}

// Whether every quad has 7 to 57 bits.
inline bool are_regular(const Codes& a, const Codes& b) {
  const V lengths = bit_or(a.lengths, shift_left64<32>(b.lengths));
  return !any_negative32(bit_or(sub32(lengths, set1_32(7)), sub32(set1_32(57), lengths)));
}

// A step with an irregular quad, one quad after the other; one that is too long token by token.
[[gnu::noinline]] void put_quads(const uint16_t* tokens, const Codes& first, const Codes& second,
                                 const CodeBook& codes, BitWriter& writer) {
  uint64_t bits[2][kLanes / 4], lengths[2][kLanes / 4];
  store_raw(bits[0], first.bits), store_raw(bits[1], second.bits);
  store_raw(lengths[0], first.lengths), store_raw(lengths[1], second.lengths);
  BitWriter local = writer;
  for (int i = 0; i < kStepTokens / 4; ++i, tokens += 4) {
    const auto length = static_cast<unsigned>(lengths[i % 2][i / 2]);
    if (length > 57) {
      writer = local;
      put_singly(tokens, 4, codes, writer);
      local = writer;
    } else {
      local.put(bits[i % 2][i / 2], length);
      local.flush();
    }
  }
  writer = local;
}

class OctetWriter {
 public:
  explicit OctetWriter(const BitWriter& writer) { resume(writer); }

  // A regular quad's bits and those that are left in the byte it starts in fit a word, and no such
  // byte has bits of more than two quads.
  void put(const Codes& first, const Codes& second) {
    const V lengths = add64(first.lengths, second.lengths), sums = prefix_sum64(lengths);
    const V starts = sub64(add64(position_, sums), lengths);
    position_ = add64(position_, broadcast_last64(sums));
    const V before = shift_in64(second.bits, last_);
    last_ = second.bits;
    const V width = set1_64(64);
    const V used = add64(bit_and(starts, set1_64(7)), first.lengths);
    const V unused = sub64(width, used);
    const V head = shift_left64(bit_or(shift_left64(before, first.lengths), first.bits), unused);
    const V tail = shift_left64(second.bits, sub64(width, second.lengths));
    store_octets(out_, swap_bytes64(bit_or(head, shift_right64(tail, used))),
                 swap_bytes64(shift_left64(tail, unused)), shift_right64<3>(starts));
  }

  // The same place as a BitWriter, and back.
  BitWriter to_bits() const {
    const uint64_t position = first64(position_);
    return {first64(broadcast_last64(last_)), static_cast<unsigned>(position & 7),
            out_ + (position >> 3)};
  }
  void resume(const BitWriter& writer) {
    out_ = writer.out;
    last_ = set1_64(writer.bits);
    position_ = set1_64(writer.pending);
  }

 private:
  uint8_t* out_;
  V last_;      // the latest quad in the highest lane
  V position_;  // in every lane: bits written since out_
};

inline void put_tokens(const uint16_t* tokens, int count, const CodeBook& codes,
                       BitWriter& writer) {
  OctetWriter octet_writer(writer);
  int at = 0;
  // Looking up runs a step ahead, so that a step's merging need not wait for it.
  Entries next = look_up(tokens, codes);
  for (; at + kStepTokens <= count; at += kStepTokens) {
    const Entries entries = next;
    next = look_up(tokens + at + kStepTokens, codes);
    const V* pairs = entries.pairs;
    const Codes first = merge(merge_entries(pairs[0]), merge_entries(pairs[1]));
    const Codes second = merge(merge_entries(pairs[2]), merge_entries(pairs[3]));
    if (__builtin_expect(are_regular(first, second), 1)) {
      octet_writer.put(first, second);
    } else {
      BitWriter bits = octet_writer.to_bits();
      put_quads(tokens + at, first, second, codes, bits);
      octet_writer.resume(bits);
    }
  }
  writer = octet_writer.to_bits();
  put_singly(tokens + at, count - at, codes, writer);
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
