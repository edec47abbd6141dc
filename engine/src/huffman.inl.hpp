// Huffman coding, a coefficient at a time: walk the set bits of a block's mask, look each (run,
// value) up and append the entry.

namespace stripline::STRIPLINE_ISA {
namespace {

inline bool is_direct(int value) {
  return static_cast<unsigned>(value + CodeBook::kDirectValues) < CodeBook::kRowEntries;
}

inline int magnitude_size(int value) {
  return value == 0 ? 0 : 32 - __builtin_clz(static_cast<unsigned>(value < 0 ? -value : value));
}

// A symbol that has no row of its own: its code, then the value's bits.
inline void put_in_two(int symbol_row, int symbol, int value, const CodeBook& codes,
                       BitWriter& writer) {
  writer.put(codes.at(symbol_row, symbol));
  writer.put(codes.at(CodeBook::kRaw, value));
}

inline void encode_block(const int16_t* block, uint64_t nonzero, int difference, int table,
                         const CodeBook& codes, BitWriter& writer) {
  if (__builtin_expect(is_direct(difference), 1)) {
    writer.put(codes.at(CodeBook::dc(table), difference));
  } else {
    put_in_two(CodeBook::kDcSymbols, CodeBook::dc_symbol(table, magnitude_size(difference)),
               difference, codes, writer);
  }
  writer.flush();
  int previous = 0;
  for (uint64_t rest = nonzero & ~uint64_t{1}; rest != 0; rest &= rest - 1) {
    const int k = __builtin_ctzll(rest), value = block[k];
    int run = k - previous - 1;
    previous = k;
    for (; __builtin_expect(run > 15, 0); run -= 16) {
      writer.put(codes.at(CodeBook::kAcSymbols, CodeBook::ac_symbol(table, 0xF0)));
      writer.flush();
    }
    if (__builtin_expect(is_direct(value), 1)) {
      writer.put(codes.at(CodeBook::ac(table, run), value));
    } else {
      put_in_two(CodeBook::kAcSymbols, CodeBook::ac_symbol(table, run << 4 | magnitude_size(value)),
                 value, codes, writer);
    }
    writer.flush();
  }
  if (previous != 63) {
    writer.put(codes.at(CodeBook::kAcSymbols, CodeBook::ac_symbol(table, 0)));
    writer.flush();
  }
}

uint8_t* entropy(const TileBlocks& tile, int mcus, const McuLayout& layout, const CodeBook& codes,
                 EntropyState& state, void*, uint8_t* out) {
  BitWriter writer{state.bits, state.pending, out};
  int place = 0;
  for (int mcu = 0; mcu < mcus; ++mcu) {
    for (int i = 0; i < layout.blocks; ++i, ++place) {
      const int component = layout.component[i];
      const int16_t* block = tile.coefficients[place];
      encode_block(block, tile.nonzero[place], block[0] - state.dc[component], component != 0,
                   codes, writer);
      state.dc[component] = block[0];
    }
  }
  state.bits = writer.bits;
  state.pending = writer.pending;
  return writer.out;
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
