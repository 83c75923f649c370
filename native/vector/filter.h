// A convolution without a pool: blocks of neighbouring outputs by vectors of channels, their sums in registers.
#pragma once

#include <algorithm>

#include "blocks.h"

namespace gossamer::GOSSAMER_ISA {

INLINE void pack_directly(const Filter& s, const float* weights, float* packed) {
  const int os = s.y.stride;
  std::fill(packed, packed + std::size_t(s.taps()) * s.x.channels * os, 0.0f);
  for (int o = 0; o < s.y.channels; ++o)
    for (int c = 0; c < s.x.channels; ++c)
      for (int t = 0; t < s.taps(); ++t) packed[(std::ptrdiff_t(t) * s.x.channels + c) * os + o] = weights[s.weight_at(o, c, t)];
}

// Outputs of N neighbouring pixels, O vectors of their channels.
template <class T, int N, int O>
INLINE void filter_block(const Filter& s, const float* x, const float* w, const float* bias, const float* added, float* y) {
  const int os = s.y.stride, row = s.x.row(), pixel = s.x.stride, next = s.stride * s.x.stride;
  T sum[N][O];
  UNROLL for (int n = 0; n < N; ++n)
    UNROLL for (int o = 0; o < O; ++o) {
      sum[n][o] = bias == nullptr ? T{} : load_as<T>(bias + o * L);
      if (added != nullptr) sum[n][o] += load_as<T>(added + n * os + o * L);
    }
  const bool whole = pixel == s.x.channels;  // then the channels of a kernel row follow one another
  const int runs = whole ? 1 : s.kernel, run = whole ? s.kernel * pixel : s.x.channels;
  for (int ky = 0; ky < s.kernel; ++ky)
    for (int kx = 0; kx < runs; ++kx) {
      Neighbours<N> p(x + std::ptrdiff_t(ky) * row + kx * pixel, next);
      for (int c = 0; c < run; ++c, w += os, p.advance()) {
        T wv[O];
        UNROLL for (int o = 0; o < O; ++o) wv[o] = load_as<T>(w + o * L);
        UNROLL for (int n = 0; n < N; ++n) {
          const T value = splat_as<T>(p[n]);
          UNROLL for (int o = 0; o < O; ++o) sum[n][o] += value * wv[o];
        }
      }
    }
  UNROLL for (int n = 0; n < N; ++n)
    UNROLL for (int o = 0; o < O; ++o) store_whole(y + n * os + o * L, s.relu ? maximum(sum[n][o], T{}) : sum[n][o]);
}

INLINE void filter_directly(const Filter& s, const float* x, const float* packed, const float* bias, const float* added,
                            float* y) {
  each_part(s.y, [&](auto part, auto vectors, int o) __attribute__((always_inline)) {
    for (int i = 0; i < s.y.height; ++i)
      cover<PIXELS>(s.y.width, [&](auto pixels, int j) __attribute__((always_inline)) {
        filter_block<decltype(part), pixels.value, vectors.value>(
            s, x + s.x.at(s.stride * i - s.half(), s.stride * j - s.half()), packed + o, bias == nullptr ? nullptr : bias + o,
            added == nullptr ? nullptr : added + s.added.at(i, j) + o, y + s.y.at(i, j) + o);
      });
  });
}

// Adds to d[r][n L + l] the sums over a grid of pixels of a[r] times b[n L + l].
template <class T, int R, int N>
INLINE void outer_product(int height, int width, const float* a, int a_row, int a_pixel, const float* b, int b_row,
                          int b_pixel, float* d, std::ptrdiff_t d_row) {
  T sum[R][N];
  UNROLL for (int r = 0; r < R; ++r)
    UNROLL for (int n = 0; n < N; ++n) sum[r][n] = load_as<T>(d + r * d_row + n * L);
  for (int i = 0; i < height; ++i) {
    const float *p = a + std::ptrdiff_t(i) * a_row, *q = b + std::ptrdiff_t(i) * b_row;
    for (int j = 0; j < width; ++j, p += a_pixel, q += b_pixel) {
      T bv[N];
      UNROLL for (int n = 0; n < N; ++n) bv[n] = load_as<T>(q + n * L);
      UNROLL for (int r = 0; r < R; ++r) {
        const T value = splat_as<T>(p[r]);
        UNROLL for (int n = 0; n < N; ++n) sum[r][n] += value * bv[n];
      }
    }
  }
  UNROLL for (int r = 0; r < R; ++r)
    UNROLL for (int n = 0; n < N; ++n) store_whole(d + r * d_row + n * L, sum[r][n]);
}

// Of a map, vectors run over a kernel row's input channels; of an image, over the output channels.
INLINE void filter_weight_gradient(const Filter& s, const float* x, const float* dy, float* d_weights) {
  const int run = s.kernel * s.x.stride, os = s.y.stride;
  const float* const g = dy + s.y.at(0, 0);
  for (int ky = 0; ky < s.kernel; ++ky) {
    const float* const p = x + s.x.at(ky - s.half(), -s.half());
    const auto of_image = [&](auto taps) __attribute__((always_inline)) {
      for (int f = 0; f < run; f += taps.value)
        for (int o = 0; o < os; o += L)
          outer_product<V, taps.value, 1>(s.y.height, s.y.width, p + f, s.stride * s.x.row(), s.stride * s.x.stride, g + o,
                                       s.y.row(), os, d_weights + std::ptrdiff_t(ky * run + f) * os + o, os);
    };
    const auto of_map = [&](auto part, auto vectors, int f) __attribute__((always_inline)) {
      split(s.y.channels, [&](auto outputs, int o) __attribute__((always_inline)) {
        outer_product<decltype(part), outputs.value, vectors.value>(
            s.y.height, s.y.width, g + o, s.y.row(), os, p + f, s.stride * s.x.row(), s.stride * s.x.stride,
            d_weights + (std::ptrdiff_t(o) * s.kernel + ky) * run + f, std::ptrdiff_t(s.kernel) * run);
      });
    };
    if (s.image && run == 9)
      of_image(Count<9>{});
    else if (s.image)
      with_kernel(s.kernel, of_image);
    else if (s.kernel == 1)
      each_part(s.x, of_map);
    else
      each_vectors(run, [&](auto vectors, int f) __attribute__((always_inline)) { of_map(V{}, vectors, f); });
  }
}

INLINE void add_bias_gradient(const Map& y, const float* dy, float* d_bias) {
  for (int o = 0; o < y.stride; o += L) {
    V sum = load(d_bias + o);
    for (int i = 0; i < y.height; ++i)
      for (int j = 0; j < y.width; ++j) sum += load(dy + y.at(i, j) + o);
    store(d_bias + o, sum);
  }
}

// dy with zeros around it, so that every pixel of x finds all outputs that it reached; dy itself where none lies outside.
INLINE const float* with_zeros(const Filter& s, const float* dy, float* scratch, Map& map) {
  if (s.reach() == 0) {
    map = s.y;
    return dy;
  }
  map = s.padded_y();
  float* to = std::fill_n(scratch, map.at(0, 0), 0.0f);
  for (int i = 0; i < s.y.height; ++i) {
    to = std::copy_n(dy + s.y.at(i, 0), std::ptrdiff_t(s.y.width) * s.y.stride, to);
    to = std::fill_n(to, 2 * map.border * map.stride, 0.0f);  // to the right, and to the left of the next row
  }
  std::fill(to, scratch + map.size(), 0.0f);
  return scratch;
}

// The gradient with respect to N pixels of x, `stride` apart, O vectors of their channels: the sums over the taps that lead
// from them to an output, every stride-th one; and a summand, unless that is null.
template <class T, int N, int O>
INLINE void filter_input_block(const Filter& s, const Map& map, const float* dy, const float* w, int i, int j,
                               const float* summand, float* dx) {
  const int cs = s.x.stride;
  const std::ptrdiff_t output = std::ptrdiff_t(s.taps()) * cs;
  T sum[N][O];
  UNROLL for (int n = 0; n < N; ++n)
    UNROLL for (int k = 0; k < O; ++k) sum[n][k] = summand == nullptr ? T{} : load_as<T>(summand + n * s.stride * cs + k * L);
  for (int ky = (i + s.half()) % s.stride; ky < s.kernel; ky += s.stride)
    for (int kx = (j + s.half()) % s.stride; kx < s.kernel; kx += s.stride) {
      Neighbours<N> p(dy + map.at((i + s.half() - ky) / s.stride, (j + s.half() - kx) / s.stride), map.stride);
      const float* u = w + (ky * s.kernel + kx) * cs;
      for (int o = 0; o < map.channels; ++o, u += output, p.advance()) {
        T wv[O];
        UNROLL for (int k = 0; k < O; ++k) wv[k] = load_as<T>(u + k * L);
        UNROLL for (int n = 0; n < N; ++n) {
          const T value = splat_as<T>(p[n]);
          UNROLL for (int k = 0; k < O; ++k) sum[n][k] += value * wv[k];
        }
      }
    }
  UNROLL for (int n = 0; n < N; ++n)
    UNROLL for (int k = 0; k < O; ++k) store_whole(dx + n * s.stride * cs + k * L, sum[n][k]);
}

// Pixels of x in a row, by the remainder of their column: those of one remainder have the same taps.
template <class Block>
INLINE void each_phase(const Filter& s, Block block) {
  for (int i = 0; i < s.x.height; ++i)
    for (int phase = 0; phase < std::min(s.stride, s.x.width); ++phase)
      cover<PIXELS>((s.x.width - phase + s.stride - 1) / s.stride,
            [&](auto pixels, int n) __attribute__((always_inline)) { block(pixels, i, phase + n * s.stride); });
}

INLINE void filter_input_gradient(const Filter& s, const Map& map, const float* dy, const float* weights,
                                  const float* summand, float* dx) {
  each_part(s.x, [&](auto part, auto vectors, int c) __attribute__((always_inline)) {
    each_phase(s, [&](auto pixels, int i, int j) __attribute__((always_inline)) {
      filter_input_block<decltype(part), pixels.value, vectors.value>(s, map, dy, weights + c, i, j,
                                                      summand == nullptr ? nullptr : summand + s.x.at(i, j) + c,
                                                      dx + s.x.at(i, j) + c);
    });
  });
}

}  // namespace gossamer::GOSSAMER_ISA
