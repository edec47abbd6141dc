// Where in a picture an error is seen, as SSIMULACRA 2 sees it.
#pragma once

#include "../float_planes.hpp"

namespace stripline {

inline constexpr int kMaskingScales = 5;  // of six: the weights of the last are next to nothing

// How much one squared error of a channel counts, at each scale, as the mean over a block's pixels
// there: [scale][X, Y, B][whatever differs from the mean around it, edges that come or go]. Summed
// over a picture, errors weighted so are the change of SSIMULACRA 2's weighted sum (before its
// curve) times the picture's pixels; nearly so, for small errors.
struct Visibility {
  float of[kMaskingScales][3][2];
};

// How large errors are: of each map of the metric, the mean of its fourth powers.
struct Severity {
  static constexpr int kMaps = 3;  // SSIM, artifacts, lost edges
  double of[kMaskingScales][3][kMaps];
};

// A tile of 8-bit RGB with sides in whole blocks, against which decoded ones are held.
class Masking {
 public:
  Masking(Size size, const MetricKernels& kernels, Arena& arena);

  void set_original(const uint8_t* rgb);

  // One `Visibility` for each block of 8 x 8 pixels, row by row, for the errors that are there now:
  // the metric takes fourth powers, so that an error counts the more the worse its surroundings are
  // beside the rest of the picture. `found` becomes the tile's own severity, and the picture's is
  // taken to be `ratio` times as much.
  void compare(const uint8_t* rgb, const Severity& ratio, Visibility* blocks,
               Severity& found) const;

 private:
  struct Level {
    Size size;
    FloatPlane xyb[3], blurred[3];
  };

  void first_linear(const uint8_t* rgb) const;
  void to_xyb(const Level& level, int scale, FloatPlane const xyb[3]) const;
  void halve(int scale) const;
  void blur(const FloatPlane& from, const FloatPlane& to, Size size) const;
  void measure(int scale, int channel, const double ratio[], Visibility* blocks,
               double found[]) const;
  void gather(int scale, int channel, int kind, const FloatPlane& map, Visibility* blocks) const;

  const MetricKernels& kernels_;
  Size size_;
  int scales_ = 0;
  Level levels_[kMaskingScales];
  FloatPlane linear_[2][3];  // of this scale and of the next
  FloatPlane decoded_[3], mean_, sum_, difference_, across_, nothing_;
};

}  // namespace stripline
