// Byte stuffing (ITU-T T.81, B.1.1.5): a zero after every 0xFF, copying a vector at a time. Each
// step copies as far as the first 0xFF, so that there is no branch to predict.

namespace stripline::STRIPLINE_ISA {
namespace {

uint8_t* stuff(const uint8_t* src, size_t size, uint8_t* out) {
  const uint8_t* const end = src + size;
  while (src < end) {
    const CopiedBytes copied = copy_and_find_ff(src, out);
    const auto left = static_cast<size_t>(end - src);
    const bool found = copied.first_ff < left && copied.first_ff < CopiedBytes::kSize;
    size_t step = found ? copied.first_ff + 1 : CopiedBytes::kSize;
    step = step < left ? step : left;
    src += step;
    out += step;
    *out = 0;
    out += found;
  }
  return out;
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
