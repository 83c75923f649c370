// The submodule _native.kernels, for tests: every kernel of any table, by name, on NumPy arrays in PyTorch's order of weights.
// One file per kind of kernel; none holds logic.
#pragma once

#include <nanobind/nanobind.h>

namespace gossamer {

void bind_convolutions(nanobind::module_&);
void bind_filters(nanobind::module_&);
void bind_norms(nanobind::module_&);
void bind_pools(nanobind::module_&);
void bind_dense(nanobind::module_&);
void bind_optimizers(nanobind::module_&);
void bind_views(nanobind::module_&);

}  // namespace gossamer
