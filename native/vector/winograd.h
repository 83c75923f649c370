// Winograd's algorithm for 3x3 convolutions (Lavin and Gray 2016): F(2x2, 3x3) and F(4x4, 3x3), which take 2.25 and 4 times fewer
// multiplications. Tiles of M x M outputs, read from A x A inputs, A = M + 2, become A x A frequencies.
#pragma once

#include <algorithm>

#include "../shapes.h"
#include "blocks.h"

namespace gossamer::GOSSAMER_ISA {

// The side of the tiles that take the fewest multiplications of a 3x3 convolution to so many outputs, those that tiles compute
// beyond an odd edge included; 0 if that is the convolution as it is written. What is saved must pay for the transforms.
INLINE int winograd_side(int height, int width) {
  const auto tiles = [&](int side) { return (height + side - 1) / side * ((width + side - 1) / side); };
  const int large = 36 * tiles(4), small = 16 * tiles(2), direct = 9 * height * width;
  if (4 * large <= 3 * small) return 4;
  return 3 * small <= 2 * direct ? 2 : 0;
}

template <int M>
struct Winograd {
  static constexpr int A = M + 2, F = A * A;
  static constexpr int TILES = M == 2 ? 49 : 28;  // at once; their transforms lie in the scratch

  // One dimension of the transforms. Of the inputs, in place:
  static INLINE void inputs(V (&d)[A]) {
    if constexpr (M == 2) {
      const V t[4] = {d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]};
      UNROLL for (int k = 0; k < 4; ++k) d[k] = t[k];
    } else {
      const V odd = d[3] - 4.0f * d[1], even = d[4] - 4.0f * d[2], twice = 2.0f * (d[3] - d[1]), rest = d[4] - d[2];
      const V first = 4.0f * d[0] + (d[4] - 5.0f * d[2]), last = 4.0f * d[1] + (d[5] - 5.0f * d[3]);
      d[0] = first, d[1] = even + odd, d[2] = even - odd, d[3] = rest + twice, d[4] = rest - twice, d[5] = last;
    }
  }
  // Of the products of frequency k, added to the outputs.
  template <int K, class Number>
  static INLINE void add_product(const Number& product, Number (&outputs)[M]) {
    constexpr float point[6] = {0, 1, -1, 2, -2, 0};
    if constexpr (M == 2) {
      if constexpr (K < 3) outputs[0] += product;
      if constexpr (K == 1) outputs[1] += product;
      if constexpr (K > 1) outputs[1] -= product;
    } else {
      if constexpr (K == 5) {
        outputs[3] += product;
      } else {
        outputs[0] += product;
        if constexpr (K > 0)
          UNROLL for (int m = 1; m < 4; ++m)
            outputs[m] += (m == 1 ? point[K] : m == 2 ? point[K] * point[K] : point[K] * point[K] * point[K]) * product;
      }
    }
  }
  // Of a kernel's row or column.
  static INLINE void weights(const float (&g)[3], float (&u)[A]) {
    if constexpr (M == 2) {
      u[0] = g[0], u[1] = 0.5f * (g[0] + g[1] + g[2]), u[2] = 0.5f * (g[0] - g[1] + g[2]), u[3] = g[2];
    } else {
      u[0] = g[0] / 4, u[1] = -(g[0] + g[1] + g[2]) / 6, u[2] = -(g[0] - g[1] + g[2]) / 6;
      u[3] = (g[0] + 2 * g[1] + 4 * g[2]) / 24, u[4] = (g[0] - 2 * g[1] + 4 * g[2]) / 24, u[5] = g[2];
    }
  }
  // Of the outputs' gradient, which is the kernel of the weights' gradient: F(3x3, 2x2) and F(3x3, 4x4).
  static INLINE void gradients(const V (&g)[M], V (&e)[A]) {
    if constexpr (M == 2) {
      e[0] = g[0], e[1] = (g[0] + g[1]) * splat(0.5f), e[2] = (g[0] - g[1]) * splat(0.5f), e[3] = g[1];
    } else {
      const V even = g[0] + g[2], odd = g[1] + g[3], far_even = g[0] + 4.0f * g[2], far_odd = 2.0f * (g[1] + 4.0f * g[3]);
      e[0] = 0.25f * g[0], e[1] = (even + odd) * splat(-1.0f / 6), e[2] = (even - odd) * splat(-1.0f / 6);
      e[3] = (far_even + far_odd) * splat(1.0f / 24), e[4] = (far_even - far_odd) * splat(1.0f / 24), e[5] = g[3];
    }
  }
  // Of that gradient's products, to three taps.
  static INLINE void taps(const V (&p)[A], V (&w)[3]) {
    if constexpr (M == 2) {
      w[0] = p[0] + (p[1] + p[2]), w[1] = p[1] - p[2], w[2] = (p[1] + p[2]) - p[3];
    } else {
      w[0] = p[0] + ((p[1] + p[2]) + (p[3] + p[4]));
      w[1] = (p[1] - p[2]) + 2.0f * (p[3] - p[4]);
      w[2] = (p[1] + p[2]) + (4.0f * (p[3] + p[4]) + p[5]);
    }
  }
};

