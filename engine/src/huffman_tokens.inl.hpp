// Huffman coding in two passes over a tile, for sets with byte compression and gathers (AVX-512).
//
// The first pass turns blocks into tokens: compression lines up the rows (zero run and table) and
// the values of a block's non-zero coefficients behind those of the block before. The second knows
// nothing of blocks. It looks 32 tokens up at a time, merges them to pairs and to quads of at most
// 57 bits, works out by a prefix sum where each quad's bits go, and stores each as eight bytes that
// start with the byte it shares with the quad before: no bit depends on a register that the
// previous quad had to pass on.

namespace stripline::STRIPLINE_ISA {
namespace {

struct Tokens {
  uint8_t* rows;
  int16_t* values;

  void add(int row, int value) {
    *rows++ = static_cast<uint8_t>(row);
    *values++ = static_cast<int16_t>(value);
  }
};

inline bool is_direct(int value) {
  return static_cast<unsigned>(value + CodeBook::kDirectValues) < CodeBook::kRowEntries;
}

inline int magnitude_size(int value) {
  return value == 0 ? 0 : 32 - __builtin_clz(static_cast<unsigned>(value < 0 ? -value : value));
}

inline void add_dc(int difference, int table, Tokens& tokens) {
  if (__builtin_expect(is_direct(difference), 1)) {
    tokens.add(CodeBook::dc(table), difference);
  } else {
    tokens.add(CodeBook::kDcSymbols, CodeBook::dc_symbol(table, magnitude_size(difference)));
    tokens.add(CodeBook::kRaw, difference);
  }
}

// A block with a value or a run that has no row of its own.
[[gnu::noinline]] Tokens add_ac_singly(const int16_t* block, uint64_t nonzero, int table,
                                       Tokens tokens) {
  int previous = 0;
  for (uint64_t rest = nonzero & ~uint64_t{1}; rest != 0; rest &= rest - 1) {
    const int k = __builtin_ctzll(rest), value = block[k];
    int run = k - previous - 1;
    previous = k;
    for (; run > 15; run -= 16) {
      tokens.add(CodeBook::kAcSymbols, CodeBook::ac_symbol(table, 0xF0));
    }
    if (is_direct(value)) {
      tokens.add(CodeBook::ac(table, run), value);
    } else {
      tokens.add(CodeBook::kAcSymbols,
                 CodeBook::ac_symbol(table, run << 4 | magnitude_size(value)));
      tokens.add(CodeBook::kRaw, value);
    }
  }
  return tokens;
}

struct ByteRamp {
  alignas(64) uint8_t bytes[64];
  constexpr explicit ByteRamp(int first) : bytes() {
    for (int i = 0; i < 64; ++i) bytes[i] = static_cast<uint8_t>(first + i);
  }
};

inline void add_ac(const int16_t* block, uint64_t nonzero, int table, Tokens& tokens) {
  static constexpr ByteRamp kPositions(0), kBefore(-1);
  const uint64_t present = nonzero & ~uint64_t{1};
  const V low = load_raw(block), high = load_raw(block + 32);
  // Positions of the coefficients, and before each the one before (0, the DC, before the first).
  const V positions = _mm512_maskz_compress_epi8(present, load_raw(kPositions.bytes));
  const V before = _mm512_maskz_permutexvar_epi8(~uint64_t{1}, load_raw(kBefore.bytes), positions);
  const V distances = _mm512_sub_epi8(positions, before);  // run + 1; past the last ones, anything
  const int count = __builtin_popcountll(present);
  const uint64_t valid = _bzhi_u64(~uint64_t{0}, static_cast<unsigned>(count));
  const uint64_t long_runs = _mm512_mask_cmpgt_epu8_mask(valid, distances, _mm512_set1_epi8(16));
  const V bias = set1(CodeBook::kDirectValues), last = set1(CodeBook::kRowEntries - 1);
  const uint32_t large_low = _mm512_cmpgt_epu16_mask(add(low, bias), last) & ~1u;
  const uint32_t large_high = _mm512_cmpgt_epu16_mask(add(high, bias), last);
  if (__builtin_expect((long_runs | large_low | large_high) != 0, 0)) {
    tokens = add_ac_singly(block, nonzero, table, tokens);
    return;
  }
  const auto offset = static_cast<char>(CodeBook::ac(table) - 1);
  _mm512_storeu_si512(tokens.rows, _mm512_add_epi8(distances, _mm512_set1_epi8(offset)));
  const auto low_present = static_cast<uint32_t>(present);
  const auto high_present = static_cast<uint32_t>(present >> 32);
  _mm512_storeu_si512(tokens.values, _mm512_maskz_compress_epi16(low_present, low));
  _mm512_storeu_si512(tokens.values + __builtin_popcount(low_present),
                      _mm512_maskz_compress_epi16(high_present, high));
  tokens.rows += count;
  tokens.values += count;
}

// Codes at the low end of 64-bit lanes, and their lengths.
struct Codes {
  V bits, lengths;
};

// Sixteen tokens, merged two and two.
inline Codes look_up_pairs(const uint8_t* rows, const int16_t* values, const CodeBook& codes) {
  const V row = _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(rows)));
  const V value =
      _mm512_cvtepi16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(values)));
  const V index = _mm512_add_epi32(_mm512_slli_epi32(row, 9), value);
  const V entries = _mm512_i32gather_epi32(index, codes.entries + CodeBook::kDirectValues, 4);
  // The even token is the low half of each lane and comes first.
  const V length_mask = _mm512_set1_epi64(63);
  const V odd = _mm512_srli_epi64(entries, 32);
  const V odd_length = _mm512_and_si512(odd, length_mask);
  const V even_code =
      _mm512_srli_epi64(_mm512_and_si512(entries, _mm512_set1_epi64(0xFFFFFFC0)), 6);
  const V bits =
      _mm512_or_si512(_mm512_sllv_epi64(even_code, odd_length), _mm512_srli_epi64(odd, 6));
  return {bits, _mm512_add_epi64(_mm512_and_si512(entries, length_mask), odd_length)};
}

