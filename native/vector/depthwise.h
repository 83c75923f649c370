// Depthwise convolutions: every vector of channels by itself, blocks of neighbouring pixels in registers.
#pragma once

#include "filter.h"

namespace gossamer::GOSSAMER_ISA {

template <int N>
INLINE void depthwise_block(const Filter& s, const float* x, const float* w, V bias, float* y) {
  const int cs = s.x.stride, row = s.x.row(), next = s.stride * cs;
  V sum[N];
  UNROLL for (int n = 0; n < N; ++n) sum[n] = bias;
  for (int ky = 0; ky < s.kernel; ++ky)
    for (int kx = 0; kx < s.kernel; ++kx, w += cs) {
      const V wv = load(w);
      const float* const p = x + std::ptrdiff_t(ky) * row + kx * cs;
      UNROLL for (int n = 0; n < N; ++n) sum[n] += load(p + n * next) * wv;
    }
  UNROLL for (int n = 0; n < N; ++n) store(y + n * cs, sum[n]);
}

void depthwise_forward(const Filter& s, const float* x, const float* w, const float* bias, float* y) {
  for (int c = 0; c < s.x.stride; c += L)
    for (int i = 0; i < s.y.height; ++i)
      cover(s.y.width, [&](auto pixels, int j) __attribute__((always_inline)) {
        depthwise_block<pixels.value>(s, x + s.x.at(s.stride * i - s.half(), s.stride * j - s.half()) + c, w + c,
                                      bias == nullptr ? V{} : load(bias + c), y + s.y.at(i, j) + c);
      });
}

// Of R rows of a kernel of K columns, one vector of channels.
template <int R, int K>
INLINE void depthwise_weight_rows(const Filter& s, const float* x, const float* dy, int ky, int c, float* d_weights) {
  const int cs = s.x.stride, row = s.x.row();
  V sum[R][K];
  UNROLL for (int r = 0; r < R; ++r)
    UNROLL for (int k = 0; k < K; ++k) sum[r][k] = load(d_weights + ((ky + r) * K + k) * cs + c);
  for (int i = 0; i < s.y.height; ++i) {
    const float *p = x + s.x.at(s.stride * i - s.half() + ky, -s.half()) + c, *g = dy + s.y.at(i, 0) + c;
    for (int j = 0; j < s.y.width; ++j, p += s.stride * cs, g += cs) {
      const V gv = load(g);
      UNROLL for (int r = 0; r < R; ++r)
        UNROLL for (int k = 0; k < K; ++k) sum[r][k] += gv * load(p + r * row + k * cs);
    }
  }
  UNROLL for (int r = 0; r < R; ++r)
    UNROLL for (int k = 0; k < K; ++k) store(d_weights + ((ky + r) * K + k) * cs + c, sum[r][k]);
}

template <int K>
INLINE void depthwise_weight_gradient(const Filter& s, const float* x, const float* dy, float* d_weights) {
  constexpr int ROWS = K == 3 ? 3 : K == 5 && REGISTERS == 32 ? 5 : 1;  // whose sums the registers hold
  for (int c = 0; c < s.x.stride; c += L)
    for (int ky = 0; ky < K; ky += ROWS) depthwise_weight_rows<ROWS, K>(s, x, dy, ky, c, d_weights);
}

template <int N>
INLINE void depthwise_input_block(const Filter& s, const Map& map, const float* dy, const float* w, int i, int j, float* dx) {
  const int cs = s.x.stride;
  V sum[N] = {};
  for (int ky = (i + s.half()) % s.stride; ky < s.kernel; ky += s.stride)
    for (int kx = (j + s.half()) % s.stride; kx < s.kernel; kx += s.stride) {
      const float* const p = dy + map.at((i + s.half() - ky) / s.stride, (j + s.half() - kx) / s.stride);
      const V wv = load(w + (ky * s.kernel + kx) * cs);
      UNROLL for (int n = 0; n < N; ++n) sum[n] += load(p + n * cs) * wv;
    }
  UNROLL for (int n = 0; n < N; ++n) store(dx + n * s.stride * cs, sum[n]);
}

void depthwise_backward(const Filter& s, const float* x, const float* dy, const float* weights, float* d_weights,
                        float* d_bias, float* dx, float* scratch) {
  if (d_bias != nullptr) add_bias_gradient(s.y, dy, d_bias);
  switch (s.kernel) {
    case 1: depthwise_weight_gradient<1>(s, x, dy, d_weights); break;
    case 3: depthwise_weight_gradient<3>(s, x, dy, d_weights); break;
    case 5: depthwise_weight_gradient<5>(s, x, dy, d_weights); break;
    default: depthwise_weight_gradient<7>(s, x, dy, d_weights);
  }
  if (dx == nullptr) return;
  Map map;
  const float* const around = with_zeros(s, dy, scratch, map);
  for (int c = 0; c < s.x.stride; c += L)
    each_phase(s, [&](auto pixels, int i, int j) __attribute__((always_inline)) {
      depthwise_input_block<pixels.value>(s, map, around + c, weights + c, i, j, dx + s.x.at(i, j) + c);
    });
}

}  // namespace gossamer::GOSSAMER_ISA
