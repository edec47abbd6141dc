// The engine for CPython: buffers in, bytes out, the GIL released in between.
#include <nanobind/nanobind.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/string.h>

#include <array>
#include <chrono>
#include <cstring>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics.hpp"
#include "stripline/engine.hpp"
#include "stripline/masked.hpp"
#include "view.hpp"

namespace nb = nanobind;
using namespace stripline;

void bind_assembly(nb::module_& module);  // assembly.cpp
void bind_decoder(nb::module_& module);   // decoder.cpp

namespace {

constexpr const char* kFormatNames[kPixelFormats] = {"grey", "rgb",  "bgr",  "rgba", "bgra",
                                                     "rgbx", "bgrx", "i420", "nv12", "i444"};
constexpr const char* kSamplingNames[kSamplings] = {"4:4:4", "4:2:2", "4:4:0", "4:2:0", "grey"};

constexpr const char* kStageNames[kStages] = {"colour", "dct", "entropy", "stuffing"};

uint64_t nanoseconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::nanoseconds(now).count());
}

template <class Enum, size_t kCount>
Enum parse(const char* const (&names)[kCount], std::string_view name, const char* what) {
  for (size_t i = 0; i < kCount; ++i) {
    if (name == names[i]) return static_cast<Enum>(i);
  }
  throw nb::value_error(("unknown " + std::string(what) + ": " + std::string(name)).c_str());
}

template <size_t kCount>
nb::tuple tuple_of(const char* const (&names)[kCount]) {
  nb::list list;
  for (const char* name : names) list.append(name);
  return nb::tuple(list);
}

// Memory for results that is used again: fresh memory costs more than a strip's coding, because the
// system has to clear it. Holds as many buffers as were ever out at once, up to a limit.
class BufferStock {
 public:
  Output take() {
    const std::lock_guard lock(mutex_);
    if (buffers_.empty()) return {nullptr, 0, 0, grow};
    Output output = buffers_.back();
    buffers_.pop_back();
    output.size = 0;
    return output;
  }

  void give(const Output& output) {
    {
      const std::lock_guard lock(mutex_);
      if (buffers_.size() < kMostBuffers) {
        buffers_.push_back(output);
        return;
      }
    }
    std::free(output.data);
  }

 private:
  static constexpr size_t kMostBuffers = 16;

  static bool grow(Output& output, size_t capacity) {
    capacity += capacity / 2;
    void* data = std::realloc(output.data, capacity);
    if (data == nullptr) return false;
    output.data = static_cast<uint8_t*>(data);
    output.capacity = capacity;
    return true;
  }

  std::mutex mutex_;
  std::vector<Output> buffers_;
};

BufferStock& stock() {
  static auto* stock = new BufferStock;  // never destroyed: segments may outlive the module
  return *stock;
}

// An entropy-coded segment: bytes that Python reads through the buffer protocol.
class Segment {
 public:
  Segment() : output_(stock().take()) {}
  Segment(Segment&& other) noexcept : output_(std::exchange(other.output_, {})) {}
  Segment& operator=(Segment&&) = delete;
  ~Segment() {
    if (output_.data != nullptr) stock().give(output_);
  }

  Output& output() { return output_; }
  size_t size() const { return output_.size; }
  nb::bytes bytes() const {
    return nb::bytes(reinterpret_cast<const char*>(output_.data), output_.size);
  }

  static int get_buffer(PyObject* self, Py_buffer* view, int flags) {
    const Output& output = nb::inst_ptr<Segment>(nb::handle(self))->output_;
    return PyBuffer_FillInfo(view, self, output.data, static_cast<Py_ssize_t>(output.size), 1,
                             flags);
  }

 private:
  Output output_;
};

PyType_Slot kSegmentSlots[] = {
    {Py_bf_getbuffer, reinterpret_cast<void*>(Segment::get_buffer)},
    {0, nullptr},
};

// What a thread works in, kept from strip to strip.
void* thread_scratch() {
  thread_local const std::unique_ptr<void, Deleter> scratch(
      std::aligned_alloc(kScratchAlignment, kScratchBytes));
  if (!scratch) throw std::bad_alloc();
  return scratch.get();
}

class PreparedTables {
 public:
  using Quant = std::array<std::string, 2>;
  using Huffman = std::array<std::string, 4>;

