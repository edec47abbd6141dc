// The engine as a WebAssembly module: plain exports over one linear memory, no imports.
//
// The caller writes tables to `tables_input()` and calls `prepare()`; then, for each strip, asks
// for `input(bytes)`, writes the pixels there, calls `encode(...)` and reads that many bytes at
// `output()`. Any call may grow the memory, after which views of it have to be made again.
#include "stripline/engine.hpp"

#define STRIPLINE_EXPORT(name) extern "C" __attribute__((export_name(#name)))

using namespace stripline;

extern "C" unsigned char __heap_base;

namespace {

constexpr size_t kPage = 65536;
constexpr size_t kHuffmanBytes = 16 + 256;

Tables tables;
alignas(kScratchAlignment) uint8_t scratch[kScratchBytes];
uint8_t table_bytes[2 * 64 + 4 * kHuffmanBytes];
size_t input_size = 0;  // rounded up to 64

uintptr_t heap() { return (reinterpret_cast<uintptr_t>(&__heap_base) + 63) & ~uintptr_t{63}; }

bool reserve_until(uintptr_t end) {
  const size_t pages = (end + kPage - 1) / kPage, now = __builtin_wasm_memory_size(0);
  return pages <= now || __builtin_wasm_memory_grow(0, pages - now) != static_cast<size_t>(-1);
}

// The output is the last thing in memory, so it grows in place.
bool grow_output(Output& output, size_t capacity) {
  capacity += capacity / 2;
  if (!reserve_until(reinterpret_cast<uintptr_t>(output.data) + capacity)) return false;
  output.capacity = capacity;
  return true;
}

}  // namespace

// Two quantisation tables of 64 steps, then four Huffman tables of 16 counts and 256 symbols
// (unused ones zero): DC luma, AC luma, DC chroma, AC chroma.
STRIPLINE_EXPORT(tables_input) uint8_t* tables_input() { return table_bytes; }

// A TablesStatus.
STRIPLINE_EXPORT(prepare) int prepare() {
  HuffmanSpec specs[4];
  for (size_t i = 0; i < 4; ++i) {
    const uint8_t* counts = table_bytes + 128 + i * kHuffmanBytes;
    size_t symbols = 0;
    for (int length = 0; length < 16; ++length) symbols += counts[length];
    if (symbols > 256) return static_cast<int>(TablesStatus::kBadHuffman);
    specs[i] = {counts, counts + 16, symbols};
  }
  return static_cast<int>(
      prepare_tables(reinterpret_cast<const uint8_t (*)[64]>(table_bytes), specs, tables));
}

// Where to put `size` bytes of pixels; null when there is not so much memory.
STRIPLINE_EXPORT(input) uint8_t* input(size_t size) {
  input_size = (size + 63) & ~size_t{63};
  return reserve_until(heap() + input_size) ? reinterpret_cast<uint8_t*>(heap()) : nullptr;
}

STRIPLINE_EXPORT(output) const uint8_t* output() {
  return reinterpret_cast<const uint8_t*>(heap() + input_size);
}

// Planes lie one after the other in the input. Returns the number of bytes at `output()`, or -1
// less the Status. `background` is 0xRRGGBB, `use_simd` 0 for the scalar set.
STRIPLINE_EXPORT(encode)
int encode(int format, int sampling, uint32_t width, uint32_t rows, int stride0, int stride1,
           int stride2, uint32_t background, int use_simd) {
  Strip strip{};
  strip.width = width;
  strip.rows = rows;
  strip.format = static_cast<PixelFormat>(format);
  strip.sampling = static_cast<Sampling>(sampling);
  for (int i = 0; i < 3; ++i)
    strip.background[i] = static_cast<uint8_t>(background >> (16 - 8 * i));
  const bool half = strip.format == PixelFormat::kI420 || strip.format == PixelFormat::kNv12;
  const size_t chroma_rows = half ? (rows + 1) / 2 : rows;
  const auto* pixels = reinterpret_cast<const uint8_t*>(heap());
  strip.planes[0] = {pixels, stride0};
  strip.planes[1] = {pixels + rows * static_cast<size_t>(stride0), stride1};
  strip.planes[2] = {strip.planes[1].data + chroma_rows * static_cast<size_t>(stride1), stride2};

  Output bytes{reinterpret_cast<uint8_t*>(heap() + input_size), 0, 0, grow_output};
  const Kernels* kernels = use_simd != 0 ? available_kernels(0) : find_kernels("scalar");
  const Status status = encode_strip(strip, tables, *kernels, scratch, bytes);
  return status == Status::kOk ? static_cast<int>(bytes.size) : -1 - static_cast<int>(status);
}
