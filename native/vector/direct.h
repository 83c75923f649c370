// The forward convolution as it is written: every tap of every output of a pool's windows.
#pragma once

#include "blocks.h"
#include "pooling.h"

namespace gossamer::GOSSAMER_ISA {

// Sums of 2 x N neighbouring outputs, O vectors of output channels. Where pixels are not padded, a kernel's row is one run.
template <int N, int O>
INLINE void direct_sums(const Conv& s, const float* x, const float* w, V (&sum)[2][N][O]) {
  const int cs = s.x.stride, row = s.x.row(), os = s.y.stride;
  const bool runs = cs == s.x.channels;
  const int pixels = runs ? 1 : s.kernel, floats = runs ? s.kernel * cs : s.x.channels;
  for (int ky = 0; ky < s.kernel; ++ky)
    for (int kx = 0; kx < pixels; ++kx) {
      const float* p = x + std::ptrdiff_t(ky) * row + kx * cs;
      Neighbours<N> first(p, cs), second(p + row, cs);
      for (int c = 0; c < floats; ++c, w += os, first.advance(), second.advance()) {
        V wv[O];
        UNROLL for (int o = 0; o < O; ++o) wv[o] = load(w + o * L);
        UNROLL for (int r = 0; r < 2; ++r)
          UNROLL for (int n = 0; n < N; ++n) {
            const V pixel = splat(r == 0 ? first[n] : second[n]);
            UNROLL for (int o = 0; o < O; ++o) sum[r][n][o] += pixel * wv[o];
          }
      }
    }
}

// The same for 3x3 kernels over one channel, 2 x 2 outputs: every pixel is fetched once, weights stay put.
INLINE void direct_sums_3x3x1(const float* x, int row, const V (&w)[9], V (&sum)[2][2]) {
  UNROLL for (int i = 0; i < 4; ++i)
    UNROLL for (int j = 0; j < 4; ++j) {
      const V pixel = splat(x[i * row + j]);
      UNROLL for (int r = 0; r < 2; ++r)
        UNROLL for (int n = 0; n < 2; ++n)
          if (i - r >= 0 && i - r < 3 && j - n >= 0 && j - n < 3) sum[r][n] += pixel * w[(i - r) * 3 + j - n];
    }
}

template <bool INDICES>
void forward_image_3x3x1(const Conv& s, const float* x, const float* w, const float* bias, float* y,
                         std::int32_t* indices) {
  for (int o = 0; o < s.y.stride; o += L) {
    V wv[9];
    UNROLL for (int t = 0; t < 9; ++t) wv[t] = load(w + t * s.y.stride + o);
    const V b = load(bias + o);
    for (int i = 0; i < s.y.height; ++i)
      for (int j = 0; j < s.y.width; ++j) {
        V sum[2][2] = {};
        direct_sums_3x3x1(x + s.x.at(2 * i - 1, 2 * j - 1), s.x.row(), wv, sum);
        // pixels are never NaN: a weight that is makes all four sums NaN (the check would cost a tenth here)
        store_pooled<INDICES, true>(sum[0][0], sum[0][1], sum[1][0], sum[1][1], b, y + s.y.at(i, j) + o,
                                   INDICES ? indices + (std::ptrdiff_t(i) * s.y.width + j) * s.y.stride + o : nullptr);
      }
  }
}

// Apart from its callers: inlined, its evaluation took a half longer with GCC 12, for want of registers.
template <bool INDICES, int O>
__attribute__((noinline)) void forward_direct_vectors(const Conv& s, const float* x, const float* w, const float* bias,
                                                      float* y, std::int32_t* indices) {
  constexpr int MOST = O == 1 ? PIXELS / 2 : PIXELS / 4;
  V b[O];
  UNROLL for (int o = 0; o < O; ++o) b[o] = load(bias + o * L);
  for (int i = 0; i < s.y.height; ++i)
    split<MOST>(s.y.width, [&](auto windows, int j) __attribute__((always_inline)) {
      constexpr int N = windows.value;
      V sum[2][2 * N][O] = {};
      direct_sums<2 * N, O>(s, x + s.x.at(2 * i - s.half(), 2 * j - s.half()), w, sum);
      UNROLL for (int n = 0; n < N; ++n)
        UNROLL for (int o = 0; o < O; ++o)
          store_pooled<INDICES>(sum[0][2 * n][o], sum[0][2 * n + 1][o], sum[1][2 * n][o], sum[1][2 * n + 1][o], b[o],
                                y + s.y.at(i, j + n) + o * L,
                                INDICES ? indices + (std::ptrdiff_t(i) * s.y.width + j + n) * s.y.stride + o * L : nullptr);
    });
}

template <bool INDICES>
void forward_direct_pooled(const Conv& s, const float* x, const float* w, const float* bias, float* y, std::int32_t* indices) {
  const auto block = [&](auto vectors, int o) {
    forward_direct_vectors<INDICES, vectors.value>(s, x, w + o, bias + o, y + o, INDICES ? indices + o : nullptr);
  };
  if constexpr (REGISTERS == 32)  // there the pixels' broadcasts are not what it waits for
    for (int o = 0; o < s.y.stride; o += L) block(Count<1>{}, o);
  else
    each_vectors(s.y.stride, block);
}

}  // namespace gossamer::GOSSAMER_ISA
