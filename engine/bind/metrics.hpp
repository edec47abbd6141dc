#pragma once

#include <nanobind/nanobind.h>

// Adds the comparisons of pictures to the module.
void bind_metrics(nanobind::module_& module);
