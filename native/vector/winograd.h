// The forward 3x3 convolution by Winograd F(2x2, 3x3) (Lavin and Gray 2016): 2.25 times fewer multiplications, and
// its output tile is the pool's window.
#pragma once

#include <algorithm>

#include "../shapes.h"
#include "pooling.h"

namespace gossamer::GOSSAMER_ISA {

// Winograd F(2x2, 3x3): 16 frequencies f of 4x4 tiles; packed weights are [16][C][y.stride].

constexpr int WINOGRAD_TILES = 49;  // at once; their transforms lie in the scratch

// Of 4 x 4 pixels, the last row and column of which lie so many floats behind the first ones.
INLINE void input_transform(const float* x, int row, int cs, float* v, std::ptrdiff_t next, std::ptrdiff_t last_row,
                            std::ptrdiff_t last_column) {
  V d[4][4], t[4][4];
  UNROLL for (int i = 0; i < 4; ++i)
    UNROLL for (int j = 0; j < 4; ++j) d[i][j] = load(x + (i < 3 ? i * row : last_row) + (j < 3 ? j * cs : last_column));
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

// From the sums over rows that multiply_column leaves.
template <bool INDICES>
INLINE void output_transform(const float* m, std::ptrdiff_t next, V bias, float* y, std::int32_t* indices) {
  V r[2][4];
  UNROLL for (int i = 0; i < 2; ++i)
    UNROLL for (int k = 0; k < 4; ++k) r[i][k] = load(m + (4 * i + k) * next);
  store_pooled<INDICES>(r[0][0] + r[0][1] + r[0][2], r[0][1] - r[0][2] - r[0][3], r[1][0] + r[1][1] + r[1][2],
                       r[1][1] - r[1][2] - r[1][3], bias, y, indices);
}

// What is multiplied: inputs v[16][tiles][cs] by weights u[16][C][os] to m[2][4][tiles][os]; next_* is one frequency on.
struct Product {
  const float *v, *u;
  float* m;
  int tiles, channels, cs, os;
  std::ptrdiff_t next_v, next_u, next_m;
};

// Of T tiles and O vectors of outputs, one frequency.
template <int T, int O>
INLINE void multiply_block(const Product& p, const float* v, const float* u, V (&sum)[T][O]) {
  UNROLL for (int t = 0; t < T; ++t)
    UNROLL for (int k = 0; k < O; ++k) sum[t][k] = V{};
  for (int c = 0; c < p.channels; ++c) {
    V uv[O];
    UNROLL for (int k = 0; k < O; ++k) uv[k] = load(u + std::ptrdiff_t(c) * p.os + k * L);
    UNROLL for (int t = 0; t < T; ++t) {
      const V b = splat(v[t * p.cs + c]);
      UNROLL for (int k = 0; k < O; ++k) sum[t][k] += b * uv[k];
    }
  }
}

// Column k of the 4x4 frequencies, and the half of the output transform that adds up over its rows: 2 of 4 products go
// to memory, and their sums cost nothing beside the multiplications.
template <int T, int O>
INLINE void multiply_column(const Product& p, int k, int tile, int o) {
  const float* const v = p.v + k * p.next_v + std::ptrdiff_t(tile) * p.cs;
  const float* const u = p.u + k * p.next_u + o;
  float* const m = p.m + k * p.next_m + std::ptrdiff_t(tile) * p.os + o;
  V top[T][O], bottom[T][O], sum[T][O];
  multiply_block<T, O>(p, v, u, top);
  multiply_block<T, O>(p, v + 4 * p.next_v, u + 4 * p.next_u, bottom);
  UNROLL for (int t = 0; t < T; ++t)
    UNROLL for (int n = 0; n < O; ++n) top[t][n] += bottom[t][n];
  multiply_block<T, O>(p, v + 8 * p.next_v, u + 8 * p.next_u, sum);
  UNROLL for (int t = 0; t < T; ++t)
    UNROLL for (int n = 0; n < O; ++n) {
      store(m + t * p.os + n * L, top[t][n] + sum[t][n]);
      bottom[t][n] -= sum[t][n];
    }
  multiply_block<T, O>(p, v + 12 * p.next_v, u + 12 * p.next_u, sum);
  UNROLL for (int t = 0; t < T; ++t)
    UNROLL for (int n = 0; n < O; ++n) store(m + 4 * p.next_m + t * p.os + n * L, bottom[t][n] - sum[t][n]);
}

template <int O>
INLINE void multiply_tiles(const Product& p, int k, int o) {
  // Measured. 7 leaves no rest of the report's 49 tiles; no loop is unrolled further than 16 times.
  constexpr int T = (REGISTERS == 32 ? 7 : 5) * (2 / O);
  int t = 0;
  for (; t + T <= p.tiles; t += T) multiply_column<T, O>(p, k, t, o);
  for (; t + 4 <= p.tiles; t += 4) multiply_column<4, O>(p, k, t, o);
  for (; t < p.tiles; ++t) multiply_column<1, O>(p, k, t, o);
}

INLINE void multiply(const Product& p) {
  for (int k = 0; k < 4; ++k) {
    int o = 0;
    for (; o + 2 * L <= p.os; o += 2 * L) multiply_tiles<2>(p, k, o);
    for (; o < p.os; o += L) multiply_tiles<1>(p, k, o);
  }
}

INLINE int winograd_rows(const Conv& s) { return std::max(1, WINOGRAD_TILES / s.y.width); }

template <bool INDICES>
void forward_winograd(const Conv& s, const float* x, const float* u, const float* bias, float* y,
                      std::int32_t* indices, float* scratch) {
  const int cs = s.x.stride, os = s.y.stride, width = s.y.width;
  const int rows = winograd_rows(s);
  for (int top = 0; top < s.y.height; top += rows) {
    const int tiles = std::min(rows, s.y.height - top) * width;
    const std::ptrdiff_t next_v = std::ptrdiff_t(tiles) * cs, next_m = std::ptrdiff_t(tiles) * os;
    float* const v = scratch;                // [16][tiles][cs]
    float* const m = scratch + 16 * next_v;  // [2][4][tiles][os]
    for (int t = 0; t < tiles; ++t)
      for (int c = 0; c < cs; c += L)
        input_transform(x + s.x.at(2 * (top + t / width) - 1, 2 * (t % width) - 1) + c, s.x.row(), cs,
                        v + std::ptrdiff_t(t) * cs + c, next_v, 3 * s.x.row(), 3 * cs);
    multiply({v, u, m, tiles, s.x.channels, cs, os, next_v, std::ptrdiff_t(s.x.channels) * os, next_m});
    for (int t = 0; t < tiles; ++t)
      for (int o = 0; o < os; o += L) {
        const int i = top + t / width, j = t % width;
        output_transform<INDICES>(m + std::ptrdiff_t(t) * os + o, next_m, load(bias + o), y + s.y.at(i, j) + o,
                                 INDICES ? indices + (std::ptrdiff_t(i) * width + j) * os + o : nullptr);
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