// Sixteen pairs, merged two and two.
inline Codes merge(const Codes& a, const Codes& b) {
  const V even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
  const V odd = _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15);
  const V odd_lengths = _mm512_permutex2var_epi64(a.lengths, odd, b.lengths);
  return {_mm512_or_si512(
              _mm512_sllv_epi64(_mm512_permutex2var_epi64(a.bits, even, b.bits), odd_lengths),
              _mm512_permutex2var_epi64(a.bits, odd, b.bits)),
          _mm512_add_epi64(_mm512_permutex2var_epi64(a.lengths, even, b.lengths), odd_lengths)};
}

// The sum of each lane and all before it.
inline V prefix_sum(V a) {
  const V zero = _mm512_setzero_si512();
  a = _mm512_add_epi64(a, _mm512_alignr_epi64(a, zero, 7));
  a = _mm512_add_epi64(a, _mm512_alignr_epi64(a, zero, 6));
  return _mm512_add_epi64(a, _mm512_alignr_epi64(a, zero, 4));
}

inline V swap_bytes(V a) {
  const V order =
      _mm512_broadcast_i32x4(_mm_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8));
  return _mm512_shuffle_epi8(a, order);
}

// Writes quads; between calls, `last` has the latest quad in its highest lane, and `position` in
// every lane the number of bits written since `out`.
struct QuadWriter {
  uint8_t* out;
  V last, position;

  QuadWriter(uint64_t bits, unsigned pending, uint8_t* to)
      : out(to),
        last(_mm512_set1_epi64(static_cast<long long>(bits))),
        position(_mm512_set1_epi64(pending)) {}

