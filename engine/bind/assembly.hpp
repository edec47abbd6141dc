// A file in the making, in memory: several threads copy their parts into it at once.
#pragma once

#include <nanobind/nanobind.h>

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <cstring>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <stdexcept>
#include <utility>

#include "view.hpp"

namespace stripline {

// From here on the system is asked for large pages. The C library may have to fetch fresh memory,
// and clearing it page by page as it is touched takes, for 16 MB, 8 ms where coding them takes 13;
// in large pages it takes a quarter of that.
inline constexpr size_t kWorthLargePages = 2 << 20;

// What is not used in the end is given back if it is more than this part of the file.
inline constexpr size_t kMostSlack = 8;

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

  // Whether there is room for so many bytes more, without `reserve` having to make some.
  bool has_room(size_t size) const { return size <= capacity_ - size_; }

  // Room for the next `size` bytes; where they begin. The file is expected to become `expected`
  // bytes long. From one thread at a time.
  size_t reserve(size_t size, size_t expected) {
    if (!has_room(size)) {
      resize(std::max(size_ + size, expected + expected / (2 * kMostSlack)));
    }
    return std::exchange(size_, size_ + size);
  }

  // Copies bytes to where room for them was reserved. From any number of threads.
  void fill(size_t offset, nanobind::handle piece) {
    const View view(piece);
    const nanobind::gil_scoped_release release;
    fill(offset, view.data(), view.size());
  }

  // The same, from a thread that does not have the interpreter's lock.
  void fill(size_t offset, const uint8_t* data, size_t size) {
    const std::shared_lock lock(moving_);
    if (offset > size_ || size > size_ - offset) {
      throw std::out_of_range("bytes lie outside what was reserved for them");
    }
    if (size > 0) std::memcpy(PyBytes_AS_STRING(file_) + offset, data, size);
  }

  // What lies behind the bytes reserved so far. It is one thread's, which holds `staying()` while
  // it writes there, and then reserves what it has written.
  std::span<uint8_t> tail() {
    if (file_ == nullptr) return {};
    return {reinterpret_cast<uint8_t*>(PyBytes_AS_STRING(file_)) + size_, capacity_ - size_};
  }
  std::shared_lock<std::shared_mutex> staying() { return std::shared_lock(moving_); }

  // The file, when everything has been filled.
  nanobind::object finish() {
    if (file_ == nullptr || capacity_ - size_ > size_ / kMostSlack) {
      resize(size_);
    } else {
      // Cut where it lies. Given back to the C library, the little rest would make this memory
      // smaller than the next such file's need, for which fresh memory would then be fetched.
      Py_SET_SIZE(file_, static_cast<Py_ssize_t>(size_));
      PyBytes_AS_STRING(file_)[size_] = 0;
    }
    size_ = capacity_ = 0;
    return nanobind::steal(std::exchange(file_, nullptr));
  }

 private:
  void resize(size_t capacity) {
    {
      nanobind::gil_scoped_release release;
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
      nanobind::raise_python_error();
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

}  // namespace stripline
