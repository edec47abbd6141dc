// How much an error of each DCT coefficient is seen: from visibilities of errors of pixels.
#pragma once

#include "block_dct.hpp"
#include "masking.hpp"

namespace stripline {

// What an error of one in a coefficient leaves at each scale: the energy of whatever differs from
// its blur's energy, and the energy of the difference from the blur, which edges are; means over
// all places of the block on the scales' grids (a picture's grid must not matter).
struct Spectra {
  float of[kMaskingScales][2][kBlockSize];

  // is_doubled: the component has half the picture's width and height.
  explicit Spectra(bool is_doubled);
};

// Squares of the derivatives of X, Y and B by a component, for one block's mean colour.
struct Gains {
  float of[3];
};

// For one component (Y, Cb, Cr) from the tile's RGB; blocks have `grid.width() / side` pixels.
void find_gains(const uint8_t* rgb, Size size, int component, const BlockGrid& grid, Gains* gains);

// For a block: what the squared error of each coefficient is multiplied by. `visibilities` are
// those of its pixels: `span` by `span` blocks of the tile, which has `across` in a row.
void find_sensitivity(const Visibility* visibilities, size_t span, size_t across,
                      const Gains& gains, const Spectra& spectra, float sensitivity[kBlockSize]);

}  // namespace stripline
