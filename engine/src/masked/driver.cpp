// A whole picture: bands of tiles, and the coding of each band's levels.
#include "../kernels.hpp"
#include "tile.hpp"

namespace stripline {
namespace {

constexpr size_t kTileSide = 512;  // pixels
// Pixels around a tile that are worked on with it, then thrown away: the metric takes what lies
// outside of its picture for black, and so sees little near the edges. Its blur reaches four
// pixels, which at the scales that count most are up to 32 of the picture's.
constexpr size_t kTileMargin = 32;

struct Shape {
  size_t mcu;  // pixels, both ways
  size_t mcus_across, mcus_down;
  size_t tile_mcus;  // both ways, at most
  size_t margin_mcus;
  int components;
  size_t luma_side;  // luma blocks an MCU, both ways

  Shape(uint32_t width, uint32_t height, Sampling sampling)
      : mcu(sampling == Sampling::k420 ? 16 : 8),
        mcus_across((width + mcu - 1) / mcu),
        mcus_down((height + mcu - 1) / mcu),
        tile_mcus(kTileSide / mcu),
        margin_mcus(kTileMargin / mcu),
        components(sampling == Sampling::kGrey ? 1 : 3),
        luma_side(mcu / kBlockSide) {}

  size_t band_mcus() const { return mcus_down < tile_mcus ? mcus_down : tile_mcus; }
  Size largest_tile() const {
    const size_t most = tile_mcus + 2 * margin_mcus;
    return {(mcus_across < most ? mcus_across : most) * mcu,
            (mcus_down < most ? mcus_down : most) * mcu};
  }
  size_t blocks_across(int component) const {
    return mcus_across * (component == 0 ? luma_side : 1);
  }
};

// Where a tile lies along one side of the picture, in MCUs; margins are cut off where that ends.
struct Reach {
  size_t start, length, before, after;

  size_t whole_start() const { return start - before; }
  size_t whole_length() const { return before + length + after; }
};

// A side cut into pieces that differ by one MCU at most.
struct Cut {
  size_t mcus, pieces, margin;

  Cut(size_t all, size_t most, size_t around)
      : mcus(all), pieces((all + most - 1) / most), margin(around) {}

  Reach reach(size_t piece) const {
    const size_t start = mcus * piece / pieces, end = mcus * (piece + 1) / pieces;
    const size_t left = mcus - end;
    return {start, end - start, start < margin ? start : margin, left < margin ? left : margin};
  }
};

struct BandMemory {
  int16_t* levels[3]{};  // of each component, row by row, in natural order
  TileBlocks* blocks;
  uint8_t *tokens, *unstuffed;

  BandMemory(const Shape& shape, Arena& arena) {
    const auto bytes = [&](size_t count) {
      return reinterpret_cast<uint8_t*>(arena.floats((count + 3) / 4));
    };
    for (int i = 0; i < shape.components; ++i) {
      const size_t rows = shape.band_mcus() * (i == 0 ? shape.luma_side : 1);
      const size_t count = rows * shape.blocks_across(i) * kBlockSize;
      levels[i] = reinterpret_cast<int16_t*>(bytes(count * sizeof(int16_t)));
    }
    blocks = reinterpret_cast<TileBlocks*>(bytes(sizeof(TileBlocks)));
    tokens = bytes(kTokenBytes);
    unstuffed = bytes(kMaxTileBlocks * kMaxBlockBytes + 128);
  }
};

// The levels of a band of tiles, and their coding.
class Band {
 public:
  Band(const Shape& shape, const Tables& tables, const Kernels& kernels, Output& output,
       Arena& arena)
      : shape_(shape), tables_(tables), kernels_(kernels), output_(output), memory_(shape, arena) {
    const size_t luma = shape.luma_side * shape.luma_side;
    layout_.blocks = static_cast<int>(luma) + shape.components - 1;
    for (int i = 0; i < layout_.blocks; ++i) {
      const int chroma = i - static_cast<int>(luma);
      layout_.component[i] = static_cast<uint8_t>(chroma < 0 ? 0 : chroma + 1);
    }
  }

