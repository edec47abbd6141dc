// Levels of coefficients by rate and distortion, for JPEG's run-length and Huffman coding.
#pragma once

#include "block_dct.hpp"

namespace stripline {

// What symbols cost: a run of zeros before a value, and the value's size (T.81, F.1.2.2).
class Rates {
 public:
  // By how often symbols come in these blocks: minus the logarithm of their share, which is what a
  // code made for them takes, or nearly.
  void learn(const int16_t* levels, size_t blocks);

  // Bits of a symbol, without those of the value.
  float of(int symbol) const { return bits_[symbol]; }

 private:
  float bits_[256];
};

// Rounds to the nearest level, or to zero from less than a share of a step.
void round_levels(const float* wanted, const float steps[kBlockSize], size_t blocks,
                  int16_t* levels);

// For one block: the AC levels for which `price` times the bits plus the sum of sensitivity times
// squared error is least, and the DC level that is nearest. Dynamic programming over the places of
// levels that are not zero, as by M. Crouse and K. Ramchandran, "Joint Thresholding and Quantizer
// Selection for Transform Image Coding", IEEE Trans. Image Processing 6(2), 1997.
void choose_levels(const float wanted[kBlockSize], const float sensitivity[kBlockSize],
                   const float steps[kBlockSize], const Rates& rates, float price,
                   int16_t levels[kBlockSize]);

}  // namespace stripline
