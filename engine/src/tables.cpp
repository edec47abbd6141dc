// From quantiser steps and Huffman specifications to what the kernels look up.
#include "kernels.hpp"

namespace stripline {
namespace {

constexpr int kMaxAcSize = 10;  // 8-bit baseline: AC values have at most 10 bits,
constexpr int kMaxDcSize = 11;  // DC differences at most 11 (ITU-T T.81, F.1.2)

int bit_length(unsigned value) { return value == 0 ? 0 : 32 - __builtin_clz(value); }

bool prepare_quantizer(const uint8_t steps[64], Quantizer& quantizer) {
  quantizer.is_exact = true;
  for (int row = 0; row < 8; ++row) {
    for (int column = 0; column < 8; ++column) {
      const int step = steps[row * 8 + column];
      if (step == 0) return false;
      const int exponent = bit_length(static_cast<unsigned>(step)) - 1;
      const int place = column * 8 + row;
      // 2^15 * 2^e / q, to the nearest, less 2^15.
      quantizer.fraction[place] =
          static_cast<int16_t>(((2 << (15 + exponent)) / step + 1) / 2 - 32768);
      quantizer.is_exact = quantizer.is_exact && quantizer.fraction[place] == 0;
      quantizer.scale[place] = static_cast<int16_t>(1 << (10 - exponent));
    }
  }
  return true;
}

// Canonical codes (ITU-T T.81, annex C) as entries `code << 6 | length`; 0 where there is none.
bool assign_codes(const HuffmanSpec& spec, uint32_t entries[256]) {
  for (int symbol = 0; symbol < 256; ++symbol) entries[symbol] = 0;
  uint32_t code = 0;
  size_t next = 0;
  for (uint32_t length = 1; length <= 16; ++length, code <<= 1) {
    for (int i = 0; i < spec.counts[length - 1]; ++i, ++code) {
      // The code of all ones is reserved (C.2), which also keeps the code space from overflowing.
      if (next == spec.symbol_count || code + 1 >= (1u << length)) return false;
      uint32_t& entry = entries[spec.symbols[next++]];
      if (entry != 0) return false;
      entry = code << 6 | length;
    }
  }
  return next == spec.symbol_count;
}

// The bits that follow a symbol (ITU-T T.81, F.1.2.1): the value, or one less where it is negative.
uint32_t value_bits(int value, int size) {
  return static_cast<uint32_t>(value + (value >> 31)) & ((1u << size) - 1);
}

int magnitude_size(int value) {
  return bit_length(static_cast<unsigned>(value < 0 ? -value : value));
}

uint32_t with_value(uint32_t symbol, int value) {
  const int size = magnitude_size(value);
  if (symbol == 0) return 0;
  return ((symbol >> 6) << size | value_bits(value, size)) << 6 |
         ((symbol & 63) + static_cast<uint32_t>(size));
}

TablesStatus prepare_dc(const HuffmanSpec& spec, int table, CodeBook& codes) {
  uint32_t symbols[256];
  if (!assign_codes(spec, symbols)) return TablesStatus::kBadHuffman;
  uint32_t* row = codes.entries + CodeBook::dc_symbol(table, 0);
  for (int size = 0; size < 16; ++size) row[size] = symbols[size];
  for (int size = 0; size <= kMaxDcSize; ++size) {
    if (symbols[size] == 0) return TablesStatus::kMissingSymbol;
    if ((symbols[size] & 63) > 15) return TablesStatus::kLongDcCode;
  }
  row = codes.entries + CodeBook::token(CodeBook::dc(table), 0);
  for (int value = -CodeBook::kDirectValues; value < CodeBook::kDirectValues; ++value) {
    row[value] = with_value(symbols[magnitude_size(value)], value);
  }
  return TablesStatus::kOk;
}

TablesStatus prepare_ac(const HuffmanSpec& spec, int table, CodeBook& codes) {
  uint32_t* symbols = codes.entries + CodeBook::ac_symbol(table, 0);
  if (!assign_codes(spec, symbols)) return TablesStatus::kBadHuffman;
  if (symbols[0x00] == 0 || symbols[0xF0] == 0) return TablesStatus::kMissingSymbol;
  for (int run = 0; run < 16; ++run) {
    for (int size = 1; size <= kMaxAcSize; ++size) {
      if (symbols[run << 4 | size] == 0) return TablesStatus::kMissingSymbol;
    }
    uint32_t* row = codes.entries + CodeBook::token(CodeBook::ac(table, run), 0);
    for (int value = -CodeBook::kDirectValues; value < CodeBook::kDirectValues; ++value) {
      row[value] = value == 0 ? 0 : with_value(symbols[run << 4 | magnitude_size(value)], value);
    }
  }
  return TablesStatus::kOk;
}

void prepare_raw(CodeBook& codes) {
  uint32_t* row = codes.entries + CodeBook::token(CodeBook::kRaw, 0);
  for (int value = -2047; value <= 2047; ++value) {
    const int size = magnitude_size(value);
    row[value] = value_bits(value, size) << 6 | static_cast<uint32_t>(size);
  }
}

}  // namespace

TablesStatus prepare_tables(const uint8_t quant[2][64], const HuffmanSpec huffman[4],
                            Tables& tables) {
  for (int i = 0; i < 2; ++i) {
    if (!prepare_quantizer(quant[i], tables.quantizer[i])) return TablesStatus::kZeroQuantizer;
    TablesStatus status = prepare_dc(huffman[2 * i], i, tables.codes);
    if (status == TablesStatus::kOk) status = prepare_ac(huffman[2 * i + 1], i, tables.codes);
    if (status != TablesStatus::kOk) return status;
  }
  prepare_raw(tables.codes);
  return TablesStatus::kOk;
}

}  // namespace stripline
