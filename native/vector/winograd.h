// The forward 3x3 convolution by Winograd F(2x2, 3x3) (Lavin and Gray 2016): 2.25 times fewer multiplications, and
// its output tile is the pool's window.
#pragma once

#include <algorithm>

#include "../shapes.h"
#include "pooling.h"

namespace gossamer::GOSSAMER_ISA {

// Winograd F(2x2, 3x3): 16 frequencies f of 4x4 tiles; packed weights are [16][C][y.stride].

constexpr int WINOGRAD_TILES = 49;  // at once; their transforms lie in the scratch

INLINE void input_transform(const float* x, int row, int cs, float* v, std::ptrdiff_t next) {
  V d[4][4], t[4][4];
  UNROLL for (int i = 0; i < 4; ++i)
    UNROLL for (int j = 0; j < 4; ++j) d[i][j] = load(x + i * row + j * cs);
  UNROLL for (int j = 0; j < 4; ++j) {
    t[0][j] = d[0][j] - d[2][j];
    t[1][j] = d[1][j] + d[2][j];
    t[2][j] = d[2][j] - d[1][j];
    t[3][j] = d[1][j] - d[3][j];
  }
  UNROLL for (int i = 0; i < 4; ++i) {
    store(v + (4 * i + 0) * next, t[i][0] - t[i][2]);
    store(v + (4 * i + 1) * next, t[i][1] + t[i][2]);
    store(v + (4 * i + 2) * next, t[i][2] - t[i][1]);
    store(v + (4 * i + 3) * next, t[i][1] - t[i][3]);
  }
}

INLINE void output_transform(const float* m, std::ptrdiff_t next, V bias, float* y, std::int32_t* which) {
  V r[2][4];
  UNROLL for (int k = 0; k < 4; ++k) {
    const V a = load(m + k * next), b = load(m + (4 + k) * next), c = load(m + (8 + k) * next),
            d = load(m + (12 + k) * next);
    r[0][k] = a + b + c;
    r[1][k] = b - c - d;
  }
  store_pooled(r[0][0] + r[0][1] + r[0][2], r[0][1] - r[0][2] - r[0][3], r[1][0] + r[1][1] + r[1][2],
               r[1][1] - r[1][2] - r[1][3], bias, y, which);
}

// m[T][O vectors] = v[T][C] u[C][O vectors]
template <int T, int O>
INLINE void multiply_block(const float* v, int cs, int channels, const float* u, int os, float* m) {
  V sum[T][O] = {};
  for (int c = 0; c < channels; ++c) {
    V uv[O];
    UNROLL for (int k = 0; k < O; ++k) uv[k] = load(u + std::ptrdiff_t(c) * os + k * L);
    UNROLL for (int t = 0; t < T; ++t) {
      const V b = splat(v[t * cs + c]);
      UNROLL for (int k = 0; k < O; ++k) sum[t][k] += b * uv[k];
    }
  }
  UNROLL for (int t = 0; t < T; ++t)
    UNROLL for (int k = 0; k < O; ++k) store(m + std::ptrdiff_t(t) * os + k * L, sum[t][k]);
}

template <int O>
INLINE void multiply(int tiles, const float* v, int cs, int channels, const float* u, int os, float* m) {
  // As many sums as leave room for what they are made of; no loop is unrolled further than 16 times.
  constexpr int T = REGISTERS == 32 ? (O == 1 ? 16 : 24 / O) : 12 / O;
  int t = 0;
  for (; t + T <= tiles; t += T) multiply_block<T, O>(v + t * cs, cs, channels, u, os, m + std::ptrdiff_t(t) * os);
  for (; t + 4 <= tiles; t += 4) multiply_block<4, O>(v + t * cs, cs, channels, u, os, m + std::ptrdiff_t(t) * os);
  for (; t < tiles; ++t) multiply_block<1, O>(v + t * cs, cs, channels, u, os, m + std::ptrdiff_t(t) * os);
}

INLINE int winograd_rows(const Conv& s) { return std::max(1, WINOGRAD_TILES / s.y.width); }

void forward_winograd(const Conv& s, const float* x, const float* u, const float* bias, float* y,
                      std::int32_t* which, float* scratch) {
  const int cs = s.x.stride, os = s.y.stride, width = s.y.width;
  const int rows = winograd_rows(s);
  for (int top = 0; top < s.y.height; top += rows) {
    const int tiles = std::min(rows, s.y.height - top) * width;
    const std::ptrdiff_t next_v = std::ptrdiff_t(tiles) * cs, next_m = std::ptrdiff_t(tiles) * os;
    float* const v = scratch;              // [16][tiles][cs]
    float* const m = scratch + 16 * next_v;  // [16][tiles][os]
    for (int t = 0; t < tiles; ++t)
      for (int c = 0; c < cs; c += L)
        input_transform(x + s.x.at(2 * (top + t / width) - 1, 2 * (t % width) - 1) + c, s.x.row(), cs,
                        v + std::ptrdiff_t(t) * cs + c, next_v);
    for (int f = 0; f < 16; ++f) {
      const float* const uf = u + std::ptrdiff_t(f) * s.x.channels * os;
      int o = 0;
      for (; o + 2 * L <= os; o += 2 * L)
        multiply<2>(tiles, v + f * next_v, cs, s.x.channels, uf + o, os, m + f * next_m + o);
      for (; o < os; o += L) multiply<1>(tiles, v + f * next_v, cs, s.x.channels, uf + o, os, m + f * next_m + o);
    }
    for (int t = 0; t < tiles; ++t)
      for (int o = 0; o < os; o += L) {
        const int i = top + t / width, j = t % width;
        output_transform(m + std::ptrdiff_t(t) * os + o, next_m, load(bias + o), y + s.y.at(i, j) + o,
                         which + (std::ptrdiff_t(i) * width + j) * os + o);
      }
  }
}

// G g G^T of one channel pair
INLINE void weight_transform(const float (&g)[9], float* u, std::ptrdiff_t next) {
  float t[4][3];
  for (int k = 0; k < 3; ++k) {
    t[0][k] = g[k];
    t[1][k] = 0.5f * (g[k] + g[3 + k] + g[6 + k]);
    t[2][k] = 0.5f * (g[k] - g[3 + k] + g[6 + k]);
    t[3][k] = g[6 + k];
  }
  for (int i = 0; i < 4; ++i) {
    u[(4 * i + 0) * next] = t[i][0];
    u[(4 * i + 1) * next] = 0.5f * (t[i][0] + t[i][1] + t[i][2]);
    u[(4 * i + 2) * next] = 0.5f * (t[i][0] - t[i][1] + t[i][2]);
    u[(4 * i + 3) * next] = t[i][2];
  }
}

}  // namespace gossamer::GOSSAMER_ISA
