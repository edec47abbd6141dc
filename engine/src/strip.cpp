// One strip: walk its MCU rows tile by tile, and each tile through the stages.
//
// This file alone knows about edges. Kernels are given whole groups of pixels and whole rows of
// blocks; where the picture ends inside a tile, its pixels are first copied and the last one
// repeated, and where it ends inside an MCU row, the last row is used again.
#include "kernels.hpp"

namespace stripline {
namespace {

struct SamplingShape {
  uint8_t across, down;  // luma blocks an MCU
};
constexpr SamplingShape kShapes[kSamplings] = {{1, 1}, {2, 1}, {1, 2}, {2, 2}, {1, 1}};

// kGrey, three interleaved channels, four, then the planar formats' luma.
constexpr uint8_t kPixelBytes[kPixelFormats] = {1, 3, 3, 4, 4, 4, 4, 1, 1, 1};

// One cache line more than a row, so that no two rows or planes lie a multiple of 4 kB apart, which
// CPUs take for the same place when a load follows a store.
constexpr int kRowStride = kTileColumns + 64;

struct alignas(64) Planes {
  int8_t y[kMaxMcuRows][kRowStride];
  int8_t cb[kMaxMcuRows][kRowStride];
  int8_t cr[kMaxMcuRows][kRowStride];
};

struct alignas(kScratchAlignment) Workspace {
  Planes planes;
  int8_t half[2][8][kRowStride];  // downsampled chroma
  TileBlocks blocks;
  const uint8_t* lines[kMaxMcuRows * kTileColumns * 4 / 64];  // to prefetch
  uint8_t edge[kTileColumns * 4 + 64];
  uint8_t tokens[kTokenBytes];
  uint8_t unstuffed[kMaxTileBlocks * kMaxBlockBytes + 128];
};
static_assert(sizeof(Workspace) <= kScratchBytes);

bool is_planar(PixelFormat format) { return format >= PixelFormat::kI420; }

bool is_valid(const Strip& strip) {
  const auto format = static_cast<int>(strip.format), sampling = static_cast<int>(strip.sampling);
  if (strip.width == 0 || strip.rows == 0 || strip.width > 65535) return false;
  if (format >= kPixelFormats || sampling >= kSamplings) return false;
  if (strip.sampling == Sampling::kGrey) return true;
  if (strip.format == PixelFormat::kGrey) return false;
  const bool half = strip.format == PixelFormat::kI420 || strip.format == PixelFormat::kNv12;
  return !half || strip.sampling == Sampling::k420;
}

constexpr int round_up(int value, int multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

class StripEncoder {
 public:
  StripEncoder(const Strip& strip, const Tables& tables, const Kernels& kernels, Workspace& work,
               Output& output, StageClock* clock)
      : strip_(strip),
        tables_(tables),
        kernels_(kernels),
        work_(work),
        output_(output),
        clock_(clock),
        shape_(kShapes[static_cast<int>(strip.sampling)]),
        is_grey_(strip.sampling == Sampling::kGrey) {
    layout_.blocks = is_grey_ ? 1 : shape_.across * shape_.down + 2;
    for (int i = 0; i < layout_.blocks; ++i) {
      const int chroma = i - shape_.across * shape_.down;
      layout_.component[i] = static_cast<uint8_t>(chroma < 0 ? 0 : chroma + 1);
    }
  }

  Status run() {
    const uint32_t mcu_rows = 8u * shape_.down;
    for (uint32_t top = 0; top < strip_.rows; top += mcu_rows) {
      for (uint32_t left = 0; left < strip_.width; left += kTileColumns) {
        if (!encode_tile(top, left)) return Status::kOutOfMemory;
      }
    }
    return finish() ? Status::kOk : Status::kOutOfMemory;
  }

 private:
  bool encode_tile(uint32_t top, uint32_t left) {
    const uint32_t remaining = strip_.width - left;
    const int columns = remaining < kTileColumns ? static_cast<int>(remaining) : kTileColumns;
    const int mcu_columns = 8 * shape_.across;
    const int mcus = (columns + mcu_columns - 1) / mcu_columns;
    begin(Stage::kColor);
    if (is_planar(strip_.format)) {
      load_planar(top, left, columns);
    } else {
      load_interleaved(top, left, columns);
    }
    begin(Stage::kDct);
    transform(mcus, next_tile(top, left, mcus));
    const uint32_t rows_left = strip_.rows - top;
    blank_outside(mcus, (columns + 7) / 8, rows_left > 8 ? 2 : 1);
    begin(Stage::kEntropy);
    const uint8_t* end = kernels_.entropy(work_.blocks, mcus, layout_, tables_.codes, state_,
                                          work_.tokens, work_.unstuffed);
    begin(Stage::kStuffing);
    const bool appended = append(static_cast<size_t>(end - work_.unstuffed));
    stop();
    return appended;
  }

  // Row `row` of a plane with `rows` rows, or its last where the plane has ended.
  static const uint8_t* row_of(const Plane& plane, uint32_t row, uint32_t rows) {
    return plane.data + static_cast<ptrdiff_t>(row < rows ? row : rows - 1) * plane.stride;
  }

  // `columns` pixels for a kernel that reads whole groups: themselves, or a copy that goes on with
  // the last one.
  template <int kBytes>
  const uint8_t* pad_row(const uint8_t* src, int columns) {
    if (columns % kPixelGroup == 0) return src;
    const int bytes = columns * kBytes, end = kBytes * round_up(columns, kPixelGroup);
    __builtin_memcpy(work_.edge, src, static_cast<size_t>(bytes));
    for (int i = bytes; i < end; ++i) work_.edge[i] = work_.edge[i - kBytes];
    return work_.edge;
  }

  const uint8_t* pad_row(const uint8_t* src, int columns, int bytes) {
    switch (bytes) {
      case 1:
        return pad_row<1>(src, columns);
      case 2:
        return pad_row<2>(src, columns);
      case 3:
        return pad_row<3>(src, columns);
      default:
        return pad_row<4>(src, columns);
    }
  }

  void load_interleaved(uint32_t top, uint32_t left, int columns) {
    const int bytes = kPixelBytes[static_cast<int>(strip_.format)];
    const ColorFn color = kernels_.color[static_cast<int>(strip_.format)];
    const int pixels = round_up(columns, kPixelGroup);
    for (int row = 0; row < 8 * shape_.down; ++row) {
      const uint8_t* src = row_of(strip_.planes[0], top + static_cast<uint32_t>(row), strip_.rows);
      src = pad_row(src + static_cast<size_t>(left) * static_cast<size_t>(bytes), columns, bytes);
      color(src, pixels, strip_.background, work_.planes.y[row], work_.planes.cb[row],
            work_.planes.cr[row]);
    }
    if (!is_grey_) downsample(pixels);
  }

  // Chroma to one row of blocks an MCU, in `chroma_`.
  void downsample(int pixels) {
    chroma_[0] = work_.planes.cb[0];
    chroma_[1] = work_.planes.cr[0];
    if (shape_.across == 1 && shape_.down == 1) return;
    const DownsampleFn halve = shape_.down == 1     ? kernels_.downsample_h2v1
                               : shape_.across == 1 ? kernels_.downsample_h1v2
                                                    : kernels_.downsample_h2v2;
    for (int plane = 0; plane < 2; ++plane) {
      const int8_t* full = chroma_[plane];
      for (int row = 0; row < 8; ++row, full += shape_.down * kRowStride) {
        halve(full, full + kRowStride, pixels / shape_.across, row, work_.half[plane][row]);
      }
      chroma_[plane] = work_.half[plane][0];
    }
  }

  // Level-shifts rows of a plane of single bytes.
  void load_plane(const Plane& plane, uint32_t top, uint32_t rows, uint32_t left, int columns,
                  int count, int8_t* dst) {
    const int pixels = round_up(columns, kPixelGroup);
    for (int row = 0; row < count; ++row, dst += kRowStride) {
      const uint8_t* src = row_of(plane, top + static_cast<uint32_t>(row), rows) + left;
      kernels_.color[0](pad_row<1>(src, columns), pixels, nullptr, dst, nullptr, nullptr);
    }
  }

  void load_planar(uint32_t top, uint32_t left, int columns) {
    const int rows = 8 * shape_.down;
    load_plane(strip_.planes[0], top, strip_.rows, left, columns, rows, work_.planes.y[0]);
    if (is_grey_) return;
    if (strip_.format == PixelFormat::kI444) {
      load_plane(strip_.planes[1], top, strip_.rows, left, columns, rows, work_.planes.cb[0]);
      load_plane(strip_.planes[2], top, strip_.rows, left, columns, rows, work_.planes.cr[0]);
      downsample(round_up(columns, kPixelGroup));
      return;
    }
    chroma_[0] = work_.half[0][0];
    chroma_[1] = work_.half[1][0];
    const int half_columns = (columns + 1) / 2;
    const uint32_t half_rows = (strip_.rows + 1) / 2;
    if (strip_.format == PixelFormat::kI420) {
      load_plane(strip_.planes[1], top / 2, half_rows, left / 2, half_columns, 8, work_.half[0][0]);
      load_plane(strip_.planes[2], top / 2, half_rows, left / 2, half_columns, 8, work_.half[1][0]);
      return;
    }
    for (int row = 0; row < 8; ++row) {
      const uint8_t* src =
          row_of(strip_.planes[1], top / 2 + static_cast<uint32_t>(row), half_rows);
      kernels_.split_pairs(pad_row<2>(src + left, half_columns),
                           round_up(half_columns, kPixelGroup), work_.half[0][row],
                           work_.half[1][row]);
    }
  }

  // The tile to the right, or the first one of the next MCU row.
  Prefetch next_tile(uint32_t top, uint32_t left, int mcus) {
    const uint32_t mcu_rows = 8u * shape_.down;
    left += kTileColumns;
    if (left >= strip_.width) {
      left = 0;
      top += mcu_rows;
    }
    if (top >= strip_.rows) return {};
    const uint32_t bytes = kPixelBytes[static_cast<int>(strip_.format)];
    const uint32_t columns =
        strip_.width - left < kTileColumns ? strip_.width - left : kTileColumns;
    const uint32_t rows = strip_.rows - top < mcu_rows ? strip_.rows - top : mcu_rows;
    const uint8_t* row = strip_.planes[0].data +
                         static_cast<ptrdiff_t>(top) * strip_.planes[0].stride + left * bytes;
    const uint8_t** line = work_.lines;
    for (uint32_t i = 0; i < rows; ++i, row += strip_.planes[0].stride) {
      for (uint32_t at = 0; at < columns * bytes; at += 64) *line++ = row + at;
    }
    const auto count = static_cast<int>(line - work_.lines), blocks = mcus * layout_.blocks;
    return {work_.lines, line, (count + blocks - 1) / blocks};
  }

  void transform(int mcus, Prefetch next) {
    const int across_log2 = shape_.across - 1;
    const DctFn luma = kernels_.dct[static_cast<int>(Rounding::kNearest)];
    for (int row = 0; row < shape_.down; ++row) {
      const BlockPlaces places{row * shape_.across, layout_.blocks, across_log2};
      luma(work_.planes.y[8 * row], kRowStride, round_up(mcus << across_log2, kBlockGroup),
           tables_.quantizer[0], places, next, work_.blocks);
    }
    if (is_grey_) return;
    // Not where only rows are halved: there it would cost more bytes than it is worth.
    const Rounding rounding = shape_.across == 2 ? Rounding::kOutward : Rounding::kNearest;
    const DctFn chroma = kernels_.dct[static_cast<int>(rounding)];
    for (int plane = 0; plane < 2; ++plane) {
      const BlockPlaces places{shape_.across * shape_.down + plane, layout_.blocks, 0};
      chroma(chroma_[plane], kRowStride, round_up(mcus, kBlockGroup), tables_.quantizer[1], places,
             next, work_.blocks);
    }
  }

  // Luma blocks of the last MCUs that lie wholly outside the picture are never seen, and cost least
  // when they are flat and like the block before. `across` and `down` count the others.
  void blank_outside(int mcus, int across, int down) {
    if (across >= mcus * shape_.across && down >= shape_.down) return;
    for (int mcu = 0; mcu < mcus; ++mcu) {
      for (int i = 1; i < shape_.across * shape_.down; ++i) {
        const int column = mcu * shape_.across + i % shape_.across;
        if (column < across && i / shape_.across < down) continue;
        const int place = mcu * layout_.blocks + i;
        int16_t* block = work_.blocks.coefficients[place];
        __builtin_memset(block, 0, sizeof work_.blocks.coefficients[place]);
        block[0] = work_.blocks.coefficients[place - 1][0];
        work_.blocks.masks[place] = 0;
      }
    }
  }

  bool append(size_t size) {
    const size_t needed = output_.size + 2 * size + 64;
    if (needed > output_.capacity && !output_.reserve(output_, needed)) return false;
    uint8_t* end = kernels_.stuff(work_.unstuffed, size, output_.data + output_.size);
    output_.size = static_cast<size_t>(end - output_.data);
    return true;
  }

  // Pads the last byte with ones (ITU-T T.81, F.1.2.3).
  bool finish() {
    if (state_.pending == 0) return true;
    const unsigned padding = 8 - state_.pending;
    work_.unstuffed[0] = static_cast<uint8_t>(state_.bits << padding | ((1u << padding) - 1));
    return append(1);
  }

  void begin(Stage stage) {
    if (clock_ == nullptr) return;
    stop();
    stage_ = static_cast<int>(stage);
    since_ = clock_->now();
  }

  void stop() {
    if (clock_ == nullptr || stage_ < 0) return;
    clock_->ticks[stage_] += clock_->now() - since_;
    stage_ = -1;
  }

  const Strip& strip_;
  const Tables& tables_;
  const Kernels& kernels_;
  Workspace& work_;
  Output& output_;
  StageClock* clock_;
  SamplingShape shape_;
  bool is_grey_;
  McuLayout layout_{};
  EntropyState state_{};
  const int8_t* chroma_[2]{};
  int stage_ = -1;
  uint64_t since_ = 0;
};

}  // namespace

Status encode_strip(const Strip& strip, const Tables& tables, const Kernels& kernels, void* scratch,
                    Output& output, StageClock* clock) {
  if (!is_valid(strip)) return Status::kBadStrip;
  const size_t size = output.size;
  StripEncoder encoder(strip, tables, kernels, *static_cast<Workspace*>(scratch), output, clock);
  const Status status = encoder.run();
  if (status != Status::kOk) output.size = size;
  return status;
}

}  // namespace stripline
