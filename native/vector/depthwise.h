// Depthwise convolutions: every vector of channels by itself, blocks of neighbouring pixels in registers.
#pragma once

#include "filter.h"

namespace gossamer::GOSSAMER_ISA {

// A K x K kernel over N neighbouring outputs of stride S: every input is loaded once a row, for all taps that meet it. The tap
// after `w` lies `next` floats on: backward, for a kernel turned by half a circle.
template <class T, int K, int S, int N>
INLINE void depthwise_block(const float* x, int row, int cs, const float* w, std::ptrdiff_t next, const T (&start)[N],
                            bool relu, float* y) {
  T sum[N];
  UNROLL for (int n = 0; n < N; ++n) sum[n] = start[n];
  for (int ky = 0; ky < K; ++ky, x += row) {
    T wv[K];
    UNROLL for (int kx = 0; kx < K; ++kx, w += next) wv[kx] = load_as<T>(w);
#pragma GCC unroll 32
    for (int t = 0; t < (N - 1) * S + K; ++t) {
      if (t % S >= K) continue;
      const T value = load_as<T>(x + t * cs);
      UNROLL for (int kx = 0; kx < K; ++kx)
        if (t >= kx && (t - kx) % S == 0 && (t - kx) / S < N) sum[(t - kx) / S] += value * wv[kx];
    }
  }
  UNROLL for (int n = 0; n < N; ++n) store_whole(y + n * cs, relu ? maximum(sum[n], T{}) : sum[n]);
}

template <int K, int S>
void depthwise_rows(const Filter& s, const float* x, const float* w, const float* bias, const float* added, float* y) {
  each_vector_of(s.x, [&](auto part, int c) __attribute__((always_inline)) {
    using T = decltype(part);
    for (int i = 0; i < s.y.height; ++i)
      cover_row(s.y.width, [&](auto pixels, int j) __attribute__((always_inline)) {
        T start[pixels.value];
        const float* const other = added == nullptr ? nullptr : added + s.added.at(i, j) + c;
        UNROLL for (int n = 0; n < pixels.value; ++n) {
          start[n] = bias == nullptr ? T{} : load_as<T>(bias + c);
          if (other != nullptr) start[n] += load_as<T>(other + n * s.x.stride);
        }
        depthwise_block<T, K, S, pixels.value>(x + s.x.at(S * i - K / 2, S * j - K / 2) + c, s.x.row(), s.x.stride, w + c,
                                            s.x.stride, start, s.relu, y + s.y.at(i, j) + c);
      });
  });
}

// Calls work(Count<K>, Count<S>) for a filter's kernel and stride.
template <class Work>
INLINE void with_kernel_and_stride(const Filter& s, Work work) {
  with_kernel(s.kernel, [&](auto kernel) {
    switch (s.stride) {
      case 1: return work(kernel, Count<1>{});
      case 2: return work(kernel, Count<2>{});
      case 3: return work(kernel, Count<3>{});
      default: return work(kernel, Count<4>{});
    }
  });
}

void depthwise_forward(const Filter& s, const float* x, const float* w, const float* bias, const float* added, float* y) {
  with_kernel_and_stride(s, [&](auto k, auto stride) { depthwise_rows<k.value, stride.value>(s, x, w, bias, added, y); });
}

// Of one row of a kernel of K columns, one vector of channels: every input is loaded once for all outputs that it reached. Two
// sums per tap, so that one multiply-add need not wait for another.
template <class T, int K, int S>
INLINE void depthwise_weight_row(const Filter& s, const float* x, const float* dy, int ky, int c, float* d_weights) {
  const int cs = s.x.stride;
  T sum[2][K] = {};
  for (int i = 0; i < s.y.height; ++i) {
    const float *const row = x + s.x.at(S * i - K / 2 + ky, -K / 2) + c, *const g = dy + s.y.at(i, 0) + c;
    split(s.y.width, [&](auto pixels, int j) __attribute__((always_inline)) {
      constexpr int N = pixels.value;
      T gv[N];
      UNROLL for (int n = 0; n < N; ++n) gv[n] = load_as<T>(g + (j + n) * cs);
#pragma GCC unroll 40
      for (int t = 0; t < (N - 1) * S + K; ++t) {
        if (t % S >= K) continue;
        const T value = load_as<T>(row + (j * S + t) * cs);
        UNROLL for (int kx = 0; kx < K; ++kx)
          if (t >= kx && (t - kx) % S == 0 && (t - kx) / S < N) sum[(t - kx) / S % 2][kx] += value * gv[(t - kx) / S];
      }
    });
  }
  UNROLL for (int kx = 0; kx < K; ++kx) {
    float* const d = d_weights + (ky * K + kx) * cs + c;
    store_whole(d, load_as<T>(d) + (sum[0][kx] + sum[1][kx]));
  }
}

template <int K, int S>
void depthwise_weight_gradient(const Filter& s, const float* x, const float* dy, float* d_weights) {
  each_vector_of(s.x, [&](auto part, int c) __attribute__((always_inline)) {
    for (int ky = 0; ky < K; ++ky) depthwise_weight_row<decltype(part), K, S>(s, x, dy, ky, c, d_weights);
  });
}

template <class T, int N>
INLINE void depthwise_input_block(const Filter& s, const Map& map, const float* dy, const float* w, int i, int j,
                                  const float* summand, float* dx) {
  const int cs = s.x.stride;
  T sum[N];
  UNROLL for (int n = 0; n < N; ++n) sum[n] = summand == nullptr ? T{} : load_as<T>(summand + n * s.stride * cs);
  for (int ky = (i + s.half()) % s.stride; ky < s.kernel; ky += s.stride)
    for (int kx = (j + s.half()) % s.stride; kx < s.kernel; kx += s.stride) {
      const float* const p = dy + map.at((i + s.half() - ky) / s.stride, (j + s.half() - kx) / s.stride);
      const T wv = load_as<T>(w + (ky * s.kernel + kx) * cs);
      UNROLL for (int n = 0; n < N; ++n) sum[n] += load_as<T>(p + n * cs) * wv;
    }
  UNROLL for (int n = 0; n < N; ++n) store_whole(dx + n * s.stride * cs, sum[n]);
}

// With stride 1, the gradient with respect to the input is a convolution of dy by the kernel turned.
template <int K>
void depthwise_input_rows(const Filter& s, const Map& map, const float* dy, const float* w, const float* summand, float* dx) {
  const int cs = s.x.stride;
  each_vector_of(s.x, [&](auto part, int c) __attribute__((always_inline)) {
    using T = decltype(part);
    for (int i = 0; i < s.x.height; ++i)
      cover_row(s.x.width, [&](auto pixels, int j) __attribute__((always_inline)) {
        const std::ptrdiff_t at = s.x.at(i, j) + c;
        T start[pixels.value];
        UNROLL for (int n = 0; n < pixels.value; ++n) start[n] = summand == nullptr ? T{} : load_as<T>(summand + at + n * cs);
        depthwise_block<T, K, 1, pixels.value>(dy + map.at(i - K / 2, j - K / 2) + c, map.row(), cs, w + (K * K - 1) * cs + c, -cs,
                                            start, false, dx + at);
      });
  });
}

void depthwise_backward(const Filter& s, const float* x, const float* dy, const float* weights, float* d_weights,
                        float* d_bias, const float* summand, float* dx, float* scratch) {
  if (d_bias != nullptr) add_bias_gradient(s.y, dy, d_bias);
  with_kernel_and_stride(
      s, [&](auto k, auto stride) { depthwise_weight_gradient<k.value, stride.value>(s, x, dy, d_weights); });
  if (dx == nullptr) return;
  Map map;
  const float* const around = with_zeros(s, dy, scratch, map);
  if (s.stride == 1)
    return with_kernel(s.kernel, [&](auto k) { depthwise_input_rows<k.value>(s, map, around, weights, summand, dx); });
  each_vector_of(s.x, [&](auto part, int c) __attribute__((always_inline)) {
    each_phase(s, [&](auto pixels, int i, int j) __attribute__((always_inline)) {
      const std::ptrdiff_t at = s.x.at(i, j) + c;
      depthwise_input_block<decltype(part), pixels.value>(s, map, around + c, weights + c, i, j,
                                                          summand == nullptr ? nullptr : summand + at, dx + at);
    });
  });
}

}  // namespace gossamer::GOSSAMER_ISA
