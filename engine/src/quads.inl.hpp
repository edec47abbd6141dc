// Tokens to bits a vector at a time. Entries are merged to pairs and to quads of at most 57 bits; a
// prefix sum says where each quad's bits go, and each is stored as eight bytes that start with the
// byte it shares with the quad before. No bit waits in a register for the quad before it.

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

inline Codes merge(const Codes& a, const Codes& b) {
  const V second_lengths = odd64(a.lengths, b.lengths);
  return {bit_or(shift_left64(even64(a.bits, b.bits), second_lengths), odd64(a.bits, b.bits)),
          add64(even64(a.lengths, b.lengths), second_lengths)};
}

class QuadWriter {
 public:
  explicit QuadWriter(const BitWriter& writer) { resume(writer); }

  // Each quad has 7 to 57 bits, so the byte it starts in holds bits of its own and of the last one.
  void put(const Codes& quads) {
    const V sums = prefix_sum64(quads.lengths);
    const V starts = sub64(add64(position_, sums), quads.lengths);
    position_ = add64(position_, broadcast_last64(sums));
    const V joined = bit_or(shift_left64(shift_in64(quads.bits, last_), quads.lengths), quads.bits);
    last_ = quads.bits;
    const V used = add64(bit_and(starts, set1_64(7)), quads.lengths);
    alignas(64) uint64_t words[kLanes / 4], bytes[kLanes / 4];
    store64(words, swap_bytes64(shift_left64(joined, sub64(set1_64(64), used))));
    store64(bytes, shift_right64<3>(starts));
    for (int i = 0; i < kLanes / 4; ++i) __builtin_memcpy(out_ + bytes[i], &words[i], 8);
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

inline void put_tokens(const uint8_t* rows, const int16_t* values, int count, const CodeBook& codes,
                       uint32_t* work, BitWriter& writer) {
  constexpr int kStep = kLanes, kHalf = kLanes / 2;
  const Entries entries(rows, values, count, codes, work);
  QuadWriter quad_writer(writer);
  int at = 0;
  for (; at + kStep <= count; at += kStep) {
    const Codes quads = merge(merge_entries(entries.at(at)), merge_entries(entries.at(at + kHalf)));
    if (__builtin_expect(any_above64(quads.lengths, 57) || any_below64(quads.lengths, 7), 0)) {
      BitWriter bits = quad_writer.to_bits();
      put_singly(rows + at, values + at, kStep, codes, bits);
      quad_writer.resume(bits);
    } else {
      quad_writer.put(quads);
    }
  }
  writer = quad_writer.to_bits();
  put_singly(rows + at, values + at, count - at, codes, writer);
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
