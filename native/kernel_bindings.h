// The kernels, one by one, for Python's tests.
#pragma once

#include <nanobind/nanobind.h>

namespace nb = nanobind;

namespace gossamer {

void bind_kernels(nb::module_& m);

}  // namespace gossamer
