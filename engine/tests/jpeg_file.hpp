// Whole files from the engine's own encoder, for the decoder's tests and its fuzz target.
#pragma once

#include "../src/kernels.hpp"
#include "stripline/decoder.hpp"
#include "support.hpp"

namespace stripline::testing {

inline void append_segment(std::vector<uint8_t>& file, uint8_t marker,
                           const std::vector<uint8_t>& payload) {
  const size_t size = payload.size() + 2;
  file.insert(file.end(),
              {0xFF, marker, static_cast<uint8_t>(size >> 8), static_cast<uint8_t>(size)});
  file.insert(file.end(), payload.begin(), payload.end());
}

// The factors of luma: ITU-T T.81, A.1.1.
inline uint8_t luma_factors(Sampling sampling) {
  const bool across = sampling == Sampling::k422 || sampling == Sampling::k420;
  const bool down = sampling == Sampling::k440 || sampling == Sampling::k420;
  return static_cast<uint8_t>((across ? 0x20 : 0x10) | (down ? 2 : 1));
}

inline void append_headers(std::vector<uint8_t>& file, uint32_t width, uint32_t height,
                           Sampling sampling, int quality, uint32_t restart_interval) {
  uint8_t quant[2][64];
  sample_quant(quality, quant);
  HuffmanSpec specs[4];
  sample_huffman(specs);
  const uint8_t components = sampling == Sampling::kGrey ? 1 : 3;
  file = {0xFF, 0xD8};
  for (uint8_t i = 0; i < 2; ++i) {
    std::vector<uint8_t> steps{i};
    for (uint8_t place : kZigzag) steps.push_back(quant[i][place]);
    append_segment(file, 0xDB, steps);
  }
  std::vector<uint8_t> frame{8,
                             static_cast<uint8_t>(height >> 8),
                             static_cast<uint8_t>(height),
                             static_cast<uint8_t>(width >> 8),
                             static_cast<uint8_t>(width),
                             components};
  std::vector<uint8_t> scan{components};
  for (uint8_t i = 0; i < components; ++i) {
    const uint8_t table = i == 0 ? 0 : 1, id = static_cast<uint8_t>(i + 1);
    frame.insert(frame.end(), {id, i == 0 ? luma_factors(sampling) : uint8_t{0x11}, table});
    scan.insert(scan.end(), {id, static_cast<uint8_t>(table << 4 | table)});
  }
  scan.insert(scan.end(), {0, 63, 0});
  append_segment(file, 0xC0, frame);
  for (uint8_t i = 0; i < 4; ++i) {
    std::vector<uint8_t> table{static_cast<uint8_t>((i & 1) << 4 | i >> 1)};
    table.insert(table.end(), specs[i].counts, specs[i].counts + 16);
    table.insert(table.end(), specs[i].symbols, specs[i].symbols + specs[i].symbol_count);
    append_segment(file, 0xC4, table);
  }
  if (restart_interval > 0) {
    append_segment(
        file, 0xDD,
        {static_cast<uint8_t>(restart_interval >> 8), static_cast<uint8_t>(restart_interval)});
  }
  append_segment(file, 0xDA, scan);
}

// `pixels`: RGB, or grey where sampling is. has_restarts: after every MCU row.
inline std::vector<uint8_t> make_file(const uint8_t* pixels, uint32_t width, uint32_t height,
                                      Sampling sampling, int quality, bool has_restarts) {
  const uint8_t factors = luma_factors(sampling);
  const uint32_t across = 8u * (factors >> 4), down = 8u * (factors & 15);
  const size_t stride = size_t{width} * (sampling == Sampling::kGrey ? 1 : 3);
  std::vector<uint8_t> file;
  append_headers(file, width, height, sampling, quality,
                 has_restarts ? (width + across - 1) / across : 0);
  const auto tables = make_tables(quality);
  const uint32_t rows = has_restarts ? down : height;
  for (uint32_t first = 0; first < height; first += rows) {
    if (first > 0)
      file.insert(file.end(), {0xFF, static_cast<uint8_t>(0xD0 | (first / rows - 1) % 8)});
    const auto work = std::make_unique<Work>();
    const Strip strip{{{pixels + first * stride, static_cast<ptrdiff_t>(stride)}},
                      width,
                      height - first < rows ? height - first : rows,
                      sampling == Sampling::kGrey ? PixelFormat::kGrey : PixelFormat::kRgb,
                      sampling,
                      {}};
    if (encode_strip(strip, *tables, *find_kernels("scalar"), work->scratch, work->output) !=
        Status::kOk) {
      std::abort();
    }
    const std::vector<uint8_t> bytes = work->bytes();
    file.insert(file.end(), bytes.begin(), bytes.end());
  }
  file.insert(file.end(), {0xFF, 0xD9});
  return file;
}

struct Decoded {
  DecodeResult result;
  uint32_t width, height, rows;  // rows: that were written
  std::vector<uint8_t> pixels;

  bool operator==(const Decoded& other) const {
    return result.status == other.result.status && result.damage == other.result.damage &&
           result.position == other.result.position && rows == other.rows && pixels == other.pixels;
  }
};

// Decodes `batch` rows at a time. All memory is exactly as large as it must be, so that the address
// sanitizer sees any byte too many.
inline Decoded decode_file(const std::vector<uint8_t>& bytes, uint32_t denominator,
                           const Kernels& kernels, uint32_t batch, uint64_t max_pixels = 1 << 24) {
  const auto file = std::make_unique<uint8_t[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), file.get());
  const auto header = std::make_unique<JpegHeader>();
  Decoded decoded{read_jpeg_header(file.get(), bytes.size(), *header), 0, 0, 0, {}};
  if (decoded.result.status != DecodeStatus::kOk) return decoded;
  if (uint64_t{header->width} * header->height > max_pixels) return decoded;
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  const size_t size = decoder_bytes(*header, denominator);
  const std::unique_ptr<void, Free> memory(std::aligned_alloc(
      kScratchAlignment, (size + kScratchAlignment - 1) / kScratchAlignment * kScratchAlignment));
  ScaledDecoder* decoder = nullptr;
  decoded.result = start_decoder(*header, denominator, kernels, memory.get(), decoder);
  if (decoded.result.status != DecodeStatus::kOk) return decoded;
  decoded.width = scaled_side(header->width, denominator);
  decoded.height = scaled_side(header->height, denominator);
  const size_t stride = size_t{decoded.width} * static_cast<size_t>(header->components());
  while (decoded.rows < decoded.height && decoded.result.status == DecodeStatus::kOk) {
    const uint32_t left = decoded.height - decoded.rows, count = left < batch ? left : batch;
    const auto rows = std::make_unique<uint8_t[]>(count * stride);
    uint32_t written = 0;
    decoded.result = decode_rows(*decoder, rows.get(), stride, count, written);
    decoded.pixels.insert(decoded.pixels.end(), rows.get(), rows.get() + written * stride);
    decoded.rows += written;
    if (written < count && decoded.result.status == DecodeStatus::kOk) std::abort();
  }
  return decoded;
}

}  // namespace stripline::testing
