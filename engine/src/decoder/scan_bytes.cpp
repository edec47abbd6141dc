// Takes the stuffing out of entropy-coded data (ITU-T T.81, F.1.2.3), a few kilobytes at a time, so
// that decoding need not look for it.
#include "decode_kernels.hpp"

namespace stripline {
namespace {

// Not zero where one of eight bytes is 0xFF (bit 7 of the first such byte is the lowest one set).
uint64_t find_ff(uint64_t bytes) {
  constexpr uint64_t kOnes = 0x0101010101010101u, kHighs = 0x8080808080808080u;
  const uint64_t inverted = ~bytes;
  return (inverted - kOnes) & bytes & kHighs;
}

uint64_t load64(const uint8_t* from) {
  uint64_t value;
  __builtin_memcpy(&value, from, 8);
  return value;
}

// Copies bytes to `out` as far as `limit`, or to the next marker or the end of the data.
uint8_t* unstuff(ScanBytes& scan, uint8_t* out, const uint8_t* limit) {
  const uint8_t* in = scan.source;
  const uint8_t* const end = scan.source_end;
  while (out < limit) {
    for (ptrdiff_t pairs = (end - in < limit - out ? end - in : limit - out) / 16; pairs > 0;
         --pairs) {
      const uint64_t first = load64(in), second = load64(in + 8);
      const uint64_t in_first = find_ff(first), in_second = find_ff(second);
      __builtin_memcpy(out, &first, 8);
      __builtin_memcpy(out + 8, &second, 8);
      if ((in_first | in_second) == 0) {
        in += 16, out += 16;
        continue;
      }
      const int clean =
          in_first != 0 ? __builtin_ctzll(in_first) >> 3 : 8 + (__builtin_ctzll(in_second) >> 3);
      in += clean, out += clean;
      break;
    }
    if (out == limit) break;
    if (in == end) {
      scan.is_complete = true;
      break;
    }
    if (*in != 0xFF) {
      *out++ = *in++;
      continue;
    }
    const uint8_t* after = in + 1;
    while (after < end && *after == 0xFF) ++after;  // fill bytes
    if (after == end || *after != 0) {
      scan.is_complete = true;
      break;
    }
    *out++ = 0xFF;
    in = after + 1;
  }
  scan.source = in;
  return out;
}

void fill(ScanBytes& scan, uint8_t* out) {
  const uint8_t* const limit = scan.bytes + ScanBytes::kBefore + ScanBytes::kClean;
  out = unstuff(scan, out, limit);
  scan.end = out;
  // An MCU that goes on past the end reads zeros, and is found out afterwards.
  if (scan.is_complete) __builtin_memset(out, 0, ScanBytes::kMcu + 64);
  scan.fetch_from = scan.is_complete ? scan.bytes + sizeof scan.bytes : out - ScanBytes::kMcu;
}

}  // namespace

void start_segment(ScanBytes& scan, const uint8_t* source) {
  scan.window = 0;
  scan.valid = 0;
  scan.source = scan.source_begin = source;
  scan.is_complete = false;
  scan.next = scan.bytes + ScanBytes::kBefore;
  fill(scan, scan.bytes + ScanBytes::kBefore);
}

void fetch_bytes(ScanBytes& scan) {
  const uint8_t* from = scan.next - ScanBytes::kBefore;
  const size_t kept = static_cast<size_t>(scan.end - from);
  __builtin_memmove(scan.bytes, from, kept);
  scan.next = scan.bytes + ScanBytes::kBefore;
  fill(scan, scan.bytes + kept);
}

size_t bytes_left(const ScanBytes& scan) {
  const ptrdiff_t bits = 8 * (scan.end - scan.next) + static_cast<ptrdiff_t>(scan.valid);
  return bits < 0 ? 0 : static_cast<size_t>(bits) / 8;
}

const uint8_t* source_position(const ScanBytes& scan) {
  const uint8_t* at = scan.source;
  for (size_t left = bytes_left(scan); left > 0 && at - scan.source_begin >= 2; --left) {
    at -= at[-1] == 0 && at[-2] == 0xFF ? 2 : 1;
  }
  return at;
}

}  // namespace stripline