// A tile's first output, and how many rows and columns of outputs it has: fewer than M where it crosses an edge.
struct Tile {
  int i, j, rows, columns;
};

// The tiles of a map of so many outputs, a band of some rows of tiles at a time.
template <int M>
class Tiles {
 public:
  Tiles(int height, int width)
      : outputs_{height, width},
        height_((height + M - 1) / M),
        width_((width + M - 1) / M),
        rows_(std::max(1, Winograd<M>::TILES / width_)) {}
  int most() const { return std::min(rows_, height_) * width_; }
  // Tile t of the band that begins with row `top` of tiles.
  INLINE Tile at(int top, int t) const {
    const int i = M * (top + t / width_), j = M * (t % width_);
    return {i, j, std::min(M, outputs_[0] - i), std::min(M, outputs_[1] - j)};
  }
  // Calls band(its first row of tiles, how many tiles it has).
  template <class Band>
  INLINE void each_band(Band band) const {
    for (int top = 0; top < height_; top += rows_) band(top, std::min(rows_, height_ - top) * width_);
  }

 private:
  const int outputs_[2], height_, width_, rows_;
};

// Of a tile's inputs; what lies outside the map and its border is zero, and only outputs that do not exist depend on it.
template <int M, bool WHOLE>
INLINE void input_transform(const Tile& tile, const float* x, int row, int cs, float* v, std::ptrdiff_t next) {
  constexpr int A = Winograd<M>::A;
  V t[A][A];
  UNROLL for (int j = 0; j < A; ++j) {
    V d[A];
    UNROLL for (int i = 0; i < A; ++i)
      d[i] = WHOLE || (i < tile.rows + 2 && j < tile.columns + 2) ? load(x + i * row + j * cs) : V{};
    Winograd<M>::inputs(d);
    UNROLL for (int i = 0; i < A; ++i) t[i][j] = d[i];
  }
  UNROLL for (int i = 0; i < A; ++i) {
    Winograd<M>::inputs(t[i]);
    UNROLL for (int j = 0; j < A; ++j) store(v + (A * i + j) * next, t[i][j]);
  }
}

// The input transforms of a band's tiles into v[F][tiles][x.stride].
template <int M>
INLINE void transform_band(const Map& x, const float* in, const Tiles<M>& all, int top, int tiles, float* v) {
  const std::ptrdiff_t next = std::ptrdiff_t(tiles) * x.stride;
  for (int t = 0; t < tiles; ++t) {
    const Tile tile = all.at(top, t);
    const float* const from = in + x.at(tile.i - 1, tile.j - 1);
    float* const to = v + std::ptrdiff_t(t) * x.stride;
    if (tile.rows == M && tile.columns == M)
      for (int c = 0; c < x.stride; c += L) input_transform<M, true>(tile, from + c, x.row(), x.stride, to + c, next);
    else
      for (int c = 0; c < x.stride; c += L) input_transform<M, false>(tile, from + c, x.row(), x.stride, to + c, next);
  }
}

// What is multiplied: inputs v[F][tiles][cs] by weights u[F][C][os] to m[M][A][tiles][os]; next_* is one frequency on.
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

