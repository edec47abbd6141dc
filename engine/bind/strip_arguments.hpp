// What Python says of a strip, checked: the engine's own view of it, and who keeps it alive.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/string.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "segment.hpp"
#include "stripline/engine.hpp"
#include "view.hpp"

namespace stripline {

inline constexpr const char* kFormatNames[kPixelFormats] = {"grey", "rgb",  "bgr",  "rgba", "bgra",
                                                            "rgbx", "bgrx", "i420", "nv12", "i444"};
inline constexpr const char* kSamplingNames[kSamplings] = {"4:4:4", "4:2:2", "4:4:0", "4:2:0",
                                                           "grey"};

template <class Enum, size_t kCount>
Enum parse(const char* const (&names)[kCount], std::string_view name, const char* what) {
  for (size_t i = 0; i < kCount; ++i) {
    if (name == names[i]) return static_cast<Enum>(i);
  }
  throw nanobind::value_error(("unknown " + std::string(what) + ": " + std::string(name)).c_str());
}

class PreparedTables {
 public:
  using Quant = std::array<std::string, 2>;
  using Huffman = std::array<std::string, 4>;

  PreparedTables(std::array<nanobind::bytes, 2> quant, std::array<nanobind::bytes, 4> huffman)
      : tables_(static_cast<Tables*>(std::aligned_alloc(alignof(Tables), sizeof(Tables)))) {
    if (!tables_) throw std::bad_alloc();
    uint8_t steps[2][64];
    for (size_t i = 0; i < 2; ++i) {
      if (quant[i].size() != 64) throw nanobind::value_error("a quantisation table has 64 steps");
      std::memcpy(steps[i], quant[i].c_str(), 64);
      quant_[i].assign(quant[i].c_str(), quant[i].size());
    }
    HuffmanSpec specs[4];
    for (size_t i = 0; i < 4; ++i) {
      if (huffman[i].size() < 16)
        throw nanobind::value_error("a Huffman table starts with 16 counts");
      huffman_[i].assign(huffman[i].c_str(), huffman[i].size());
      const auto* data = reinterpret_cast<const uint8_t*>(huffman_[i].data());
      specs[i] = {data, data + 16, huffman_[i].size() - 16};
    }
    switch (prepare_tables(steps, specs, *tables_)) {
      case TablesStatus::kOk:
        return;
      case TablesStatus::kZeroQuantizer:
        throw nanobind::value_error("a quantisation step is zero");
      case TablesStatus::kBadHuffman:
        throw nanobind::value_error(
            "the counts and symbols of a Huffman table are not a prefix code");
      case TablesStatus::kMissingSymbol:
        throw nanobind::value_error(
            "a Huffman table lacks a code for a symbol that 8-bit coding needs");
      case TablesStatus::kLongDcCode:
        throw nanobind::value_error("a DC Huffman code is longer than 15 bits");
    }
  }

  const Tables& get() const { return *tables_; }
  const uint8_t* steps(size_t i) const {
    return reinterpret_cast<const uint8_t*>(quant_[i].data());
  }

  nanobind::tuple reduce() const {
    return nanobind::make_tuple(
        nanobind::type<PreparedTables>(),
        nanobind::make_tuple(nanobind::make_tuple(as_bytes(quant_[0]), as_bytes(quant_[1])),
                             nanobind::make_tuple(as_bytes(huffman_[0]), as_bytes(huffman_[1]),
                                                  as_bytes(huffman_[2]), as_bytes(huffman_[3]))));
  }

 private:
  static nanobind::bytes as_bytes(const std::string& text) {
    return nanobind::bytes(text.data(), text.size());
  }

