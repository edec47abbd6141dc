// Colour conversion and level shift, a vector of pixels at a time.

namespace stripline::STRIPLINE_ISA {
namespace {

// value over background, straight alpha: round((value * alpha + background * (255 - alpha)) / 255).
inline V composite(V value, V alpha, uint8_t background) {
  const V sum =
      add(add(mullo(value, alpha), mullo(set1(background), sub(set1(255), alpha))), set1(128));
  return srl<8>(add(sum, srl<8>(sum)));
}

struct Ycc {
  V y, cb, cr;  // level-shifted; cb and cr may be 128 and need saturation
};

template <int kBytes, int kRed, int kBlue, int kAlpha>
inline Ycc convert(const uint8_t* src, const uint8_t background[3]) {
  const PixelBytes<kBytes> bytes(src);
  V red = bytes.template channel<kRed>(), green = bytes.template channel<1>();
  V blue = bytes.template channel<kBlue>();
  if constexpr (kAlpha >= 0) {
    const V alpha = bytes.template channel<kAlpha>();
    red = composite(red, alpha, background[0]);
    green = composite(green, alpha, background[1]);
    blue = composite(blue, alpha, background[2]);
  }
  const V r = sll<7>(sub(red, green)), b = sll<7>(sub(blue, green));
  const V luma = add(mulhrs(r, set1(kLumaRed)), mulhrs(b, set1(kLumaBlue)));
  const V round = set1(kColorRound);
  return {add(sub(green, set1(128)), mulhrs(luma, round)),
          mulhrs(mulhrs(sub(b, luma), set1(kCbScale)), round),
          mulhrs(mulhrs(sub(r, luma), set1(kCrScale)), round)};
}

template <int kBytes, int kRed, int kBlue, int kAlpha>
void color(const uint8_t* src, int pixels, const uint8_t background[3], int8_t* y, int8_t* cb,
           int8_t* cr) {
  for (int i = 0; i < pixels; i += 2 * kLanes, src += 2 * kLanes * kBytes) {
    const Ycc left = convert<kBytes, kRed, kBlue, kAlpha>(src, background);
    const Ycc right = convert<kBytes, kRed, kBlue, kAlpha>(src + kLanes * kBytes, background);
    store_i8(y + i, left.y, right.y);
    store_i8(cb + i, left.cb, right.cb);
    store_i8(cr + i, left.cr, right.cr);
  }
}

// Bytes have no vector type here: a compiler does these two loops well for any instruction set.
void grey(const uint8_t* src, int pixels, const uint8_t*, int8_t* y, int8_t*, int8_t*) {
  for (int i = 0; i < pixels; ++i) y[i] = static_cast<int8_t>(src[i] ^ 0x80);
}

void split_pairs(const uint8_t* src, int pairs, int8_t* first, int8_t* second) {
  for (int i = 0; i < pairs; ++i) {
    first[i] = static_cast<int8_t>(src[2 * i] ^ 0x80);
    second[i] = static_cast<int8_t>(src[2 * i + 1] ^ 0x80);
  }
}

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