// Column k of the frequencies, and the half of the output transform that adds up over its rows: M of A products go to memory,
// and their sums cost nothing beside the multiplications.
template <int M, int T, int O>
INLINE void multiply_column(const Product& p, int k, int tile, int o) {
  constexpr int A = Winograd<M>::A;
  const float* const v = p.v + k * p.next_v + std::ptrdiff_t(tile) * p.cs;
  const float* const u = p.u + k * p.next_u + o;
  float* const m = p.m + k * p.next_m + std::ptrdiff_t(tile) * p.os + o;
  V outputs[T][O][M] = {};
  const auto add_row = [&](auto row) __attribute__((always_inline)) {
    constexpr int R = row.value;
    V product[T][O];
    multiply_block<T, O>(p, v + R * A * p.next_v, u + R * A * p.next_u, product);
    UNROLL for (int t = 0; t < T; ++t)
      UNROLL for (int n = 0; n < O; ++n) Winograd<M>::template add_product<R>(product[t][n], outputs[t][n]);
  };
  add_row(Count<0>{}), add_row(Count<1>{}), add_row(Count<2>{}), add_row(Count<3>{});
  if constexpr (A == 6) add_row(Count<4>{}), add_row(Count<5>{});
  UNROLL for (int i = 0; i < M; ++i)
    UNROLL for (int t = 0; t < T; ++t)
      UNROLL for (int n = 0; n < O; ++n) store(m + i * A * p.next_m + t * p.os + n * L, outputs[t][n][i]);
}

template <int M, int O>
INLINE void multiply_tiles(const Product& p, int k, int o) {
  // Measured. 7 leaves no rest of the report's 49 tiles; no loop is unrolled further than 16 times.
  constexpr int T = (M == 4 ? 4 : REGISTERS == 32 ? 7 : 5) * (2 / O);
  int t = 0;
  for (; t + T <= p.tiles; t += T) multiply_column<M, T, O>(p, k, t, o);
  for (; t + 4 <= p.tiles; t += 4) multiply_column<M, 4, O>(p, k, t, o);
  for (; t < p.tiles; ++t) multiply_column<M, 1, O>(p, k, t, o);
}

template <int M>
INLINE void multiply(const Product& p) {
  for (int k = 0; k < Winograd<M>::A; ++k) {
    int o = 0;
    for (; o + 2 * L <= p.os; o += 2 * L) multiply_tiles<M, 2>(p, k, o);
    for (; o < p.os; o += L) multiply_tiles<M, 1>(p, k, o);
  }
}

// The other half of the output transform, of row i of a tile's outputs.
template <int M>
INLINE void output_transform(const float* m, std::ptrdiff_t next, int i, V (&outputs)[M]) {
  constexpr int A = Winograd<M>::A;
  const auto add = [&](auto k) __attribute__((always_inline)) {
    Winograd<M>::template add_product<k.value>(load(m + (A * i + k.value) * next), outputs);
  };
  UNROLL for (V& output : outputs) output = V{};
  add(Count<0>{}), add(Count<1>{}), add(Count<2>{}), add(Count<3>{});
  if constexpr (A == 6) add(Count<4>{}), add(Count<5>{});
}

// G g G^T of one channel pair.
template <int M>
INLINE void weight_transform(const float (&g)[9], float* u, std::ptrdiff_t next) {
  constexpr int A = Winograd<M>::A;
  float t[A][3];
  for (int k = 0; k < 3; ++k) {
    float column[A];
    Winograd<M>::weights({g[k], g[3 + k], g[6 + k]}, column);
    for (int i = 0; i < A; ++i) t[i][k] = column[i];
  }
  for (int i = 0; i < A; ++i) {
    float row[A];
    Winograd<M>::weights(t[i], row);
    for (int j = 0; j < A; ++j) u[(A * i + j) * next] = row[j];
  }
}

// Calls work(Count<M>) for tiles of a side.
template <class Work>
INLINE void with_side(int side, Work work) {
  if (side == 4) return work(Count<4>{});
  work(Count<2>{});
}

}  // namespace gossamer::GOSSAMER_ISA
