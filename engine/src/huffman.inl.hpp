// Huffman coding in passes over a tile. The first turns blocks into tokens, one after the other
// with no gaps; the others look tokens up and append their codes, and know nothing of blocks. None
// has a branch that depends on the picture, but for blocks with large values or long runs.

namespace stripline::STRIPLINE_ISA {
namespace {

// Tokens are first written as rows and values, because that is how AC coefficients are lined up.
struct Tokens {
  uint8_t* rows;
  int16_t* values;

  void add(int row, int value) {
    *rows++ = static_cast<uint8_t>(row);
    *values++ = static_cast<int16_t>(value);
  }
  void add(int token) { add(0, token); }
};

inline bool is_direct(int value) {
  return static_cast<unsigned>(value + CodeBook::kDirectValues) < 2 * CodeBook::kDirectValues;
}

inline int magnitude_size(int value) {
  return value == 0 ? 0 : 32 - __builtin_clz(static_cast<unsigned>(value < 0 ? -value : value));
}

inline void add_dc(int difference, int table, Tokens& tokens) {
  if (__builtin_expect(is_direct(difference), 1)) {
    tokens.add(CodeBook::dc(table), difference);
  } else {
    tokens.add(CodeBook::dc_symbol(table, magnitude_size(difference)));
    tokens.add(CodeBook::kRaw, difference);
  }
}

[[gnu::noinline]] Tokens add_ac_singly(const int16_t* block, uint64_t present, int table,
                                       Tokens tokens) {
  int previous = 0;
  for (; present != 0; present &= present - 1) {
    const int k = __builtin_ctzll(present), value = block[k];
    int run = k - previous - 1;
    previous = k;
    for (; run > 15; run -= 16) tokens.add(CodeBook::ac_symbol(table, 0xF0));
    if (is_direct(value)) {
      tokens.add(CodeBook::ac(table, run), value);
    } else {
      tokens.add(CodeBook::ac_symbol(table, run << 4 | magnitude_size(value)));
      tokens.add(CodeBook::kRaw, value);
    }
  }
  return tokens;
}

inline void add_block(const int16_t* block, uint64_t mask, int difference, int table,
                      Tokens& tokens) {
  add_dc(difference, table, tokens);
  const uint64_t present = mask & ~uint64_t{1};
  const int count = (mask & 1) != 0
                        ? -1
                        : add_ac(block, present, CodeBook::ac(table), tokens.rows, tokens.values);
  if (__builtin_expect(count < 0, 0)) {
    tokens = add_ac_singly(block, present, table, tokens);
  } else {
    tokens.rows += count;
    tokens.values += count;
  }
  // An end of block, which only counts when the last coefficient is zero.
  *tokens.rows = 0;
  *tokens.values = static_cast<int16_t>(CodeBook::ac_symbol(table, 0));
  const int ends = (mask >> 63) == 0;
  tokens.rows += ends;
  tokens.values += ends;
}

// Rows and values to tokens, in the place of the values.
inline void join(const uint8_t* rows, int16_t* values, int count) {
  for (int at = 0; at < count; at += kLanes) {
    const V row = mullo(load_u8(rows + at), set1(CodeBook::kRowPitch));
    store_raw(values + at, add(load_raw(values + at), row));
  }
}

uint8_t* entropy(const TileBlocks& tile, int mcus, const McuLayout& layout, const CodeBook& codes,
                 EntropyState& state, void* work, uint8_t* out) {
  auto* values = static_cast<int16_t*>(work);
  auto* rows = reinterpret_cast<uint8_t*>(values + kMaxTileTokens);
  Tokens tokens{rows, values};
  // Copies, because what is written through a pointer to bytes may be anything.
  const McuLayout blocks = layout;
  int dc[3] = {state.dc[0], state.dc[1], state.dc[2]};
  const int16_t (*block)[64] = tile.coefficients;
  const uint64_t* mask = tile.masks;
  for (int mcu = 0; mcu < mcus; ++mcu) {
    for (int i = 0; i < blocks.blocks; ++i, ++block, ++mask) {
      const int component = blocks.component[i], difference = (*block)[0] - dc[component];
      dc[component] = (*block)[0];
      add_block(*block, *mask, difference, component != 0, tokens);
    }
  }
  for (int i = 0; i < 3; ++i) state.dc[i] = dc[i];
  const auto count = static_cast<int>(tokens.rows - rows);
  join(rows, values, count);
  // Looking up runs a step ahead; what it finds there is not used.
  __builtin_memset(values + count, 0, kTokenSlack * sizeof(int16_t));
  BitWriter writer{state.bits, state.pending, out};
  put_tokens(reinterpret_cast<const uint16_t*>(values), count, codes, writer);
  state.bits = writer.bits;
  state.pending = writer.pending;
  return writer.out;
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
