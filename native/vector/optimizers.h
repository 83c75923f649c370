// One step of an optimizer, or of the moving average, over all parameters.
#pragma once

#include "../kernels.h"
#include "vector.h"

namespace gossamer::GOSSAMER_ISA {

INLINE V sum_of_parts(int parts, std::size_t part_stride, const float* gradient) {
  V g = load(gradient);
  for (int p = 1; p < parts; ++p) g += load(gradient + p * part_stride);
  return g;
}

void adam(std::size_t n, const AdamStep& step, int parts, std::size_t part_stride, const float* gradient,
          float* weights, float* first_moment, float* second_moment) {
  for (std::size_t i = 0; i < n; i += L) {
    const V g = sum_of_parts(parts, part_stride, gradient + i);
    const V m = load(first_moment + i) + (g - load(first_moment + i)) * 0.1f;
    const V v = load(second_moment + i) * 0.999f + g * g * 0.001f;
    store(first_moment + i, m);
    store(second_moment + i, v);
    store(weights + i,
          load(weights + i) * step.keep - step.step_size * m / (square_root(v) / step.root_correction + 1e-8f));
  }
}

void sgd(std::size_t n, const SgdStep& step, int parts, std::size_t part_stride, const float* gradient, float* weights,
         float* velocity) {
  for (std::size_t i = 0; i < n; i += L) {
    const V g = sum_of_parts(parts, part_stride, gradient + i);
    const V u = load(velocity + i) * 0.9f + g;
    store(velocity + i, u);
    store(weights + i, load(weights + i) * step.keep - step.rate * (g + u * 0.9f));
  }
}

void average(std::size_t n, float share, const float* values, float* average) {
  for (std::size_t i = 0; i < n; i += L)
    store(average + i, load(average + i) + (load(values + i) - load(average + i)) * share);
}

}  // namespace gossamer::GOSSAMER_ISA
