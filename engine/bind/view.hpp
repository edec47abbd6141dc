// What the bindings for CPython share: bytes-like objects, and memory that frees itself.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

// A C-contiguous view of any bytes-like object.
class View {
 public:
  explicit View(nanobind::handle object) {
    if (PyObject_GetBuffer(object.ptr(), &view_, PyBUF_C_CONTIGUOUS) != 0) {
      nanobind::raise_python_error();
    }
  }
  View(const View&) = delete;
  View& operator=(const View&) = delete;
  ~View() { PyBuffer_Release(&view_); }

  const uint8_t* data() const { return static_cast<const uint8_t*>(view_.buf); }
  size_t size() const { return static_cast<size_t>(view_.len); }

 private:
  Py_buffer view_{};
};

struct Deleter {
  void operator()(void* memory) const { std::free(memory); }
};
