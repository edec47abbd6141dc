// A picture that is in memory as a whole, encoded to a file in memory by any number of threads.
#include <nanobind/nanobind.h>

#include <array>
#include <atomic>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "assembly.hpp"
#include "segment.hpp"
#include "strip_arguments.hpp"

namespace nb = nanobind;
using namespace stripline;

void bind_whole_picture(nb::module_& module);

namespace {

constexpr size_t kMarkerBytes = 2;

// RST0 to RST7 by turns between strips, EOI behind the last (ITU-T T.81, table B.1).
std::array<uint8_t, kMarkerBytes> marker_behind(size_t index, size_t count) {
  const auto code = static_cast<uint8_t>(index + 1 == count ? 0xD9 : 0xD0 + index % 8);
  return {0xFF, code};
}

// Threads take strips by turns and never meet the interpreter's lock while there are some, but
// when the file needs more memory: handing each strip over took up to 8 % of two threads' time.
//
// The thread whose strip is the next in the file writes it where it belongs. Others keep theirs,
// and whoever closes the gap before them copies them. Copying all took 4 to 5 % of one thread's.
class WholePicture {
 public:
  WholePicture(nb::bytes header, nb::sequence strips) : header_(header.c_str(), header.size()) {
    for (nb::handle strip : strips) strips_.emplace_back(nb::cast<nb::tuple>(strip));
    kept_.resize(strips_.size());
  }

  // Encodes up to `most` strips that nobody has taken; whether some are left to be taken. From any
  // number of threads. After an exception nobody takes any more.
  bool run(size_t most) {
    const nb::gil_scoped_release release;
    for (; most > 0; --most) {
      const size_t index = next_.fetch_add(1);
      if (index >= strips_.size()) return false;
      try {
        encode(index);
      } catch (...) {
        stop();
        throw;
      }
    }
    return next_.load() < strips_.size();
  }

  // Lets nobody take another strip.
  void stop() { next_.store(strips_.size()); }

  // How many strips are in their places.
  size_t placed() const { return placed_.load(); }

  bool complete() const { return placed() == strips_.size(); }

  // The file, once it is complete.
  nb::object finish() {
    if (!complete()) throw nb::value_error("strips are missing");
    return file_.finish();
  }

 private:
  void encode(size_t index) {
    const size_t in_place = encode_in_place(index);
    Run run;
    {
      const std::lock_guard lock(ordering_);
      if (in_place > 0) {
        file_.reserve(in_place, 0);
        ++ordered_;
        ++placed_;
      }
      run = order_kept();
    }
    copy(run);
  }

  // Writes the strip and its marker behind what is placed, if it is the next; how many bytes.
  // Otherwise, or if there is too little room, it is kept, and that is 0.
  size_t encode_in_place(size_t index) {
    bool is_next;
    {
      const std::lock_guard lock(ordering_);
      is_next = index == ordered_;
    }
    if (is_next) {
      const auto staying = file_.staying();
      const std::span<uint8_t> room = file_.tail();
      if (room.size() > kMarkerBytes) {
        Output output{room.data(), 0, room.size() - kMarkerBytes, move_to_stock};
        try {
          strips_[index].encode(output, nullptr);
        } catch (...) {
          if (output.data != room.data()) stock().give(output);
          throw;
        }
        if (output.data == room.data()) {
          const auto marker = marker_behind(index, strips_.size());
          std::memcpy(output.data + output.size, marker.data(), kMarkerBytes);
          return output.size + kMarkerBytes;
        }
        keep(index, Segment(output));
        return 0;
      }
    }
    Segment segment;
    strips_[index].encode(segment.output(), nullptr);
    keep(index, std::move(segment));
    return 0;
  }

  void keep(size_t index, Segment&& segment) {
    const std::lock_guard lock(ordering_);
    kept_[index].emplace(std::move(segment));
  }

  // Goes on in memory from the stock, where there is too little room in the file.
  static bool move_to_stock(Output& output, size_t capacity) {
    Output moved = stock().take();
    if (capacity > moved.capacity && !moved.reserve(moved, capacity)) {
      stock().give(moved);
      return false;
    }
    std::memcpy(moved.data, output.data, output.size);
    moved.size = output.size;
    output = moved;
    return true;
  }

  // Strips from `first` to before `last`, and where in the file they belong.
  struct Run {
    size_t first, last, offset;
  };

  // All strips that are kept and have none missing before them. Under `ordering_`.
  Run order_kept() {
    Run run{ordered_, ordered_, 0};
    size_t size = run.first == 0 ? header_.size() : 0;
    for (; run.last < kept_.size() && kept_[run.last]; ++run.last) {
      size += kept_[run.last]->size() + kMarkerBytes;
    }
    if (run.last > run.first) {
      run.offset = reserve(size, run.last);
      ordered_ = run.last;
    }
    return run;
  }

  void copy(Run run) {
    if (run.first == 0 && run.last > 0) {
      file_.fill(run.offset, reinterpret_cast<const uint8_t*>(header_.data()), header_.size());
      run.offset += header_.size();
    }
    for (size_t index = run.first; index < run.last; ++index) {
      const Output& segment = kept_[index]->output();
      file_.fill(run.offset, segment.data, segment.size);
      run.offset += segment.size;
      file_.fill(run.offset, marker_behind(index, kept_.size()).data(), kMarkerBytes);
      run.offset += kMarkerBytes;
      kept_[index].reset();
      ++placed_;
    }
  }

  // Room for so many bytes, after which so many strips are in the file. Others are as long, it is
  // assumed, as those are on average.
  size_t reserve(size_t size, size_t strips) {
    std::optional<nb::gil_scoped_acquire> interpreter;
    if (!file_.has_room(size)) interpreter.emplace();
    return file_.reserve(size, (file_.size() + size) * strips_.size() / strips);
  }

  const std::string header_;
  std::deque<StripArguments> strips_;
  std::atomic<size_t> next_{0};

  std::atomic<size_t> placed_{0};

  // What follows changes under this lock. So many strips have a place; the next one's thread owns
  // what lies behind them in the file.
  std::mutex ordering_;
  size_t ordered_ = 0;
  std::vector<std::optional<Segment>> kept_;
  Assembly file_;
};

}  // namespace

void bind_whole_picture(nb::module_& module) {
  nb::class_<WholePicture>(module, "WholePicture")
      .def(nb::init<nb::bytes, nb::sequence>(), nb::arg("header"), nb::arg("strips"))
      .def("run", &WholePicture::run, nb::arg("most"))
      .def("stop", &WholePicture::stop)
      .def_prop_ro("placed", &WholePicture::placed)
      .def_prop_ro("complete", &WholePicture::complete)
      .def("finish", &WholePicture::finish);
}
