// Goes through the picture one MCU row at a time: coefficients of a batch of MCUs, their samples,
// then rows of pixels. It alone knows about edges and restart intervals.
#include "decode_kernels.hpp"
#include "row_planes.hpp"

namespace stripline {

struct alignas(64) ScaledDecoder {
  // First what the inner loop uses most.
  GroupCoefficients groups[kMaxMcuBlocks];
  ScanBytes scan;
  EntropyPlan plan;
  CoefficientPlaces places[4];  // by log2 of the samples along a block's side
  DcLookup dc[3];
  AcLookup ac[3];
  LookupEntry work[1 << kAcLookupBits];
  int32_t steps[3][64];
  int predictors[3];
  LastNumbers last;

  const DecodeKernels* kernels;
  const uint8_t* data;
  const uint8_t* data_end;
  uint32_t mcus_across, mcu_rows, mcu_row;
  uint32_t restart_interval, until_restart;
  uint8_t next_restart;
  DecodeResult failure;
  RowPlanes rows;
};

namespace {

constexpr DecodeResult kDone{DecodeStatus::kOk, Damage::kNone, 0};

// Which coefficients the transform to 1 << size_log2 samples looks at: see idct.inl.hpp.
bool is_needed(int place, int size_log2) {
  const int row = place / 8, column = place % 8;
  switch (size_log2) {
    case 0:
      return place == 0;
    case 1:
      return (row == 0 || row % 2 != 0) && (column == 0 || column % 2 != 0);
    case 2:
      return row != 4 && column != 4;
    default:
      return true;
  }
}

void fill_places(CoefficientPlaces& places, int size_log2) {
  for (int k = 0; k < 256; ++k) {
    const bool is_kept = k < 64 && is_needed(kZigzag[k & 63], size_log2);
    places[k] = static_cast<uint16_t>((is_kept ? kZigzag[k] : kNowhere) * kGroupLanes);
  }
}

bool same_codes(const HuffmanCodes& a, const HuffmanCodes& b) {
  return __builtin_memcmp(&a, &b, sizeof a) == 0;
}

// Cb and Cr share their tables as a rule, and then their look-ups in the cache.
int first_like(const HuffmanCodes* codes, int number) {
  for (int i = 0; i < number; ++i) {
    if (same_codes(codes[i], codes[number])) return i;
  }
  return number;
}

bool prepare_lookups(const JpegHeader& header, ScaledDecoder& decoder, const DcLookup* dc[3],
                     const AcLookup* ac[3]) {
  for (int i = 0; i < header.components(); ++i) {
    const int like_dc = first_like(header.dc, i), like_ac = first_like(header.ac, i);
    dc[i] = &decoder.dc[like_dc];
    ac[i] = &decoder.ac[like_ac];
    if (like_dc == i && !prepare_dc(header.dc[i], decoder.dc[i])) return false;
    if (like_ac == i && !prepare_ac(header.ac[i], decoder.ac[i], decoder.work)) return false;
  }
  return true;
}

void plan_blocks(const RowPlanes& rows, const DcLookup* const dc[3], const AcLookup* const ac[3],
                 ScaledDecoder& decoder) {
  EntropyPlan& plan = decoder.plan;
  plan.count = 0;
  int first_group = 0;
  for (int i = 0; i < rows.components; ++i) {
    const ComponentPlane& plane = rows.planes[i];
    for (int row = 0; row < plane.down; ++row, first_group += plane.across) {
      for (int column = 0; column < plane.across; ++column, ++plan.count) {
        plan.blocks[plan.count] = {dc[i], ac[i], decoder.places[plane.size_log2], i};
        for (int mcu = 0; mcu < kGroupLanes; ++mcu) {
          const int across = mcu * plane.across + column;
          const int group = first_group + across / kGroupLanes;
          plan.targets[mcu][plan.count] = static_cast<uint16_t>(
              group * static_cast<int>(sizeof(GroupCoefficients) / sizeof(int16_t)) +
              across % kGroupLanes);
        }
      }
    }
  }
}

DecodeResult fail(ScaledDecoder& decoder, Damage damage, const uint8_t* at) {
  decoder.failure = {DecodeStatus::kCorrupt, damage, static_cast<size_t>(at - decoder.data)};
  return decoder.failure;
}

void begin_interval(ScaledDecoder& decoder, const uint8_t* at) {
  start_segment(decoder.scan, at);
  decoder.until_restart = decoder.restart_interval;
  for (int& predictor : decoder.predictors) predictor = 0;
}

// Passes the restart marker that is due (ITU-T T.81, E.2.4 and F.2.1.3.1).
DecodeResult pass_restart(ScaledDecoder& decoder) {
  ScanBytes& scan = decoder.scan;
  if (!scan.is_complete) fetch_bytes(scan);
  if (bytes_left(scan) > 0) return fail(decoder, Damage::kExtraneousData, source_position(scan));
  const uint8_t* at = scan.source;
  while (at < decoder.data_end && *at == 0xFF) ++at;
  if (at == decoder.data_end) return fail(decoder, Damage::kPrematureEnd, at);
  if (*at != (0xD0 | decoder.next_restart)) return fail(decoder, Damage::kBadRestart, scan.source);
  decoder.next_restart = (decoder.next_restart + 1) & 7;
  begin_interval(decoder, at + 1);
  return kDone;
}

// Decodes the next MCUs, at most a batch.
DecodeResult decode_batch(ScaledDecoder& decoder, uint32_t count) {
  __builtin_memset(decoder.groups, 0,
                   sizeof decoder.groups[0] * static_cast<size_t>(decoder.plan.count));
  __builtin_memset(decoder.last, 0, sizeof decoder.last);
  for (uint32_t done = 0; done < count;) {
    uint32_t now = count - done;
    if (decoder.restart_interval != 0) {
      if (decoder.until_restart == 0) {
        const DecodeResult result = pass_restart(decoder);
        if (result.status != DecodeStatus::kOk) return result;
      }
      if (now > decoder.until_restart) now = decoder.until_restart;
      decoder.until_restart -= now;
    }
    const Damage damage = decoder.kernels->entropy(
        decoder.scan, decoder.plan, static_cast<int>(done), static_cast<int>(now),
        decoder.predictors, decoder.groups, decoder.last);
    if (damage != Damage::kNone) return fail(decoder, damage, source_position(decoder.scan));
    done += now;
  }
  return kDone;
}

// What follows the scan does not matter, but there must be a marker: without one the file was cut
// short, if only by its last bytes. libvips judges alike (fail_on=truncated).
bool marker_follows(const ScanBytes& scan) {
  for (const uint8_t* at = scan.source; scan.source_end - at >= 2; ++at) {
    if (at[0] == 0xFF && at[1] != 0 && at[1] != 0xFF) return true;
  }
  return false;
}

// The batch's samples to their planes.
void transform_batch(ScaledDecoder& decoder, uint32_t first) {
  int last[kMaxMcuBlocks]{};  // of each block of an MCU, in any of them
  for (const auto& mcu : decoder.last) {
    for (int i = 0; i < kMaxMcuBlocks; ++i) last[i] = mcu[i] > last[i] ? mcu[i] : last[i];
  }
  int group = 0, block = 0;
  for (int i = 0; i < decoder.rows.components; ++i) {
    const ComponentPlane& plane = decoder.rows.planes[i];
    const IdctFn idct = decoder.kernels->idct[plane.size_log2];
    const int size = 1 << plane.size_log2;
    for (int row = 0; row < plane.down; ++row, block += plane.across) {
      uint8_t* out = plane.current + row * size * plane.stride +
                     static_cast<size_t>(first) * static_cast<size_t>(plane.across * size);
      const int second = last[block + plane.across - 1];
      const int most = last[block] > second ? last[block] : second;
      for (int part = 0; part < plane.across; ++part, ++group, out += kGroupLanes * size) {
        idct(decoder.groups[group], most, decoder.steps[i], out, plane.stride);
      }
    }
  }
}

DecodeResult decode_mcu_row(ScaledDecoder& decoder) {
  carry_rows(decoder.rows);
  for (uint32_t first = 0; first < decoder.mcus_across; first += kGroupLanes) {
    const uint32_t left = decoder.mcus_across - first;
    const uint32_t count = left < kGroupLanes ? left : kGroupLanes;
    const DecodeResult result = decode_batch(decoder, count);
    if (result.status != DecodeStatus::kOk) return result;
    transform_batch(decoder, first);
  }
  ++decoder.mcu_row;
  if (decoder.mcu_row == decoder.mcu_rows && !marker_follows(decoder.scan)) {
    return fail(decoder, Damage::kPrematureEnd, decoder.data_end);
  }
  finish_rows(decoder.rows, decoder.mcu_row == decoder.mcu_rows);
  return kDone;
}

}  // namespace

size_t decoder_bytes(const JpegHeader& header, uint32_t denominator) {
  RowPlanes rows;
  return sizeof(ScaledDecoder) + plan_rows(header, denominator, nullptr, rows);
}

DecodeResult start_decoder(const JpegHeader& header, uint32_t denominator, const Kernels& kernels,
                           void* memory, ScaledDecoder*& result) {
  ScaledDecoder& decoder = *static_cast<ScaledDecoder*>(memory);
  result = nullptr;
  const DcLookup* dc[3];
  const AcLookup* ac[3];
  if (!prepare_lookups(header, decoder, dc, ac)) {
    return {DecodeStatus::kCorrupt, Damage::kBadHuffman, header.scan};
  }
  decoder.kernels = &decode_kernels(kernels);
  decoder.data = header.data;
  decoder.data_end = header.data + header.size;
  plan_rows(header, denominator, static_cast<uint8_t*>(memory) + sizeof(ScaledDecoder),
            decoder.rows);
  for (int i = 0; i < 4; ++i) fill_places(decoder.places[i], i);
  for (int i = 0; i < header.components(); ++i) {
    for (int k = 0; k < 64; ++k) decoder.steps[i][k] = header.steps[i][k];
  }
  plan_blocks(decoder.rows, dc, ac, decoder);
  decoder.mcus_across = decoder.rows.mcus_across;
  decoder.mcu_rows = decoder.rows.mcu_rows;
  decoder.mcu_row = 0;
  decoder.restart_interval = header.restart_interval;
  decoder.next_restart = 0;
  decoder.failure = kDone;
  decoder.scan.source_end = decoder.data_end;
  begin_interval(decoder, header.data + header.scan);
  result = &decoder;
  return kDone;
}

DecodeResult decode_rows(ScaledDecoder& decoder, uint8_t* pixels, size_t stride, uint32_t rows,
                         uint32_t& written) {
  for (written = 0; written < rows;) {
    if (decoder.failure.status != DecodeStatus::kOk) return decoder.failure;
    const uint32_t now = write_rows(decoder.rows, *decoder.kernels, pixels, stride, rows - written);
    written += now;
    pixels += now * stride;
    if (now > 0) continue;
    if (decoder.mcu_row == decoder.mcu_rows) break;
    const DecodeResult result = decode_mcu_row(decoder);
    if (result.status != DecodeStatus::kOk) return result;
  }
  return kDone;
}

}  // namespace stripline