  // Each quad has 7 to 57 bits, so the bits of the byte it starts in are its own and the last
  // quad's.
  void put(const Codes& quads) {
    const V sums = prefix_sum(quads.lengths);
    const V starts = _mm512_sub_epi64(_mm512_add_epi64(position, sums), quads.lengths);
    position = _mm512_add_epi64(position, _mm512_permutexvar_epi64(_mm512_set1_epi64(7), sums));
    const V before = _mm512_alignr_epi64(quads.bits, last, 7);
    last = quads.bits;
    const V used = _mm512_add_epi64(_mm512_and_si512(starts, _mm512_set1_epi64(7)), quads.lengths);
    const V joined = _mm512_or_si512(_mm512_sllv_epi64(before, quads.lengths), quads.bits);
    alignas(64) uint64_t words[8];
    alignas(64) uint64_t bytes[8];
    _mm512_store_si512(words, swap_bytes(_mm512_sllv_epi64(
                                  joined, _mm512_sub_epi64(_mm512_set1_epi64(64), used))));
    _mm512_store_si512(bytes, _mm512_srli_epi64(starts, 3));
    for (int i = 0; i < 8; ++i) __builtin_memcpy(out + bytes[i], &words[i], 8);
  }

  // The same place as a BitWriter, and back.
  BitWriter to_bits() const {
    const auto at = static_cast<uint64_t>(_mm_cvtsi128_si64(_mm512_castsi512_si128(position)));
    const auto bits =
        static_cast<uint64_t>(_mm_extract_epi64(_mm512_extracti64x2_epi64(last, 3), 1));
    return {bits, static_cast<unsigned>(at & 7), out + (at >> 3)};
  }
  void resume(const BitWriter& writer) {
    *this = QuadWriter(writer.bits, writer.pending, writer.out);
  }
};

[[gnu::noinline]] void put_singly(const uint8_t* rows, const int16_t* values, int count,
                                  const CodeBook& codes, BitWriter& writer) {
  for (int i = 0; i < count; ++i) {
    writer.put(codes.at(rows[i], values[i]));
    writer.flush();
  }
}

uint8_t* entropy(const TileBlocks& tile, int mcus, const McuLayout& layout, const CodeBook& codes,
                 EntropyState& state, void* work, uint8_t* out) {
  auto* rows = static_cast<uint8_t*>(work);
  auto* values = reinterpret_cast<int16_t*>(rows + kMaxTileTokens + 128);
  Tokens tokens{rows, values};
  int place = 0;
  for (int mcu = 0; mcu < mcus; ++mcu) {
    for (int i = 0; i < layout.blocks; ++i, ++place) {
      const int component = layout.component[i], table = component != 0;
      const int16_t* block = tile.coefficients[place];
      const uint64_t nonzero = tile.nonzero[place];
      add_dc(block[0] - state.dc[component], table, tokens);
      state.dc[component] = block[0];
      add_ac(block, nonzero, table, tokens);
      *tokens.rows = CodeBook::kAcSymbols;  // an end of block, unless the last coefficient is there
      *tokens.values = static_cast<int16_t>(CodeBook::ac_symbol(table, 0));
      const int ended = (nonzero >> 63) == 0;
      tokens.rows += ended;
      tokens.values += ended;
    }
  }

  QuadWriter quad_writer(state.bits, state.pending, out);
  auto left = static_cast<int>(tokens.rows - rows);
  for (; left >= 32; left -= 32, rows += 32, values += 32) {
    const Codes quads =
        merge(look_up_pairs(rows, values, codes), look_up_pairs(rows + 16, values + 16, codes));
    const V fits = _mm512_sub_epi64(quads.lengths, _mm512_set1_epi64(7));
    if (__builtin_expect(_mm512_cmpgt_epu64_mask(fits, _mm512_set1_epi64(50)) != 0, 0)) {
      BitWriter writer = quad_writer.to_bits();
      put_singly(rows, values, 32, codes, writer);
      quad_writer.resume(writer);
    } else {
      quad_writer.put(quads);
    }
  }
  BitWriter writer = quad_writer.to_bits();
  put_singly(rows, values, left, codes, writer);
  state.bits = writer.bits;
  state.pending = writer.pending;
  return writer.out;
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
