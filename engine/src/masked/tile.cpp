#include "tile.hpp"

#include <math.h>

#include "colour.hpp"

namespace stripline {
namespace {

// How often levels are chosen, each time by how the last ones look; first come those of rounding.
// At SSIMULACRA2 80, a second time saves 5 % of the bytes, a third one 0.5 %, a fourth nothing.
constexpr int kRounds = 3;

constexpr Severity same() {
  Severity ratio{};
  for (auto& channels : ratio.of) {
    for (auto& maps : channels) {
      for (double& one : maps) one = 1;
    }
  }
  return ratio;
}

// The picture's to a tile's.
Severity ratio_of(const Severity& picture, const Severity& tile) {
  Severity ratio = same();
  for (int scale = 0; scale < kMaskingScales; ++scale) {
    for (int i = 0; i < 3; ++i) {
      for (int map = 0; map < Severity::kMaps; ++map) {
        const double own = tile.of[scale][i][map];
        if (own > 0) ratio.of[scale][i][map] = picture.of[scale][i][map] / own;
      }
    }
  }
  return ratio;
}

template <class T>
T* take(Arena& arena, size_t count) {
  return reinterpret_cast<T*>(
      arena.floats((count * sizeof(T) + sizeof(float) - 1) / sizeof(float)));
}

Visibility between(const Visibility& a, const Visibility& b) {
  Visibility mean;
  for (int scale = 0; scale < kMaskingScales; ++scale) {
    for (int i = 0; i < 3; ++i) {
      for (int kind = 0; kind < 2; ++kind) {
        mean.of[scale][i][kind] = sqrtf(a.of[scale][i][kind] * b.of[scale][i][kind]);
      }
    }
  }
  return mean;
}

}  // namespace

Tile::Tile(Size size, const MaskedSettings& settings, const AllSpectra& spectra,
           const MetricKernels& kernels, Arena& arena)
    : size_(size),
      price_(settings.price),
      count_(settings.sampling == Sampling::kGrey ? 1 : 3),
      masking_(size, kernels, arena) {
  const BlockGrid whole{size.width / kBlockSide, size.height / kBlockSide};
  for (int i = 0; i < count_; ++i) {
    TileComponent& component = components_[i];
    const bool is_half = i > 0 && settings.sampling == Sampling::k420;
    component.span = is_half ? 2 : 1;
    component.grid = {whole.across / component.span, whole.down / component.span};
    component.spectra = is_half ? &spectra.doubled : &spectra.whole;
    const uint8_t* steps = settings.steps[i == 0 ? 0 : 1];
    for (size_t k = 0; k < kBlockSize; ++k) component.steps[k] = steps[k];
    component.wanted = arena.floats(component.grid.samples());
    component.gains = take<Gains>(arena, component.grid.count());
    component.levels = take<int16_t>(arena, component.grid.samples());
  }
  rgb_ = take<uint8_t>(arena, 3 * pixels());
  for (float*& plane : planes_) plane = arena.floats(pixels());
  half_ = arena.floats(pixels() / 4);
  work_ = arena.floats(pixels() + pixels() / 4);
  visibilities_ = take<Visibility>(arena, whole.count());
  latest_ = take<Visibility>(arena, whole.count());
}

Severity Tile::severity() {
  Severity found;
  transform();
  decode();
  masking_.compare(rgb_, same(), visibilities_, found);
  return found;
}

void Tile::choose(const Severity* picture) {
  Severity ratio = same(), found = severity();
  if (picture != nullptr) {
    ratio = ratio_of(*picture, found);
    masking_.compare(rgb_, ratio, visibilities_, found);
  }
  for (int round = 1;; ++round) {
    for (int i = 0; i < count_; ++i) choose_levels_of(components_[i]);
    if (round == kRounds) return;
    decode();
    masking_.compare(rgb_, ratio, latest_, found);
    // Geometric means of the old and the new: errors move from where they are seen to where they
    // are not, and would move back.
    for (size_t i = 0; i < components_[0].grid.count(); ++i) {
      visibilities_[i] = between(visibilities_[i], latest_[i]);
    }
  }
}

void Tile::load(const Picture& picture, size_t left, size_t top) {
  for (size_t y = 0; y < size_.height; ++y) {
    const size_t row = top + y < picture.height ? top + y : picture.height - 1;
    const uint8_t* from = picture.data + static_cast<ptrdiff_t>(row) * picture.stride;
    uint8_t* to = rgb_ + 3 * y * size_.width;
    for (size_t x = 0; x < size_.width; ++x) {
      const size_t column = left + x < picture.width ? left + x : picture.width - 1;
      for (size_t i = 0; i < 3; ++i) {
        to[3 * x + i] = from[column * picture.channels + (picture.channels == 3 ? i : 0)];
      }
    }
  }
  masking_.set_original(rgb_);
  to_ycbcr(rgb_, pixels(), planes_);
}

// Coefficients, gains, and the levels that come of rounding alone.
void Tile::transform() {
  for (int i = 0; i < count_; ++i) {
    TileComponent& component = components_[i];
    const bool is_half = component.span == 2;
    if (is_half) halve_plane(planes_[i], size_.width, size_.height, half_, work_);
    forward_dct(is_half ? half_ : planes_[i], component.grid, component.wanted);
    find_gains(rgb_, size_, i, component.grid, component.gains);
    round_levels(component.wanted, component.steps, component.grid.count(), component.levels);
    component.rates.learn(component.levels, component.grid.count());
  }
}

// The levels as pixels, in place of the original's: of those, all that is needed is known by then.
void Tile::decode() {
  for (int i = 0; i < 3; ++i) {
    if (i >= count_) {
      clear(planes_[i], pixels());
      continue;
    }
    const TileComponent& component = components_[i];
    const bool is_half = component.span == 2;
    inverse_dct(component.levels, component.steps, component.grid, is_half ? half_ : planes_[i]);
    if (is_half) double_plane(half_, component.grid.width(), component.grid.height(), planes_[i]);
  }
  to_rgb(planes_, pixels(), rgb_);
}

void Tile::choose_levels_of(TileComponent& component) {
  const BlockGrid& grid = component.grid;
  const size_t across = size_.width / kBlockSide;
  float sensitivity[kBlockSize];
  for (size_t block = 0; block < grid.count(); ++block) {
    const size_t y = block / grid.across * component.span, x = block % grid.across * component.span;
    find_sensitivity(visibilities_ + y * across + x, component.span, across, component.gains[block],
                     *component.spectra, sensitivity);
    choose_levels(component.wanted + block * kBlockSize, sensitivity, component.steps,
                  component.rates, price_, component.levels + block * kBlockSize);
  }
  component.rates.learn(component.levels, grid.count());
}

}  // namespace stripline
