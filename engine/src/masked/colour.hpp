// Between 8-bit RGB and planes of YCbCr (JFIF 1.02), of a whole tile, in floats less 128.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace stripline {

void to_ycbcr(const uint8_t* rgb, size_t pixels, float* const planes[3]);

// Rounded and kept within 0 to 255.
void to_rgb(const float* const planes[3], size_t pixels, uint8_t* rgb);

// A plane of half the width and height, of which double_plane() makes the means of two by two
// samples that the given plane has, or nearly. (Means themselves come out blurred: a quarter of
// each sample goes to its neighbours.) `scratch` holds two planes: one as large, one as small.
void halve_plane(const float* plane, size_t width, size_t height, float* half, float* scratch);

// Twice as wide and high, as libjpeg's decoder does it: each sample is 3/4 of the nearer and 1/4 of
// the farther one, in each direction; rounded to whole numbers.
void double_plane(const float* half, size_t width, size_t height, float* plane);

}  // namespace stripline