  PreparedTables(std::array<nb::bytes, 2> quant, std::array<nb::bytes, 4> huffman)
      : tables_(static_cast<Tables*>(std::aligned_alloc(alignof(Tables), sizeof(Tables)))) {
    if (!tables_) throw std::bad_alloc();
    uint8_t steps[2][64];
    for (size_t i = 0; i < 2; ++i) {
      if (quant[i].size() != 64) throw nb::value_error("a quantisation table has 64 steps");
      std::memcpy(steps[i], quant[i].c_str(), 64);
      quant_[i].assign(quant[i].c_str(), quant[i].size());
    }
    HuffmanSpec specs[4];
    for (size_t i = 0; i < 4; ++i) {
      if (huffman[i].size() < 16) throw nb::value_error("a Huffman table starts with 16 counts");
      huffman_[i].assign(huffman[i].c_str(), huffman[i].size());
      const auto* data = reinterpret_cast<const uint8_t*>(huffman_[i].data());
      specs[i] = {data, data + 16, huffman_[i].size() - 16};
    }
    switch (prepare_tables(steps, specs, *tables_)) {
      case TablesStatus::kOk:
        return;
      case TablesStatus::kZeroQuantizer:
        throw nb::value_error("a quantisation step is zero");
      case TablesStatus::kBadHuffman:
        throw nb::value_error("the counts and symbols of a Huffman table are not a prefix code");
      case TablesStatus::kMissingSymbol:
        throw nb::value_error("a Huffman table lacks a code for a symbol that 8-bit coding needs");
      case TablesStatus::kLongDcCode:
        throw nb::value_error("a DC Huffman code is longer than 15 bits");
    }
  }

  const Tables& get() const { return *tables_; }
  const uint8_t* steps(size_t i) const {
    return reinterpret_cast<const uint8_t*>(quant_[i].data());
  }

  nb::tuple reduce() const {
    return nb::make_tuple(
        nb::type<PreparedTables>(),
        nb::make_tuple(nb::make_tuple(as_bytes(quant_[0]), as_bytes(quant_[1])),
                       nb::make_tuple(as_bytes(huffman_[0]), as_bytes(huffman_[1]),
                                      as_bytes(huffman_[2]), as_bytes(huffman_[3]))));
  }

 private:
  static nb::bytes as_bytes(const std::string& text) { return nb::bytes(text.data(), text.size()); }

  std::unique_ptr<Tables, Deleter> tables_;
  Quant quant_;
  Huffman huffman_;
};

struct PlaneNeeds {
  size_t bytes_per_row;
  size_t rows;
};

// How many planes a strip has, and what each must hold.
size_t plane_needs(const Strip& strip, PlaneNeeds needs[3]) {
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

const Kernels& kernels_named(const char* name) {
  const Kernels* kernels = find_kernels(name);
  if (kernels == nullptr) {
    throw nb::value_error((std::string("no such kernel set on this CPU: ") + name).c_str());
  }
  return *kernels;
}

Segment encode(nb::tuple planes, nb::tuple strides, uint32_t width, uint32_t rows,
               const char* format, const char* sampling, const PreparedTables& tables,
               std::array<uint8_t, 3> background, const char* kernels_name, StageClock* clock) {
  const Kernels& kernels = kernels_named(kernels_name);
  Strip strip{};
  strip.width = width;
  strip.rows = rows;
  strip.format = parse<PixelFormat>(kFormatNames, format, "pixel format");
  strip.sampling = parse<Sampling>(kSamplingNames, sampling, "sampling");
  std::memcpy(strip.background, background.data(), 3);
  if (width == 0 || rows == 0) throw nb::value_error("a strip has at least one row and one column");

  PlaneNeeds needs[3];
  const size_t count = plane_needs(strip, needs);
  if (planes.size() != count || strides.size() != count) {
    throw nb::value_error(
        (std::string(format) + " has " + std::to_string(count) + " plane(s)").c_str());
  }
  std::optional<View> views[3];
  for (size_t i = 0; i < count; ++i) {
    const View& view = views[i].emplace(planes[i]);
    const auto stride = nb::cast<size_t>(strides[i]);
    if (stride < needs[i].bytes_per_row ||
        view.size() < stride * (needs[i].rows - 1) + needs[i].bytes_per_row) {
      throw nb::value_error(("plane " + std::to_string(i) + " of " + std::to_string(view.size()) +
                             " bytes is too small for " + std::to_string(needs[i].rows) +
                             " rows of " + std::to_string(needs[i].bytes_per_row) + " bytes, " +
                             std::to_string(stride) + " apart")
                                .c_str());
    }
    strip.planes[i] = {view.data(), static_cast<ptrdiff_t>(stride)};
  }

  Segment segment;
  Status status;
  {
    nb::gil_scoped_release release;
    status = encode_strip(strip, tables.get(), kernels, thread_scratch(), segment.output(), clock);
  }
  if (status == Status::kOutOfMemory) throw std::bad_alloc();
  if (status == Status::kBadStrip) {
    throw nb::value_error((std::string(format) + " pixels cannot be coded as " + sampling).c_str());
  }
  return segment;
}

Segment masked(nb::handle pixels, uint32_t width, uint32_t height, const char* sampling,
               const PreparedTables& tables, float price, const char* kernels_name) {
  const Kernels& kernels = kernels_named(kernels_name);
  const MetricKernels* metrics = find_metric_kernels(kernels_name);
  MaskedSettings settings{parse<Sampling>(kSamplingNames, sampling, "sampling"), {}, price};
  for (size_t i = 0; i < 2; ++i) std::memcpy(settings.steps[i], tables.steps(i), 64);
  const View view(pixels);
  const uint32_t channels = settings.sampling == Sampling::kGrey ? 1 : 3;
  const size_t row = size_t{width} * channels;
  if (width == 0 || height == 0 || width > 65535 || height > 65535 || view.size() != row * height) {
    throw nb::value_error("the buffer does not hold a picture of that size");
  }
  const Picture picture{view.data(), static_cast<ptrdiff_t>(row), width, height, channels};
  Segment segment;
  MaskedStatus status;
  {
    const nb::gil_scoped_release release;
    const std::unique_ptr<void, Deleter> scratch(std::aligned_alloc(
        kMetricAlignment, masked_scratch_bytes(width, height, settings.sampling)));
    if (!scratch) throw std::bad_alloc();
    status = encode_masked(picture, settings, tables.get(), kernels, *metrics, scratch.get(),
                           segment.output());
  }
  if (status == MaskedStatus::kOutOfMemory) throw std::bad_alloc();
  if (status != MaskedStatus::kOk) {
    throw nb::value_error((std::string("pixels cannot be coded as ") + sampling).c_str());
  }
  return segment;
}

}  // namespace

