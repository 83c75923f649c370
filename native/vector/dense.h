// The dense layer, several images at once so that its weights are fetched once for all of them.
#pragma once

#include "../shapes.h"
#include "vector.h"

namespace gossamer::GOSSAMER_ISA {

INLINE float dot(int n, const float* a, const float* b) {
  V s[4] = {};
  int f = 0;
  for (; f + 4 * L <= n; f += 4 * L)
    UNROLL for (int k = 0; k < 4; ++k) s[k] += load(a + f + k * L) * load(b + f + k * L);
  for (; f < n; f += L) s[0] += load(a + f) * load(b + f);
  const V all = (s[0] + s[1]) + (s[2] + s[3]);
  float sum = 0;
  for (int l = 0; l < L; ++l) sum += all[l];
  return sum;
}

void dense_forward(const Dense& s, int n, const float* weights, const float* bias, const float* x, float* z) {
  for (int c = 0; c < s.classes; ++c)
    for (int i = 0; i < n; ++i)
      z[std::ptrdiff_t(i) * s.classes + c] =
          bias[c] + dot(s.inputs, weights + std::ptrdiff_t(c) * s.inputs, x + std::ptrdiff_t(i) * s.inputs);
}

template <int N>
INLINE void dense_backward_block(const Dense& s, const float* weights, const float* x, const float* dz,
                                 float* d_weights, float* dx) {
  for (int f = 0; f < s.inputs; f += L) {
    V input[N], gradient[N] = {};
    UNROLL for (int i = 0; i < N; ++i) input[i] = load(x + std::ptrdiff_t(i) * s.inputs + f);
    for (int c = 0; c < s.classes; ++c) {
      const std::ptrdiff_t at = std::ptrdiff_t(c) * s.inputs + f;
      const V w = load(weights + at);
      V d = load(d_weights + at);
      UNROLL for (int i = 0; i < N; ++i) {
        const V g = splat(dz[std::ptrdiff_t(i) * s.classes + c]);
        d += g * input[i];
        gradient[i] += g * w;
      }
      store(d_weights + at, d);
    }
    UNROLL for (int i = 0; i < N; ++i) store(dx + std::ptrdiff_t(i) * s.inputs + f, gradient[i]);
  }
}

void dense_backward(const Dense& s, int n, const float* weights, const float* x, const float* dz, float* d_weights,
                    float* d_bias, float* dx) {
  for (int i = 0; i < n; ++i)
    for (int c = 0; c < s.classes; ++c) d_bias[c] += dz[std::ptrdiff_t(i) * s.classes + c];
  const auto skip = [&](int images) {
    n -= images, x += std::ptrdiff_t(images) * s.inputs, dx += std::ptrdiff_t(images) * s.inputs,
        dz += std::ptrdiff_t(images) * s.classes;
  };
  for (; n >= 8; skip(8)) dense_backward_block<8>(s, weights, x, dz, d_weights, dx);
  for (; n >= 4; skip(4)) dense_backward_block<4>(s, weights, x, dz, d_weights, dx);
  for (; n >= 1; skip(1)) dense_backward_block<1>(s, weights, x, dz, d_weights, dx);
}

}  // namespace gossamer::GOSSAMER_ISA
