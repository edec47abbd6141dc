// Deinterleaving for sets with 128-bit vectors.

namespace stripline::STRIPLINE_ISA {
namespace {

// The first and the last 16 bytes of eight pixels, and their channels as 16-bit lanes.
template <int kBytes>
struct PixelBytes {
  V first, last;
  explicit PixelBytes(const uint8_t* p) : first(load_raw(p)), last(load_raw(p + 8 * kBytes - 16)) {}
  template <int kChannel>
  V channel() const {
    static constexpr ChannelShuffle<kBytes> kShuffle(kChannel);
    return bit_or(shuffle_lanes(first, kShuffle.first), shuffle_lanes(last, kShuffle.last));
  }
};

}  // namespace
}  // namespace stripline::STRIPLINE_ISA