  // Takes the levels of a tile without its margin, in MCUs.
  void keep(const Tile& tile, const Reach& across, const Reach& down) {
    for (int i = 0; i < shape_.components; ++i) {
      const TileComponent& component = tile.component(i);
      const size_t side = i == 0 ? shape_.luma_side : 1, count = side * across.length;
      for (size_t y = 0; y < side * down.length; ++y) {
        const size_t row = side * down.before + y, column = side * across.before;
        __builtin_memcpy(
            memory_.levels[i] + (y * shape_.blocks_across(i) + side * across.start) * kBlockSize,
            component.levels + (row * component.grid.across + column) * kBlockSize,
            count * kBlockSize * sizeof(int16_t));
      }
    }
  }

  bool code(size_t mcu_rows) {
    const size_t most = kMaxTileBlocks / 6;  // blocks an MCU has at most
    for (size_t y = 0; y < mcu_rows; ++y) {
      for (size_t x = 0; x < shape_.mcus_across; x += most) {
        const size_t left = shape_.mcus_across - x, mcus = left < most ? left : most;
        for (size_t mcu = 0; mcu < mcus; ++mcu) collect(x + mcu, y, mcu);
        const uint8_t* end =
            kernels_.entropy(*memory_.blocks, static_cast<int>(mcus), layout_, tables_.codes,
                             state_, memory_.tokens, memory_.unstuffed);
        if (!append(static_cast<size_t>(end - memory_.unstuffed))) return false;
      }
    }
    return true;
  }

  // Pads the last byte with ones (ITU-T T.81, F.1.2.3).
  bool finish() {
    if (state_.pending == 0) return true;
    const unsigned padding = 8 - state_.pending;
    memory_.unstuffed[0] = static_cast<uint8_t>(state_.bits << padding | ((1u << padding) - 1));
    return append(1);
  }

 private:
  // An MCU's blocks, in the order in which they are coded.
  void collect(size_t x, size_t y, size_t mcu) {
    const size_t side = shape_.luma_side;
    for (size_t i = 0; i < static_cast<size_t>(layout_.blocks); ++i) {
      const int component = layout_.component[i];
      const size_t column = component == 0 ? x * side + i % side : x;
      const size_t row = component == 0 ? y * side + i / side : y;
      const int16_t* from =
          memory_.levels[component] + (row * shape_.blocks_across(component) + column) * kBlockSize;
      const size_t place = mcu * static_cast<size_t>(layout_.blocks) + i;
      int16_t* to = memory_.blocks->coefficients[place];
      uint64_t nonzero = 0;
      bool has_large = false;
      for (size_t k = 0; k < kBlockSize; ++k) {
        const int16_t level = to[k] = from[kZigzag[k]];
        nonzero |= static_cast<uint64_t>(level != 0) << k;
        has_large |=
            k > 0 && (level < -CodeBook::kDirectValues || level >= CodeBook::kDirectValues);
      }
      memory_.blocks->masks[place] = block_mask(nonzero, has_large);
    }
  }

  bool append(size_t size) {
    const size_t needed = output_.size + 2 * size + 64;
    if (needed > output_.capacity && !output_.reserve(output_, needed)) return false;
    uint8_t* end = kernels_.stuff(memory_.unstuffed, size, output_.data + output_.size);
    output_.size = static_cast<size_t>(end - output_.data);
    return true;
  }

  const Shape& shape_;
  const Tables& tables_;
  const Kernels& kernels_;
  Output& output_;
  BandMemory memory_;
  McuLayout layout_{};
  EntropyState state_{};
};

// The tiles of a picture, one after the other in the same memory.
class Tiles {
 public:
  Tiles(const Shape& shape, const Picture& picture, const MaskedSettings& settings,
        const MetricKernels& kernels, const Arena& arena)
      : down_(shape.mcus_down, shape.tile_mcus, shape.margin_mcus),
        across_(shape.mcus_across, shape.tile_mcus, shape.margin_mcus),
        mcu_(shape.mcu),
        picture_(picture),
        settings_(settings),
        kernels_(kernels),
        arena_(arena) {}

