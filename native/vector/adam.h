// One step of Adam over all parameters.
#pragma once

#include "../kernels.h"
#include "vector.h"

namespace gossamer::GOSSAMER_ISA {

void adam(std::size_t n, const AdamStep& step, int parts, std::size_t part_stride, const float* gradient,
          float* weights, float* first_moment, float* second_moment) {
  for (std::size_t i = 0; i < n; i += L) {
    V g = load(gradient + i);
    for (int p = 1; p < parts; ++p) g += load(gradient + p * part_stride + i);
    const V m = load(first_moment + i) + (g - load(first_moment + i)) * 0.1f;
    const V v = load(second_moment + i) * 0.999f + g * g * 0.001f;
    store(first_moment + i, m);
    store(second_moment + i, v);
    store(weights + i, load(weights + i) - step.step_size * m / (square_root(v) / step.root_correction + 1e-8f));
  }
}

}  // namespace gossamer::GOSSAMER_ISA
