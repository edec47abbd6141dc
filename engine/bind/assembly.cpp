// A file in the making, in memory: several threads copy their parts into it at once.
#include <nanobind/nanobind.h>

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <cstring>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <utility>

#include "view.hpp"

namespace nb = nanobind;

void bind_assembly(nb::module_& module);

namespace {

// From here on the system is asked for large pages. The C library may have to fetch fresh memory,
// and clearing it page by page as it is touched takes, for 16 MB, 8 ms where coding them takes 13;
// in large pages it takes a quarter of that.
constexpr size_t kWorthLargePages = 2 << 20;

// What is not used in the end is given back if it is more than this part of the file.
constexpr size_t kMostSlack = 8;

// The bytes object that the file becomes is there from the start, larger than it needs to be, and
// is cut to size in the end; nobody else sees it before. What changes its size may move it, so that
// happens alone; copying happens together. A thread that waits for the lock has let go of the
// interpreter's, and none takes the interpreter's while it copies.
class Assembly {
 public:
  Assembly() = default;
  Assembly(const Assembly&) = delete;
  Assembly& operator=(const Assembly&) = delete;
  ~Assembly() { Py_XDECREF(file_); }

  size_t size() const { return size_; }

  // Room for the next `size` bytes; where they begin. The file is expected to become `expected`
  // bytes long. From one thread at a time.
  size_t reserve(size_t size, size_t expected) {
    if (size_ + size > capacity_) {
      resize(std::max(size_ + size, expected + expected / (2 * kMostSlack)));
    }
    return std::exchange(size_, size_ + size);
  }

  // Copies bytes to where room for them was reserved. From any number of threads.
  void fill(size_t offset, nb::handle piece) {
    const View view(piece);
    nb::gil_scoped_release release;
    const std::shared_lock lock(moving_);
    if (offset > size_ || view.size() > size_ - offset) {
      throw std::out_of_range("bytes lie outside what was reserved for them");
    }
    if (view.size() > 0) std::memcpy(PyBytes_AS_STRING(file_) + offset, view.data(), view.size());
  }

  // The file, when everything has been filled.
  nb::object finish() {
    if (file_ == nullptr || capacity_ - size_ > size_ / kMostSlack) {
      resize(size_);
    } else {
      // Cut where it lies. Given back to the C library, the little rest would make this memory
      // smaller than the next such file's need, for which fresh memory would then be fetched.
      Py_SET_SIZE(file_, static_cast<Py_ssize_t>(size_));
      PyBytes_AS_STRING(file_)[size_] = 0;
    }
    size_ = capacity_ = 0;
    return nb::steal(std::exchange(file_, nullptr));
  }

 private:
  void resize(size_t capacity) {
    {
      nb::gil_scoped_release release;
      moving_.lock();
    }
    const std::lock_guard lock(moving_, std::adopt_lock);
    const auto size = static_cast<Py_ssize_t>(capacity);
    if (file_ == nullptr)
      file_ = PyBytes_FromStringAndSize(nullptr, size);
    else
      _PyBytes_Resize(&file_, size);
    if (file_ == nullptr) {
      size_ = capacity_ = 0;
      nb::raise_python_error();
    }
    capacity_ = capacity;
    if (capacity >= kWorthLargePages) ask_for_large_pages();
  }

  // For all of the block that the C library has fetched, if it has: with advice for a part of it,
  // the system would count it as several, which cannot grow without being copied.
  void ask_for_large_pages() const {
#ifdef MADV_HUGEPAGE
    const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<uintptr_t>(file_) / page * page;
    const auto end = reinterpret_cast<uintptr_t>(PyBytes_AS_STRING(file_)) + capacity_;
    // Advice may be declined, and nothing is lost then.
    madvise(reinterpret_cast<void*>(begin), (end + page) / page * page - begin, MADV_HUGEPAGE);
#endif
  }

  PyObject* file_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
  std::shared_mutex moving_;
};

}  // namespace

void bind_assembly(nb::module_& module) {
  nb::class_<Assembly>(module, "Assembly")
      .def(nb::init<>())
      .def("__len__", &Assembly::size)
      .def("reserve", &Assembly::reserve, nb::arg("size"), nb::arg("expected"))
      .def("fill", &Assembly::fill, nb::arg("offset"), nb::arg("piece"))
      .def("finish", &Assembly::finish);
}
