// A picture as a JPEG scan of as few bytes as its looks allow: errors go where the picture itself
// hides them, and levels are chosen for what they cost.
//
// As in metrics.hpp, everything is a pure function of its arguments, all memory is the caller's,
// and a C library is needed.
#pragma once

#include "stripline/engine.hpp"
#include "stripline/metrics.hpp"

namespace stripline {

struct MaskedSettings {
  Sampling sampling;     // k444 or k420 for three channels, kGrey for one
  uint8_t steps[2][64];  // luma's and chroma's, in natural order, as in `tables`
  float price;           // of a bit; see Visibility in src/masked/masking.hpp for the unit
};

enum class MaskedStatus : uint8_t {
  kOk,
  kBadPicture,   // a side outside 1 to 65535, or channels other than 1 and 3
  kBadSettings,  // another sampling
  kOutOfMemory,
};

// Bytes of work space: some 40 MB, and two for each sample of 512 rows.
size_t masked_scratch_bytes(uint32_t width, uint32_t height, Sampling sampling);

// Appends the entropy-coded scan of a picture to `output`, without restart markers, as
// encode_strip() does. `scratch` is aligned to kMetricAlignment. All kernels give the same bytes.
MaskedStatus encode_masked(const Picture& picture, const MaskedSettings& settings,
                           const Tables& tables, const Kernels& kernels,
                           const MetricKernels& metrics, void* scratch, Output& output);

}  // namespace stripline
