// The kernels of a convolution with ReLU and pool: each shape to its fastest path.
#pragma once

#include "direct.h"
#include "input_gradient.h"
#include "weight_gradient.h"
#include "winograd_pooled.h"

namespace gossamer::GOSSAMER_ISA {

INLINE bool takes_winograd(const Conv& s) { return s.kernel == 3 && !s.image && winograd_side(s) > 0; }

std::size_t packed_size(const Conv& s) {
  const int side = takes_winograd(s) ? winograd_side(s) + 2 : s.kernel;
  return std::size_t(side * side) * s.x.channels * s.y.stride;
}

void pack(const Conv& s, const float* weights, float* packed) {
  const int os = s.y.stride;
  if (s.image) {
    std::copy(weights, weights + s.weights(), packed);
    return;
  }
  std::fill(packed, packed + packed_size(s), 0.0f);
  for (int o = 0; o < s.y.channels; ++o)
    for (int c = 0; c < s.x.channels; ++c) {
      if (takes_winograd(s)) {
        float g[9];
        for (int t = 0; t < 9; ++t) g[t] = weights[s.weight_at(o, c, t)];
        with_side(winograd_side(s), [&](auto side) {
          weight_transform<side.value>(g, packed + std::ptrdiff_t(c) * os + o, std::ptrdiff_t(s.x.channels) * os);
        });
      } else {
        for (int t = 0; t < s.taps(); ++t)
          packed[(std::ptrdiff_t(t) * s.x.channels + c) * os + o] = weights[s.weight_at(o, c, t)];
      }
    }
}

template <bool INDICES>
INLINE void forward_pooled(const Conv& s, const float* x, const float* packed, const float* bias, float* y,
                           std::int32_t* indices, float* scratch) {
  if (takes_winograd(s))
    return with_side(winograd_side(s), [&](auto side) {
      forward_winograd<side.value, INDICES>(s, x, packed, bias, y, indices, scratch);
    });
  if (s.image && s.kernel == 3 && s.x.channels == 1)
    return forward_image_3x3x1<INDICES>(s, x, packed, bias, y, indices);
  forward_direct_pooled<INDICES>(s, x, packed, bias, y, indices);
}

void conv_forward(const Conv& s, const float* x, const float* packed, const float* bias, float* y,
                  std::int32_t* indices, float* scratch) {
  if (indices == nullptr) return forward_pooled<false>(s, x, packed, bias, y, indices, scratch);
  forward_pooled<true>(s, x, packed, bias, y, indices, scratch);
}

void conv_backward(const Conv& s, const float* x, const float* y, const std::int32_t* indices, const float* dy,
                   const float* weights, float* d_weights, float* d_bias, float* dx, float* scratch) {
  if (s.image && s.kernel == 3 && s.x.channels == 1)
    return weight_gradient_image_3x3x1(s, x, y, indices, dy, d_weights, d_bias);
  const Active a(s, scratch);
  if (s.image) {
    find_gradient(s, y, dy, a, d_bias);
    return weight_gradient_image(s, x, indices, a, d_weights);
  }
  find_active(s, y, indices, dy, a, d_bias);
  weight_gradient(s, x, a, d_weights);
  if (dx != nullptr) input_gradient(s, weights, a, dx);
}

std::size_t scratch_size(const Conv& s) {
  const std::size_t winograd = takes_winograd(s) ? pooled_scratch(s) : 0;
  return std::max(winograd, Active::floats(s));
}

}  // namespace gossamer::GOSSAMER_ISA
