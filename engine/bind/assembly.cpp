// The binding of `Assembly`.
#include "assembly.hpp"

#include <nanobind/nanobind.h>

namespace nb = nanobind;
using stripline::Assembly;

void bind_assembly(nb::module_& module);

void bind_assembly(nb::module_& module) {
  nb::class_<Assembly>(module, "Assembly")
      .def(nb::init<>())
      .def("__len__", &Assembly::size)
      .def("reserve", &Assembly::reserve, nb::arg("size"), nb::arg("expected"))
      .def("fill", nb::overload_cast<size_t, nb::handle>(&Assembly::fill), nb::arg("offset"),
           nb::arg("piece"))
      .def("finish", &Assembly::finish);
}
