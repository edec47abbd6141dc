// The comparisons of pictures for CPython: buffers in, numbers out, the GIL released in between.
#include "metrics.hpp"

#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <utility>

#include "stripline/metrics.hpp"
#include "view.hpp"

namespace nb = nanobind;
using namespace stripline;

namespace {

using Memory = std::unique_ptr<void, Deleter>;

Memory allocate(size_t bytes) {
  const size_t whole = (bytes + kMetricAlignment - 1) / kMetricAlignment * kMetricAlignment;
  Memory memory(std::aligned_alloc(kMetricAlignment, whole));
  if (!memory) throw std::bad_alloc();
  return memory;
}

const MetricKernels& kernels_named(const char* name) {
  const MetricKernels* kernels = find_metric_kernels(name);
  if (kernels == nullptr) {
    throw nb::value_error((std::string("no such kernel set on this CPU: ") + name).c_str());
  }
  return *kernels;
}

// An original made ready, and the work space of comparisons with it.
class Reference {
 public:
  Reference(nb::handle pixels, uint32_t width, uint32_t height, uint32_t channels,
            const char* kernels)
      : kernels_(kernels_named(kernels)), width_(width), height_(height) {
    const View view(pixels);
    const Picture original = picture(view, channels);
    const nb::gil_scoped_release release;
    reference_ = allocate(ssimulacra2_reference_bytes(width, height));
    Memory scratch = take_scratch();
    ssimulacra2_prepare(original, kernels_, reference_.get(), scratch.get());
    give_scratch(std::move(scratch));
  }

  double score(nb::handle pixels, uint32_t channels) {
    const View view(pixels);
    const Picture distorted = picture(view, channels);
    const nb::gil_scoped_release release;
    Memory scratch = take_scratch();
    double score = 0;
    ssimulacra2_score(reference_.get(), distorted, kernels_, scratch.get(), score);
    give_scratch(std::move(scratch));
    return score;
  }

 private:
  // Refuses all that the engine would, so that its calls cannot fail.
  Picture picture(const View& view, uint32_t channels) const {
    for (const uint32_t side : {width_, height_}) {
      if (side < kMinScoredSide || side > kMaxScoredSide) {
        throw nb::value_error("a side is outside 8 to 65535 pixels");
      }
    }
    if (channels != 1 && channels != 3) throw nb::value_error("a picture has 1 or 3 channels");
    const size_t row = size_t{width_} * channels, wanted = row * height_;
    if (view.size() != wanted) {
      throw nb::value_error(("a picture of " + std::to_string(view.size()) + " bytes should have " +
                             std::to_string(wanted))
                                .c_str());
    }
    return {view.data(), static_cast<ptrdiff_t>(row), width_, height_, channels};
  }

  // One comparison at a time uses the memory of the last; fresh memory has to be cleared by the
  // system. Others at the same time get their own.
  Memory take_scratch() {
    {
      const std::lock_guard lock(mutex_);
      if (spare_) return std::move(spare_);
    }
    return allocate(ssimulacra2_scratch_bytes(width_, height_));
  }
  void give_scratch(Memory scratch) {
    const std::lock_guard lock(mutex_);
    if (!spare_) spare_ = std::move(scratch);
  }

  const MetricKernels& kernels_;
  uint32_t width_, height_;
  Memory reference_;
  std::mutex mutex_;
  Memory spare_;
};

uint64_t squared_errors(nb::handle a, nb::handle b) {
  const View one(a), other(b);
  if (one.size() != other.size()) throw nb::value_error("the buffers differ in size");
  const nb::gil_scoped_release release;
  return sum_of_squared_errors(one.data(), other.data(), one.size());
}

}  // namespace

void bind_metrics(nb::module_& module) {
  nb::class_<Reference>(module, "ScoreReference")
      .def(nb::init<nb::handle, uint32_t, uint32_t, uint32_t, const char*>(), nb::arg("pixels"),
           nb::arg("width"), nb::arg("height"), nb::arg("channels"), nb::arg("kernels"))
      .def("score", &Reference::score, nb::arg("pixels"), nb::arg("channels"));
  module.def("sum_of_squared_errors", &squared_errors, nb::arg("a"), nb::arg("b"));
}