  Tile at(const Reach& across, const Reach& down) const {
    Arena arena = arena_;
    Tile tile({across.whole_length() * mcu_, down.whole_length() * mcu_}, settings_, spectra_,
              kernels_, arena);
    tile.load(picture_, across.whole_start() * mcu_, down.whole_start() * mcu_);
    return tile;
  }

  // The mean over all tiles.
  Severity severity() const {
    Severity sum{};
    for (size_t y = 0; y < down_.pieces; ++y) {
      for (size_t x = 0; x < across_.pieces; ++x) {
        const Reach across = across_.reach(x), down = down_.reach(y);
        const double share = static_cast<double>(across.length * down.length) /
                             static_cast<double>(across_.mcus * down_.mcus);
        add(at(across, down).severity(), share, sum);
      }
    }
    return sum;
  }

  const Cut& down() const { return down_; }
  const Cut& across() const { return across_; }

 private:
  static void add(const Severity& one, double share, Severity& sum) {
    for (int scale = 0; scale < kMaskingScales; ++scale) {
      for (int i = 0; i < 3; ++i) {
        for (int map = 0; map < Severity::kMaps; ++map) {
          sum.of[scale][i][map] += share * one.of[scale][i][map];
        }
      }
    }
  }

  Cut down_, across_;
  size_t mcu_;
  const Picture& picture_;
  const MaskedSettings& settings_;
  const MetricKernels& kernels_;
  const Arena& arena_;
  AllSpectra spectra_;
};

bool is_good(const Picture& picture, const MaskedSettings& settings, MaskedStatus& status) {
  const auto in_range = [](uint32_t side) { return side >= 1 && side <= kMaxScoredSide; };
  const bool is_grey = settings.sampling == Sampling::kGrey;
  const bool is_colour = settings.sampling == Sampling::k444 || settings.sampling == Sampling::k420;
  status = MaskedStatus::kOk;
  if (!in_range(picture.width) || !in_range(picture.height) ||
      (picture.channels != 1 && picture.channels != 3)) {
    status = MaskedStatus::kBadPicture;
  } else if (picture.channels == 1 ? !is_grey : !is_colour) {
    status = MaskedStatus::kBadSettings;
  }
  return status == MaskedStatus::kOk;
}

}  // namespace

size_t masked_scratch_bytes(uint32_t width, uint32_t height, Sampling sampling) {
  const Shape shape(width, height, sampling);
  Arena arena(nullptr);
  const BandMemory band(shape, arena);
  const AllSpectra spectra;
  const Tile tile(shape.largest_tile(), {sampling, {}, 0}, spectra, *find_metric_kernels("scalar"),
                  arena);
  return arena.bytes();
}

MaskedStatus encode_masked(const Picture& picture, const MaskedSettings& settings,
                           const Tables& tables, const Kernels& kernels,
                           const MetricKernels& metrics, void* scratch, Output& output) {
  MaskedStatus status;
  if (!is_good(picture, settings, status)) return status;
  const size_t size_before = output.size;
  const Shape shape(picture.width, picture.height, settings.sampling);
  Arena arena(scratch);
  Band band(shape, tables, kernels, output, arena);
  const Tiles tiles(shape, picture, settings, metrics, arena);
  const bool is_one = tiles.down().pieces * tiles.across().pieces == 1;
  const Severity severity = is_one ? Severity{} : tiles.severity();
  for (size_t y = 0; y < tiles.down().pieces && status == MaskedStatus::kOk; ++y) {
    const Reach down = tiles.down().reach(y);
    for (size_t x = 0; x < tiles.across().pieces; ++x) {
      const Reach across = tiles.across().reach(x);
      Tile tile = tiles.at(across, down);
      tile.choose(is_one ? nullptr : &severity);
      band.keep(tile, across, down);
    }
    if (!band.code(down.length)) status = MaskedStatus::kOutOfMemory;
  }
  if (status == MaskedStatus::kOk && !band.finish()) status = MaskedStatus::kOutOfMemory;
  if (status != MaskedStatus::kOk) output.size = size_before;
  return status;
}

}  // namespace stripline
