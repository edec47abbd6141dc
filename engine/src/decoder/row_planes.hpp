// The samples of an MCU row, and how they become rows of pixels.
#pragma once

#include "decode_kernels.hpp"

namespace stripline {

// How chroma is brought to the size of the picture.
enum class Upsampling : uint8_t { kNone, kAcross, kDown, kBoth };

struct ComponentPlane {
  int across, down;  // blocks an MCU
  int size_log2;     // of the samples along a block's side
  ptrdiff_t stride;
  uint8_t* current;  // the MCU row's first row of samples; what is carried over lies above
  uint32_t width;    // samples that count
  uint32_t height;
};

struct RowPlanes {
  int components;
  ComponentPlane planes[3];
  bool is_rgb;
  bool is_smooth;  // doubles by weighted means, not by repetition
  Upsampling upsampling;
  uint32_t width, height;  // of the result
  uint32_t mcus_across, mcu_rows;
  uint32_t mcu_height;   // rows of the result an MCU row
  uint32_t mcu_row;      // whose samples are held
  uint32_t next, limit;  // rows of the result: the next to be written, and how far they can be
  uint8_t* doubled[3];   // a row of each component at full width
  uint16_t* sums;
};

// Describes the planes in `memory`, and returns how many bytes of it they take.
size_t plan_rows(const JpegHeader& header, uint32_t denominator, uint8_t* memory, RowPlanes& rows);
// Before the samples of the next MCU row: keeps those of this one that are needed yet.
void carry_rows(RowPlanes& rows);
// After them.
void finish_rows(RowPlanes& rows, bool is_last);
// Writes as many rows of pixels as there are samples for, at most `count`.
uint32_t write_rows(RowPlanes& rows, const DecodeKernels& kernels, uint8_t* pixels, size_t stride,
                    uint32_t count);

}  // namespace stripline
