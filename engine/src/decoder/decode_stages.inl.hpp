// All stages of a set. What differs between sets is how wide vectors are, and what the compiler
// makes of it.
#include "decode_kernels.hpp"
#include "lanes.inl.hpp"
#include "huffman_decode.inl.hpp"
#include "idct.inl.hpp"
#include "upsample.inl.hpp"
#include "to_rgb.inl.hpp"
#include "decode_kernels_object.inl.hpp"
