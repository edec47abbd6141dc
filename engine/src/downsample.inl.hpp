// Chroma subsampling: means of two or four samples.

namespace stripline::STRIPLINE_ISA {
namespace {

// The sum of each pair of neighbouring bytes.
inline V pair_sums(const int8_t* src) {
  const V pairs = load_raw(src);
  return add(sra<8>(sll<8>(pairs)), sra<8>(pairs));
}

void downsample_h2v1(const int8_t* upper, const int8_t*, int width, int, int8_t* dst) {
  const V bias = set1_pair(0, 1);
  for (int i = 0; i < width; i += kLanes) {
    store_i8(dst + i, sra<1>(add(pair_sums(upper + 2 * i), bias)));
  }
}

void downsample_h1v2(const int8_t* upper, const int8_t* lower, int width, int row, int8_t* dst) {
  const V bias = set1(static_cast<int16_t>((row + 1) >> 1 & 1));
  for (int i = 0; i < width; i += kLanes) {
    store_i8(dst + i, sra<1>(add(add(load_i8(upper + i), load_i8(lower + i)), bias)));
  }
}

void downsample_h2v2(const int8_t* upper, const int8_t* lower, int width, int, int8_t* dst) {
  const V bias = set1_pair(1, 2);
  for (int i = 0; i < width; i += kLanes) {
    const V sums = add(pair_sums(upper + 2 * i), pair_sums(lower + 2 * i));
    store_i8(dst + i, sra<2>(add(sums, bias)));
  }
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
