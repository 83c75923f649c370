// The gradient with respect to a convolution's weights.
#pragma once

#include "active.h"
#include "blocks.h"

namespace gossamer::GOSSAMER_ISA {

// Of one output channel: R rows of the kernel, N vectors of each, summed over the channel's active windows.
template <int R, int N>
INLINE void weight_gradient_block(const Conv& s, const float* x, const Active& a, int o, int ky, int from,
                                  float* d_weights) {
  const int os = s.y.stride, row = s.x.row(), run = s.kernel * s.x.stride;
  float* const d = d_weights + (std::ptrdiff_t(o) * s.kernel + ky) * run + from;
  V sum[R][N];
  UNROLL for (int r = 0; r < R; ++r)
    UNROLL for (int n = 0; n < N; ++n) sum[r][n] = load(d + r * run + n * L);
  x += std::ptrdiff_t(ky) * row + from;
  for (int k = 0; k < a.words; ++k) {
    const float* const gradient = a.gradient + std::ptrdiff_t(k) * 32 * os + o;
    const std::int32_t* const patch = a.patch + std::ptrdiff_t(k) * 32 * os + o;
    for (std::uint32_t left = a.windows[std::ptrdiff_t(k) * os + o]; left; left &= left - 1) {
      const std::ptrdiff_t window = std::ptrdiff_t(__builtin_ctz(left)) * os;
      const V g = splat(gradient[window]);
      const float* const p = x + patch[window];
      UNROLL for (int r = 0; r < R; ++r)
        UNROLL for (int n = 0; n < N; ++n) sum[r][n] += g * load(p + r * row + n * L);
    }
  }
  UNROLL for (int r = 0; r < R; ++r)
    UNROLL for (int n = 0; n < N; ++n) store(d + r * run + n * L, sum[r][n]);
}

void weight_gradient(const Conv& s, const float* x, const Active& a, float* d_weights) {
  const int run = s.kernel * s.x.stride;
  for (int o = 0; o < s.y.channels; ++o) {
    if (s.kernel == 3 && run == 3 * L && REGISTERS == 32) {
      weight_gradient_block<3, 3>(s, x, a, o, 0, 0, d_weights);
      continue;
    }
    for (int ky = 0; ky < s.kernel; ++ky) {
      int from = 0;
      for (; from + 6 * L <= run; from += 6 * L) weight_gradient_block<1, 6>(s, x, a, o, ky, from, d_weights);
      for (; from + 3 * L <= run; from += 3 * L) weight_gradient_block<1, 3>(s, x, a, o, ky, from, d_weights);
      for (; from < run; from += L) weight_gradient_block<1, 1>(s, x, a, o, ky, from, d_weights);
    }
  }
}

// N neighbouring taps of an image's kernel row, one vector of output channels. Each window adds at its winning position and
// nothing at the others, which is faster than picking the pixel.
template <bool POOL, int N>
INLINE void weight_gradient_taps(const Conv& s, const float* x, const std::int32_t* indices, const Active& a, int o,
                                 float* d_weights) {
  const int os = s.y.stride, C = s.x.channels, row = s.x.row();
  V sum[N];
  UNROLL for (int t = 0; t < N; ++t) sum[t] = load(d_weights + t * os + o);
  std::ptrdiff_t at = o;
  for (int i = 0; i < s.y.height; ++i)
    for (int j = 0; j < s.y.width; ++j, at += os) {
      const float* const p = x + s.x.at(s.step() * i, s.step() * j);
      const V g = load(a.gradient + at);
      if constexpr (POOL) {
        const I index = load(indices + at);
        UNROLL for (int position = 0; position < 4; ++position) {
          const float* const pixel = p + position / 2 * row + position % 2 * C;
          const V here = index == splat(position) ? g : V{};
          UNROLL for (int t = 0; t < N; ++t) sum[t] += here * splat(pixel[t]);
        }
      } else {
        UNROLL for (int t = 0; t < N; ++t) sum[t] += g * splat(p[t]);
      }
    }
  UNROLL for (int t = 0; t < N; ++t) store(d_weights + t * os + o, sum[t]);
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
          if (s.pool)
            weight_gradient_taps<true, taps.value>(s, p, indices, a, o, d);
          else
            weight_gradient_taps<false, taps.value>(s, p, indices, a, o, d);
        }
  };
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
