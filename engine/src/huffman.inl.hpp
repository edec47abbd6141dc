// Huffman coding, a coefficient at a time: walk the set bits of a block's mask, look each (run,
// value) up, and append the entry to a 64-bit register that is written out every other code.

namespace stripline::STRIPLINE_ISA {
namespace {

inline unsigned bit_length(unsigned value) { return value == 0 ? 0 : 32 - __builtin_clz(value); }

inline uint32_t with_value(uint32_t symbol, int value, unsigned size) {
  const uint32_t bits = static_cast<uint32_t>(value + (value >> 31)) & ((1u << size) - 1);
  return ((symbol >> 6) << size | bits) << 6 | ((symbol & 63) + size);
}

inline unsigned magnitude_size(int value) {
  return bit_length(static_cast<unsigned>(value < 0 ? -value : value));
}

// `bits` holds the latest bits in its low end; of those, `pending` are not written yet. Whole bytes
// are written by a store of eight, of which only as many count as are full.
struct BitWriter {
  uint64_t bits;
  unsigned pending;
  uint8_t* out;

  // 64 bits may be pending at the most before a flush.
  void put(uint32_t entry) {
    bits = bits << (entry & 63) | entry >> 6;
    pending += entry & 63;
  }
  void put(uint32_t code, unsigned length) {
    bits = bits << length | code;
    pending += length;
  }
  void flush() {
    const uint64_t word = __builtin_bswap64(bits << (-pending & 63));
    __builtin_memcpy(out, &word, 8);
    out += pending >> 3;
    pending &= 7;
  }
};

inline void encode_dc(int difference, const HuffmanCodes& codes, BitWriter& writer) {
  const unsigned size = magnitude_size(difference);
  writer.put(codes.dc_symbol[size]);
  writer.put(static_cast<uint32_t>(difference + (difference >> 31)) & ((1u << size) - 1), size);
  writer.flush();
}

inline void encode_block(const int16_t* block, uint64_t nonzero, int difference,
                         const HuffmanCodes& codes, BitWriter& writer) {
  encode_dc(difference, codes, writer);
  int previous = 0;
  for (uint64_t rest = nonzero & ~uint64_t{1}; rest != 0; rest &= rest - 1) {
    const int k = __builtin_ctzll(rest), value = block[k];
    int run = k - previous - 1;
    previous = k;
    for (; __builtin_expect(run > 15, 0); run -= 16) {
      writer.put(codes.ac_symbol[0xF0]);
      writer.flush();
    }
    if (__builtin_expect(static_cast<unsigned>(value + kDirectValues) < 2 * kDirectValues, 1)) {
      writer.put(codes.ac_value[run][value + kDirectValues]);
    } else {
      const unsigned size = magnitude_size(value);
      writer.put(with_value(codes.ac_symbol[static_cast<unsigned>(run) << 4 | size], value, size));
    }
    writer.flush();
  }
  if (previous != 63) writer.put(codes.ac_symbol[0]);
  writer.flush();
}

uint8_t* entropy(const TileBlocks& tile, int mcus, const McuLayout& layout,
                 const HuffmanCodes huffman[2], EntropyState& state, void*, uint8_t* out) {
  BitWriter writer{state.bits, state.pending, out};
  int place = 0;
  for (int mcu = 0; mcu < mcus; ++mcu) {
    for (int i = 0; i < layout.blocks; ++i, ++place) {
      const int component = layout.component[i];
      const int16_t* block = tile.coefficients[place];
      encode_block(block, tile.nonzero[place], block[0] - state.dc[component],
                   huffman[component != 0], writer);
      state.dc[component] = block[0];
    }
  }
  state.bits = writer.bits;
  state.pending = writer.pending;
  return writer.out;
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
