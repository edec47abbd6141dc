// The engine for CPython: buffers in, bytes out, the GIL released in between.
#include <nanobind/nanobind.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/string.h>

#include <array>
#include <chrono>
#include <cstring>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include "metrics.hpp"
#include "segment.hpp"
#include "strip_arguments.hpp"
#include "stripline/engine.hpp"
#include "stripline/masked.hpp"
#include "view.hpp"

namespace nb = nanobind;
using namespace stripline;

void bind_assembly(nb::module_& module);       // assembly.cpp
void bind_decoder(nb::module_& module);        // decoder.cpp
void bind_whole_picture(nb::module_& module);  // whole_picture.cpp

namespace {

constexpr const char* kStageNames[kStages] = {"colour", "dct", "entropy", "stuffing"};

uint64_t nanoseconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::nanoseconds(now).count());
}

template <size_t kCount>
nb::tuple tuple_of(const char* const (&names)[kCount]) {
  nb::list list;
  for (const char* name : names) list.append(name);
  return nb::tuple(list);
}

Segment encode(const StripArguments& arguments, StageClock* clock) {
  Segment segment;
  {
    const nb::gil_scoped_release release;
    arguments.encode(segment.output(), clock);
  }
  return segment;
}

PyType_Slot kSegmentSlots[] = {
    {Py_bf_getbuffer, reinterpret_cast<void*>(Segment::get_buffer)},
    {0, nullptr},
};

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
         const char* sampling, nb::handle_t<PreparedTables> tables,
         std::array<uint8_t, 3> background, const char* kernels) {
        return encode({planes, strides, width, rows, format, sampling, tables, background, kernels},
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
         const char* sampling, nb::handle_t<PreparedTables> tables,
         std::array<uint8_t, 3> background, const char* kernels) {
        StageClock clock{nanoseconds, {}};
        encode({planes, strides, width, rows, format, sampling, tables, background, kernels},
               &clock);
        nb::list seconds;
        for (uint64_t ticks : clock.ticks) seconds.append(static_cast<double>(ticks) * 1e-9);
        return nb::tuple(seconds);
      },
      nb::arg("planes"), nb::arg("strides"), nb::arg("width"), nb::arg("rows"), nb::arg("format"),
      nb::arg("sampling"), nb::arg("tables"), nb::arg("background"), nb::arg("kernels"));

  bind_metrics(module);
  bind_assembly(module);
  bind_whole_picture(module);
  bind_decoder(module);
}
