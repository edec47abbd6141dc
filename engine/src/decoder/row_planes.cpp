// Rows of samples to rows of pixels. Where chroma is doubled down the picture with weights, a row
// needs the chroma row below, so that the last two rows of an MCU row wait for the next one.
#include "row_planes.hpp"

namespace stripline {
namespace {

constexpr int kCarried = 2;     // rows of each component that are kept
constexpr size_t kMargin = 64;  // before each row, for the sample left of the first; and behind

struct Factors {
  int across, down;
};

Factors luma_factors(Sampling sampling) {
  return {sampling == Sampling::k422 || sampling == Sampling::k420 ? 2 : 1,
          sampling == Sampling::k440 || sampling == Sampling::k420 ? 2 : 1};
}

uint32_t divide_up(uint32_t value, uint32_t by) { return (value + by - 1) / by; }

// Hands out pieces of memory, or only counts them.
class Pieces {
 public:
  explicit Pieces(uint8_t* memory) : memory_(memory) {}
  uint8_t* take(size_t size) {
    uint8_t* piece = memory_ == nullptr ? nullptr : memory_ + used_;
    used_ += (size + 63) & ~size_t{63};
    return piece;
  }
  size_t used() const { return used_; }

 private:
  uint8_t* memory_;
  size_t used_ = 0;
};

bool doubles_down(const RowPlanes& rows) {
  return rows.upsampling == Upsampling::kDown || rows.upsampling == Upsampling::kBoth;
}
bool doubles_across(const RowPlanes& rows) {
  return rows.upsampling == Upsampling::kAcross || rows.upsampling == Upsampling::kBoth;
}
// Rows of the result that wait for the next MCU row.
uint32_t waiting_rows(const RowPlanes& rows) {
  return rows.is_smooth && doubles_down(rows) ? kCarried : 0;
}

// libjpeg's choices: chroma halved both ways is transformed to twice the size where that is no more
// than 8; otherwise it is doubled, by weighted means if there is enough of it.
void plan_components(const JpegHeader& header, uint32_t denominator, RowPlanes& rows) {
  const Factors luma = luma_factors(header.sampling);
  const int size_log2 = 3 - __builtin_ctz(denominator);
  const bool is_larger = header.sampling == Sampling::k420 && denominator > 1;
  rows.upsampling = Upsampling::kNone;
  if (!is_larger && header.sampling == Sampling::k422) rows.upsampling = Upsampling::kAcross;
  if (!is_larger && header.sampling == Sampling::k440) rows.upsampling = Upsampling::kDown;
  if (!is_larger && header.sampling == Sampling::k420) rows.upsampling = Upsampling::kBoth;
  for (int i = 0; i < rows.components; ++i) {
    ComponentPlane& plane = rows.planes[i];
    plane.across = i == 0 ? luma.across : 1;
    plane.down = i == 0 ? luma.down : 1;
    plane.size_log2 = size_log2 + (i > 0 && is_larger);
    const auto size = 1u << plane.size_log2;
    plane.width = divide_up(header.width * static_cast<uint32_t>(plane.across) * size,
                            static_cast<uint32_t>(luma.across) * 8);
    plane.height = divide_up(header.height * static_cast<uint32_t>(plane.down) * size,
                             static_cast<uint32_t>(luma.down) * 8);
  }
  rows.is_smooth = size_log2 > 0 && (!doubles_across(rows) || rows.planes[1].width > 2);
  rows.mcu_height = static_cast<uint32_t>(luma.down) << size_log2;
  rows.mcus_across = divide_up(header.width, static_cast<uint32_t>(luma.across) * 8);
  rows.mcu_rows = divide_up(header.height, static_cast<uint32_t>(luma.down) * 8);
}

// Repeats the edge on both sides of a row, which has margins.
void extend(uint8_t* row, uint32_t width) {
  row[-1] = row[0];
  row[width] = row[width - 1];
}

void repeat_across(const uint8_t* in, uint32_t width, uint8_t* out) {
  for (uint32_t i = 0; i < width; ++i) out[2 * i] = out[2 * i + 1] = in[i];
}

// A chroma row for row `row` of the result, at full width.
const uint8_t* chroma_row(RowPlanes& rows, const DecodeKernels& kernels, int component,
                          uint32_t row) {
  const ComponentPlane& plane = rows.planes[component];
  const auto width = static_cast<int>(plane.width);
  const uint32_t chroma = doubles_down(rows) ? row / 2 : row;
  const auto first = rows.mcu_row * (static_cast<uint32_t>(plane.down) << plane.size_log2);
  const auto at = [&](uint32_t number) {
    return plane.current +
           (static_cast<ptrdiff_t>(number) - static_cast<ptrdiff_t>(first)) * plane.stride;
  };
  uint8_t* const near = at(chroma);
  uint8_t* const out = rows.doubled[component];
  if (rows.upsampling == Upsampling::kNone) return near;
  if (!rows.is_smooth) {
    if (!doubles_across(rows)) return near;
    repeat_across(near, plane.width, out);
    return out;
  }
  if (rows.upsampling == Upsampling::kAcross) {
    extend(near, plane.width);
    kernels.upsample_h(near, width, out);
    return out;
  }
  const bool is_lower = row % 2 != 0;
  const uint32_t above = chroma == 0 ? 0 : chroma - 1;
  const uint32_t below = chroma + 1 < plane.height ? chroma + 1 : chroma;
  const uint8_t* const far = at(is_lower ? below : above);
  if (rows.upsampling == Upsampling::kDown) {
    kernels.upsample_v(near, far, width, is_lower ? 2 : 1, out);
  } else {
    kernels.upsample_hv(near, far, width, rows.sums, out);
  }
  return out;
}

// Pixels go straight to the caller but for a row's last ones: whole vectors are written.
void write_pixels(const RowPlanes& rows, const DecodeKernels& kernels, const uint8_t* const in[3],
                  uint8_t* out) {
  const auto convert = rows.is_rgb ? kernels.interleave : kernels.to_rgb;
  const uint32_t body =
      rows.width > kRowSlack ? (rows.width - 1) / kRowSlack * kRowSlack - kRowSlack : 0;
  if (body > 0) convert(in[0], in[1], in[2], static_cast<int>(body), out);
  uint8_t rest[3 * 3 * kRowSlack];
  const uint32_t left = rows.width - body;
  convert(in[0] + body, in[1] + body, in[2] + body, static_cast<int>(left), rest);
  __builtin_memcpy(out + size_t{3} * body, rest, size_t{3} * left);
}

}  // namespace

size_t plan_rows(const JpegHeader& header, uint32_t denominator, uint8_t* memory, RowPlanes& rows) {
  rows = {};
  rows.components = header.components();
  rows.is_rgb = header.is_rgb;
  rows.width = scaled_side(header.width, denominator);
  rows.height = scaled_side(header.height, denominator);
  plan_components(header, denominator, rows);
  Pieces pieces(memory);
  // Batches write whole groups.
  const size_t mcus = (rows.mcus_across + kGroupLanes - 1) / kGroupLanes * kGroupLanes;
  size_t widest = 0;
  for (int i = 0; i < rows.components; ++i) {
    ComponentPlane& plane = rows.planes[i];
    const size_t stride =
        (mcus * static_cast<size_t>(plane.across) << plane.size_log2) + 2 * kMargin;
    const size_t held = kCarried + (static_cast<size_t>(plane.down) << plane.size_log2);
    plane.stride = static_cast<ptrdiff_t>(stride);
    uint8_t* const all = pieces.take(held * stride + kMargin);
    plane.current = all == nullptr ? nullptr : all + kMargin + kCarried * stride;
    if (stride > widest) widest = stride;
  }
  if (rows.upsampling != Upsampling::kNone) {
    for (int i = 1; i < rows.components; ++i) rows.doubled[i] = pieces.take(widest + kMargin);
    rows.sums = reinterpret_cast<uint16_t*>(pieces.take(2 * (widest + kMargin)));
  }
  return pieces.used();
}

void carry_rows(RowPlanes& rows) {
  if (waiting_rows(rows) == 0 || rows.limit == 0) return;
  for (int i = 0; i < rows.components; ++i) {
    const ComponentPlane& plane = rows.planes[i];
    const ptrdiff_t height = ptrdiff_t{plane.down} << plane.size_log2;
    // From the margin before the first row on.
    uint8_t* const begin = plane.current - kMargin;
    __builtin_memmove(begin - kCarried * plane.stride, begin + (height - kCarried) * plane.stride,
                      static_cast<size_t>(kCarried * plane.stride));
  }
}

void finish_rows(RowPlanes& rows, bool is_last) {
  if (rows.limit > 0) ++rows.mcu_row;
  rows.limit = is_last ? rows.height : (rows.mcu_row + 1) * rows.mcu_height - waiting_rows(rows);
}

uint32_t write_rows(RowPlanes& rows, const DecodeKernels& kernels, uint8_t* pixels, size_t stride,
                    uint32_t count) {
  const uint32_t ready = rows.limit - rows.next;
  if (count > ready) count = ready;
  const ComponentPlane& luma = rows.planes[0];
  for (uint32_t i = 0; i < count; ++i, ++rows.next, pixels += stride) {
    const ptrdiff_t row =
        static_cast<ptrdiff_t>(rows.next) - static_cast<ptrdiff_t>(rows.mcu_row * rows.mcu_height);
    const uint8_t* const y = luma.current + row * luma.stride;
    if (rows.components == 1) {
      __builtin_memcpy(pixels, y, rows.width);
      continue;
    }
    const uint8_t* const in[3] = {y, chroma_row(rows, kernels, 1, rows.next),
                                  chroma_row(rows, kernels, 2, rows.next)};
    write_pixels(rows, kernels, in, pixels);
  }
  return count;
}

}  // namespace stripline
