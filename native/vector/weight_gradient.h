// The gradient with respect to a convolution's weights.
#pragma once

#include "active.h"
#include "blocks.h"

namespace gossamer::GOSSAMER_ISA {

// Of one output channel: R rows of the kernel, N vectors of each, summed over its active windows in words [word, last).
// Apart from its callers: inlined, the report's second convolution took a seventh longer with GCC 12, for want of registers.
template <int R, int N>
__attribute__((noinline)) void weight_gradient_block(const Conv& s, const float* x, const Active& a, int o, int word, int last,
                                                     float* d_weights) {
  const int os = s.y.stride, row = s.x.row(), run = s.kernel * s.x.stride;
  V sum[R][N];
  UNROLL for (int r = 0; r < R; ++r)
    UNROLL for (int n = 0; n < N; ++n) sum[r][n] = load(d_weights + r * run + n * L);
  for (; word < last; ++word) {
    const float* const gradient = a.gradient + std::ptrdiff_t(word) * 32 * os + o;
    const std::int32_t* const patch = a.patch + std::ptrdiff_t(word) * 32 * os + o;
    for (std::uint32_t left = a.windows[std::ptrdiff_t(word) * os + o]; left; left &= left - 1) {
      const std::ptrdiff_t window = std::ptrdiff_t(__builtin_ctz(left)) * os;
      const V g = splat(gradient[window]);
      const float* p = x + patch[window];
      UNROLL for (int r = 0; r < R; ++r, p += row)
        UNROLL for (int n = 0; n < N; ++n) sum[r][n] += g * load(p + n * L);
    }
  }
  UNROLL for (int r = 0; r < R; ++r)
    UNROLL for (int n = 0; n < N; ++n) store(d_weights + r * run + n * L, sum[r][n]);
}

// N vectors of each row of the kernel, as many rows at a time as there are registers for.
template <int K, int N, int FROM = 0>
INLINE void weight_gradient_rows(const Conv& s, const float* x, const Active& a, int o, int word, int last, float* d_weights) {
  constexpr int MOST = (REGISTERS - 1) / N, BLOCKS = (K + MOST - 1) / MOST, ROWS = (K + BLOCKS - 1) / BLOCKS;
  constexpr int R = K - FROM < ROWS ? K - FROM : ROWS;
  weight_gradient_block<R, N>(s, x, a, o, word, last, d_weights);
  if constexpr (FROM + R < K)
    weight_gradient_rows<K, N, FROM + R>(s, x + R * s.x.row(), a, o, word, last, d_weights + R * K * s.x.stride);
}

// In bands of windows whose input, 16 KB and what surrounds it, stays in the first cache for all channels.
void weight_gradient(const Conv& s, const float* x, const Active& a, float* d_weights) {
  const int run = s.kernel * s.x.stride, band = std::max(1, 4096 / (128 * s.x.stride));
  with_kernel(s.kernel, [&](auto kernel) {
    constexpr int K = kernel.value, N = K == 1 ? 3 : K == 3 && REGISTERS == 32 ? 6 : K;
    for (int word = 0; word < a.words; word += band)
      for (int o = 0; o < s.y.channels; ++o) {
        const int last = std::min(a.words, word + band);
        float* const d = d_weights + std::ptrdiff_t(o) * K * run;
        int from = 0;
        for (; from + N * L <= run; from += N * L) weight_gradient_rows<K, N>(s, x + from, a, o, word, last, d + from);
        if constexpr (K < N)
          for (; from < run; from += K * L) weight_gradient_rows<K, K>(s, x + from, a, o, word, last, d + from);
      }
  });
}

// N neighbouring taps of an image's kernel row, one vector of output channels. Each window adds at its winning position and
// nothing at the others, which is faster than picking the pixel from memory.
template <int N>
INLINE void weight_gradient_taps(const Conv& s, const float* x, const std::int32_t* indices, const Active& a, int o,
                                 float* d_weights) {
  const int os = s.y.stride, C = s.x.channels, row = s.x.row();
  V sum[N];
  UNROLL for (int t = 0; t < N; ++t) sum[t] = load(d_weights + t * os + o);
  std::ptrdiff_t at = o;
  for (int i = 0; i < s.y.height; ++i)
    for (int j = 0; j < s.y.width; ++j, at += os) {
      const float* const p = x + s.x.at(2 * i, 2 * j);
      const V g = load(a.gradient + at);
      const I index = load(indices + at);
      UNROLL for (int position = 0; position < 4; ++position) {
        const float* const pixel = p + position / 2 * row + position % 2 * C;
        const V here = index == splat(position) ? g : V{};
        UNROLL for (int t = 0; t < N; ++t) sum[t] += here * splat(pixel[t]);
      }
    }
  UNROLL for (int t = 0; t < N; ++t) store(d_weights + t * os + o, sum[t]);
}

// R rows of N taps, where both rows of a window fit in a vector each: every lane picks its winning pixel from them.
template <int R, int N>
__attribute__((noinline)) void weight_gradient_picks(const Conv& s, const float* x, const std::int32_t* indices,
                                                     const Active& a, int o, float* d_weights) {
  const int os = s.y.stride, C = s.x.channels, row = s.x.row();
  V sum[R][N];
  UNROLL for (int r = 0; r < R; ++r)
    UNROLL for (int t = 0; t < N; ++t) sum[r][t] = load(d_weights + (r * N + t) * os + o);
  std::ptrdiff_t at = o;
  for (int i = 0; i < s.y.height; ++i)
    for (int j = 0; j < s.y.width; ++j, at += os) {
      const float* p = x + s.x.at(2 * i, 2 * j);
      const V g = load(a.gradient + at);
      const I index = load(indices + at), first = (index >> 1) * L + (index & 1) * C;
      UNROLL for (int r = 0; r < R; ++r, p += row) {
        const Rows rows(p, p + row, N + C);
        UNROLL for (int t = 0; t < N; ++t) sum[r][t] += g * rows.pick(first + splat(t));
      }
    }
  UNROLL for (int r = 0; r < R; ++r)
    UNROLL for (int t = 0; t < N; ++t) store(d_weights + (r * N + t) * os + o, sum[r][t]);
}

// Of an image: vectors run over the output channels. A colour image's nine neighbours are a block of their own.
void weight_gradient_image(const Conv& s, const float* x, const std::int32_t* indices, const Active& a, float* d_weights) {
  const int run = s.kernel * s.x.channels;
  const auto in_blocks = [&](auto taps) {
    for (int ky = 0; ky < s.kernel; ++ky)
      for (int t = 0; t < run; t += taps.value)
        for (int o = 0; o < s.y.stride; o += L) {
          const float* const p = x + (ky - s.half()) * s.x.row() - s.half() * s.x.stride + t;
          float* const d = d_weights + std::ptrdiff_t(ky * run + t) * s.y.stride;
          weight_gradient_taps<taps.value>(s, p, indices, a, o, d);
        }
  };
  const auto in_picks = [&](auto rows, auto taps) {
    for (int ky = 0; ky < s.kernel; ky += rows.value)
      for (int o = 0; o < s.y.stride; o += L)
        weight_gradient_picks<rows.value, taps.value>(s, x + (ky - s.half()) * s.x.row() - s.half() * s.x.stride, indices, a, o,
                                                      d_weights + std::ptrdiff_t(ky * run) * s.y.stride);
  };
  if (run + s.x.channels <= L) {
    constexpr bool ALL = REGISTERS == 32;
    if (s.kernel == 3 && run == 9) return in_picks(Count<ALL ? 3 : 1>{}, Count<9>{});
    if (s.kernel == 5 && run == 5) return in_picks(Count<ALL ? 5 : 1>{}, Count<5>{});
    if (s.kernel == 7 && run == 7) return in_picks(Count<1>{}, Count<7>{});
  }
  if (run == 9) return in_blocks(Count<9>{});
  with_kernel(s.kernel, in_blocks);
}

// The same for the report's first layer, 3x3 over one channel and pooled: nine sums in registers.
void weight_gradient_image_3x3x1(const Conv& s, const float* x, const float* y, const std::int32_t* indices,
                                 const float* dy, float* d_weights, float* d_bias) {
  const int os = s.y.stride, row = s.x.row();
  for (int o = 0; o < os; o += L) {
    V sum[9], sum_bias = load(d_bias + o);
    UNROLL for (int t = 0; t < 9; ++t) sum[t] = load(d_weights + t * os + o);
    for (int i = 0; i < s.y.height; ++i)
      for (int j = 0; j < s.y.width; ++j) {
        const float* const p = x + s.x.at(2 * i - 1, 2 * j - 1);
        const V g = load(y + s.y.at(i, j) + o) > V{} ? load(dy + s.y.at(i, j) + o) : V{};
        const I index = load(indices + (std::ptrdiff_t(i) * s.y.width + j) * os + o);
        sum_bias += g;
        const Window window(p, row);
        UNROLL for (int ky = 0; ky < 3; ++ky)
          UNROLL for (int kx = 0; kx < 3; ++kx) sum[3 * ky + kx] += g * window.pick(index, 4 * ky + kx);
      }
    UNROLL for (int t = 0; t < 9; ++t) store(d_weights + t * os + o, sum[t]);
    store(d_bias + o, sum_bias);
  }
}

}  // namespace gossamer::GOSSAMER_ISA