  std::unique_ptr<Tables, Deleter> tables_;
  Quant quant_;
  Huffman huffman_;
};

struct PlaneNeeds {
  size_t bytes_per_row;
  size_t rows;
};

// How many planes a strip has, and what each must hold.
inline size_t plane_needs(const Strip& strip, PlaneNeeds needs[3]) {
  const size_t width = strip.width, rows = strip.rows, half = (width + 1) / 2,
               half_rows = (rows + 1) / 2;
  switch (strip.format) {
    case PixelFormat::kGrey:
      needs[0] = {width, rows};
      return 1;
    case PixelFormat::kRgb:
    case PixelFormat::kBgr:
      needs[0] = {3 * width, rows};
      return 1;
    case PixelFormat::kI420:
      needs[0] = {width, rows};
      needs[1] = needs[2] = {half, half_rows};
      return 3;
    case PixelFormat::kNv12:
      needs[0] = {width, rows};
      needs[1] = {2 * half, half_rows};
      return 2;
    case PixelFormat::kI444:
      needs[0] = needs[1] = needs[2] = {width, rows};
      return 3;
    default:
      needs[0] = {4 * width, rows};
      return 1;
  }
}

inline const Kernels& kernels_named(const char* name) {
  const Kernels* kernels = find_kernels(name);
  if (kernels == nullptr) {
    throw nanobind::value_error((std::string("no such kernel set on this CPU: ") + name).c_str());
  }
  return *kernels;
}

class StripArguments {
 public:
  StripArguments(nanobind::tuple planes, nanobind::tuple strides, uint32_t width, uint32_t rows,
                 const char* format, const char* sampling, nanobind::handle tables,
                 std::array<uint8_t, 3> background, const char* kernels)
      : tables_(nanobind::borrow(tables)),
        prepared_(nanobind::cast<const PreparedTables&>(tables)),
        kernels_(kernels_named(kernels)) {
    strip_.width = width;
    strip_.rows = rows;
    strip_.format = parse<PixelFormat>(kFormatNames, format, "pixel format");
    strip_.sampling = parse<Sampling>(kSamplingNames, sampling, "sampling");
    std::memcpy(strip_.background, background.data(), 3);
    if (width == 0 || rows == 0) {
      throw nanobind::value_error("a strip has at least one row and one column");
    }
    PlaneNeeds needs[3];
    const size_t count = plane_needs(strip_, needs);
    if (planes.size() != count || strides.size() != count) {
      throw nanobind::value_error(
          (std::string(format) + " has " + std::to_string(count) + " plane(s)").c_str());
    }
    for (size_t i = 0; i < count; ++i) {
      const View& view = views_[i].emplace(planes[i]);
      const auto stride = nanobind::cast<size_t>(strides[i]);
      if (stride < needs[i].bytes_per_row ||
          view.size() < stride * (needs[i].rows - 1) + needs[i].bytes_per_row) {
        throw nanobind::value_error(("plane " + std::to_string(i) + " of " +
                                     std::to_string(view.size()) + " bytes is too small for " +
                                     std::to_string(needs[i].rows) + " rows of " +
                                     std::to_string(needs[i].bytes_per_row) + " bytes, " +
                                     std::to_string(stride) + " apart")
                                        .c_str());
      }
      strip_.planes[i] = {view.data(), static_cast<ptrdiff_t>(stride)};
    }
  }

  // As `encode_strip` takes them from Python.
  explicit StripArguments(const nanobind::tuple& all)
      : StripArguments(
            nanobind::cast<nanobind::tuple>(all[0]), nanobind::cast<nanobind::tuple>(all[1]),
            nanobind::cast<uint32_t>(all[2]), nanobind::cast<uint32_t>(all[3]),
            nanobind::cast<const char*>(all[4]), nanobind::cast<const char*>(all[5]), all[6],
            nanobind::cast<std::array<uint8_t, 3>>(all[7]), nanobind::cast<const char*>(all[8])) {}

  // Appends the strip's segment. The interpreter's lock is not needed.
  void encode(Output& output, StageClock* clock) const {
    switch (encode_strip(strip_, prepared_.get(), kernels_, thread_scratch(), output, clock)) {
      case Status::kOk:
        return;
      case Status::kOutOfMemory:
        throw std::bad_alloc();
      case Status::kBadStrip:
        throw nanobind::value_error((std::string(kFormatNames[static_cast<int>(strip_.format)]) +
                                     " pixels cannot be coded as " +
                                     kSamplingNames[static_cast<int>(strip_.sampling)])
                                        .c_str());
    }
  }

 private:
  nanobind::object tables_;
  const PreparedTables& prepared_;
  const Kernels& kernels_;
  Strip strip_{};
  std::optional<View> views_[3];
};

}  // namespace stripline
