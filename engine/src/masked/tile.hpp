// A tile of a picture, from pixels to levels.
#pragma once

#include "sensitivity.hpp"
#include "stripline/masked.hpp"
#include "trellis.hpp"

namespace stripline {

// A component of a tile.
struct TileComponent {
  BlockGrid grid;
  size_t span;  // 1, or 2 where it has half the width and height
  const Spectra* spectra;
  float steps[kBlockSize];
  float* wanted;  // coefficients of the original
  Gains* gains;
  int16_t* levels;
  Rates rates;
};

// What all tiles share.
struct AllSpectra {
  Spectra whole{false}, doubled{true};
};

class Tile {
 public:
  // size: whole MCUs.
  Tile(Size size, const MaskedSettings& settings, const AllSpectra& spectra,
       const MetricKernels& kernels, Arena& arena);

  // Takes the pixels from (left, top) on. Where the picture ends, its last column and row are
  // repeated.
  void load(const Picture& picture, size_t left, size_t top);

  // How severe errors are that come of rounding alone.
  Severity severity();

  // Chooses levels. `picture` is what severity() is in the mean over all of the picture; nullptr
  // where this tile is all of it.
  void choose(const Severity* picture);

  int components() const { return count_; }
  const TileComponent& component(int i) const { return components_[i]; }

 private:
  void transform();
  void decode();
  void choose_levels_of(TileComponent& component);
  size_t pixels() const { return size_.width * size_.height; }

  Size size_;
  float price_;
  int count_;
  Masking masking_;
  TileComponent components_[3];
  uint8_t* rgb_;
  float *planes_[3], *half_, *work_;
  Visibility *visibilities_, *latest_;
};

}  // namespace stripline