NB_MODULE(_native, module) {
  // Prepared tables are cached for as long as the process lives, which is no leak.
  nb::set_leak_warnings(false);
  module.attr("FORMATS") = tuple_of(kFormatNames);
  module.attr("SAMPLINGS") = tuple_of(kSamplingNames);

  nb::class_<Segment>(module, "Segment", nb::type_slots(kSegmentSlots))
      .def("__len__", &Segment::size)
      .def("__bytes__", &Segment::bytes)
      .def("__reduce__", [](const Segment& segment) {
        const nb::handle type(reinterpret_cast<PyObject*>(&PyBytes_Type));
        return nb::make_tuple(type, nb::make_tuple(segment.bytes()));
      });

  nb::class_<PreparedTables>(module, "Tables")
      .def(nb::init<std::array<nb::bytes, 2>, std::array<nb::bytes, 4>>(), nb::arg("quant"),
           nb::arg("huffman"))
      .def("__reduce__", &PreparedTables::reduce);

  module.def("available_kernels", [] {
    nb::list names;
    for (size_t i = 0; available_kernels(i) != nullptr; ++i)
      names.append(kernels_name(*available_kernels(i)));
    return nb::tuple(names);
  });

  module.def(
      "encode_strip",
      [](nb::tuple planes, nb::tuple strides, uint32_t width, uint32_t rows, const char* format,
         const char* sampling, const PreparedTables& tables, std::array<uint8_t, 3> background,
         const char* kernels) {
        return encode(planes, strides, width, rows, format, sampling, tables, background, kernels,
                      nullptr);
      },
      nb::arg("planes"), nb::arg("strides"), nb::arg("width"), nb::arg("rows"), nb::arg("format"),
      nb::arg("sampling"), nb::arg("tables"), nb::arg("background"), nb::arg("kernels"));

  module.def("encode_masked", &masked, nb::arg("pixels"), nb::arg("width"), nb::arg("height"),
             nb::arg("sampling"), nb::arg("tables"), nb::arg("price"), nb::arg("kernels"));

  module.attr("STAGES") = tuple_of(kStageNames);
  module.def(
      "measure_stages",
      [](nb::tuple planes, nb::tuple strides, uint32_t width, uint32_t rows, const char* format,
         const char* sampling, const PreparedTables& tables, std::array<uint8_t, 3> background,
         const char* kernels) {
        StageClock clock{nanoseconds, {}};
        encode(planes, strides, width, rows, format, sampling, tables, background, kernels, &clock);
        nb::list seconds;
        for (uint64_t ticks : clock.ticks) seconds.append(static_cast<double>(ticks) * 1e-9);
        return nb::tuple(seconds);
      },
      nb::arg("planes"), nb::arg("strides"), nb::arg("width"), nb::arg("rows"), nb::arg("format"),
      nb::arg("sampling"), nb::arg("tables"), nb::arg("background"), nb::arg("kernels"));

  bind_metrics(module);
  bind_assembly(module);
  bind_decoder(module);
}
