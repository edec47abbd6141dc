// The decoder for CPython: a file's bytes in, rows of pixels out, the GIL released in between.
#include <nanobind/nanobind.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>

#include "stripline/decoder.hpp"

namespace nb = nanobind;
using namespace stripline;

namespace {

constexpr const char* kSamplingNames[kSamplings] = {"4:4:4", "4:2:2", "4:4:0", "4:2:0", "grey"};
constexpr const char* kDamageNames[kDamages] = {
    "no damage",
    "it does not begin with FF D8",
    "no marker, or a wrong one, where a marker must be",
    "a segment whose length or content cannot be",
    "a quantisation table is missing",
    "a Huffman table is no prefix code",
    "bits that are no code",
    "the data ends early",
    "not the restart marker that is due",
    "bytes left over before a restart marker",
};

// Raised as _native.DamagedJpeg(what, position).
PyObject* damaged_jpeg = nullptr;

void check(const DecodeResult& result) {
  if (result.status != DecodeStatus::kCorrupt) return;
  const nb::tuple arguments =
      nb::make_tuple(kDamageNames[static_cast<int>(result.damage)], result.position);
  PyErr_SetObject(damaged_jpeg, arguments.ptr());
  throw nb::python_error();
}

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

// Holds on to the file's buffer, and lets one thread at a time decode.
class Decoder {
 public:
  // nullopt where the file is not of the kind that is decoded here.
  static std::unique_ptr<Decoder> open(nb::handle data, uint32_t denominator,
                                       const char* kernels_name) {
    if (denominator != 1 && denominator != 2 && denominator != 4 && denominator != 8) {
      throw nb::value_error("the denominator is 1, 2, 4 or 8");
    }
    const Kernels* kernels = find_kernels(kernels_name);
    if (kernels == nullptr) {
      throw nb::value_error(
          (std::string("no such kernel set on this CPU: ") + kernels_name).c_str());
    }
    auto decoder = std::unique_ptr<Decoder>(new Decoder(data));
    const DecodeResult result = decoder->start(denominator, *kernels);
    check(result);
    return result.status == DecodeStatus::kOk ? std::move(decoder) : nullptr;
  }

  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { PyBuffer_Release(&view_); }

  uint32_t width() const { return scaled_side(header_.width, denominator_); }
  uint32_t height() const { return scaled_side(header_.height, denominator_); }
  uint32_t full_width() const { return header_.width; }
  uint32_t full_height() const { return header_.height; }
  const char* sampling() const { return kSamplingNames[static_cast<int>(header_.sampling)]; }
  const char* format() const { return header_.components() == 1 ? "grey" : "rgb"; }

  nb::object read(uint32_t rows) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) throw std::runtime_error("another thread is reading rows");
    rows = std::min(rows, height() - done_);
    const size_t stride = size_t{width()} * static_cast<size_t>(header_.components());
    const auto result =
        nb::steal(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(stride * rows)));
    if (!result.is_valid()) nb::raise_python_error();
    auto* pixels = reinterpret_cast<uint8_t*>(PyBytes_AS_STRING(result.ptr()));
    uint32_t written = 0;
    DecodeResult status;
    {
      nb::gil_scoped_release release;
      status = decode_rows(*decoder_, pixels, stride, rows, written);
    }
    check(status);
    done_ += written;
    return result;
  }

 private:
  explicit Decoder(nb::handle data) {
    if (PyObject_GetBuffer(data.ptr(), &view_, PyBUF_C_CONTIGUOUS) != 0) nb::raise_python_error();
  }

  DecodeResult start(uint32_t denominator, const Kernels& kernels) {
    denominator_ = denominator;
    const DecodeResult result = read_jpeg_header(static_cast<const uint8_t*>(view_.buf),
                                                 static_cast<size_t>(view_.len), header_);
    if (result.status != DecodeStatus::kOk) return result;
    const size_t bytes = decoder_bytes(header_, denominator);
    memory_.reset(std::aligned_alloc(kScratchAlignment,
                                     (bytes + kScratchAlignment - 1) & ~(kScratchAlignment - 1)));
    if (!memory_) throw std::bad_alloc();
    return start_decoder(header_, denominator, kernels, memory_.get(), decoder_);
  }

  Py_buffer view_{};
  JpegHeader header_;
  uint32_t denominator_ = 1;
  std::unique_ptr<void, Free> memory_;
  ScaledDecoder* decoder_ = nullptr;
  uint32_t done_ = 0;
  std::mutex mutex_;
};

}  // namespace

void bind_decoder(nb::module_& module) {
  damaged_jpeg = PyErr_NewException("stripline._native.DamagedJpeg", PyExc_ValueError, nullptr);
  if (damaged_jpeg == nullptr) nb::raise_python_error();
  module.attr("DamagedJpeg") = nb::handle(damaged_jpeg);

  nb::class_<Decoder>(module, "Decoder")
      .def_prop_ro("width", &Decoder::width)
      .def_prop_ro("height", &Decoder::height)
      .def_prop_ro("full_width", &Decoder::full_width)
      .def_prop_ro("full_height", &Decoder::full_height)
      .def_prop_ro("sampling", &Decoder::sampling)
      .def_prop_ro("format", &Decoder::format)
      .def("read", &Decoder::read, nb::arg("rows"));

  module.def("open_decoder", &Decoder::open, nb::arg("data"), nb::arg("denominator"),
             nb::arg("kernels"));
}
