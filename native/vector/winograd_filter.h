// A 3x3 convolution without a pool by Winograd's algorithm in all three directions: forward, for the input's gradient, and for
// the weights'.
#pragma once

#include "filter.h"
#include "winograd.h"

namespace gossamer::GOSSAMER_ISA {

INLINE int winograd_side(const Filter& s) { return winograd_side(s.x.height, s.x.width); }

INLINE bool takes_winograd(const Filter& s) { return s.kernel == 3 && s.stride == 1 && !s.image && winograd_side(s) > 0; }

template <int M>
std::size_t winograd_scratch(const Filter& s) {
  return std::size_t(Tiles<M>(s.x.height, s.x.width).most()) * Winograd<M>::F * (s.x.stride + s.y.stride);
}

// What becomes of a sum of products: a vector per channel and a map are added, where they are, then comes the ReLU.
struct Finish {
  const float *bias, *summand;
  const Map& map;  // of the summand
  bool relu;
};

// y = finish(conv(x)); x has zeros around it.
template <int M>
void winograd_convolve(const Map& x, const float* in, const float* u, const Finish& finish, const Map& y, float* out,
                       float* scratch) {
  using W = Winograd<M>;
  const Tiles<M> all(y.height, y.width);
  const int cs = x.stride, os = y.stride;
  all.each_band([&](int top, int tiles) {
    const std::ptrdiff_t next_v = std::ptrdiff_t(tiles) * cs, next_m = std::ptrdiff_t(tiles) * os;
    float *const v = scratch, *const m = scratch + W::F * next_v;
    transform_band<M>(x, in, all, top, tiles, v);
    multiply<M>({v, u, m, tiles, x.channels, cs, os, next_v, std::ptrdiff_t(x.channels) * os, next_m});
    for (int t = 0; t < tiles; ++t) {
      const Tile tile = all.at(top, t);
      for (int o = 0; o < os; o += L) {
        const V b = finish.bias == nullptr ? V{} : load(finish.bias + o);
        for (int i = 0; i < tile.rows; ++i) {
          V outputs[M];
          output_transform<M>(m + std::ptrdiff_t(t) * os + o, next_m, i, outputs);
          float* const to = out + y.at(tile.i + i, tile.j) + o;
          const float* const summand = finish.summand == nullptr ? nullptr : finish.summand + finish.map.at(tile.i + i, tile.j) + o;
          UNROLL for (int j = 0; j < M; ++j) {
            if (j == tile.columns) break;
            V value = outputs[j] + b;
            if (summand != nullptr) value += load(summand + j * os);
            store(to + j * os, finish.relu ? maximum(value, V{}) : value);
          }
        }
      }
    }
  });
}

// Weights for the two directions: of outputs by inputs, and of inputs by outputs with the kernel turned by half a circle.
template <int M>
std::size_t winograd_weights(int channels, int stride) {
  return std::size_t(Winograd<M>::F) * channels * stride;
}

template <int M>
void winograd_pack(const Filter& s, const float* weights, float* packed) {
  const int cs = s.x.stride, os = s.y.stride;
  float* const back = packed + winograd_weights<M>(s.x.channels, os);
  std::fill(packed, back + winograd_weights<M>(s.y.channels, cs), 0.0f);
  for (int o = 0; o < s.y.channels; ++o)
    for (int c = 0; c < s.x.channels; ++c) {
      float g[9], turned[9];
      for (int t = 0; t < 9; ++t) turned[8 - t] = g[t] = weights[s.weight_at(o, c, t)];
      weight_transform<M>(g, packed + std::ptrdiff_t(c) * os + o, std::ptrdiff_t(s.x.channels) * os);
      weight_transform<M>(turned, back + std::ptrdiff_t(o) * cs + c, std::ptrdiff_t(s.y.channels) * cs);
    }
}

// A tile of dy as the weight gradient's frequencies; zeros beyond an edge.
template <int M>
INLINE void gradient_transform(const Tile& tile, const float* dy, int row, int os, float* e, std::ptrdiff_t next) {
  constexpr int A = Winograd<M>::A;
  V rows[A][M];
  UNROLL for (int j = 0; j < M; ++j) {
    V g[M], column[A];
    UNROLL for (int i = 0; i < M; ++i) g[i] = i < tile.rows && j < tile.columns ? load(dy + i * row + j * os) : V{};
    Winograd<M>::gradients(g, column);
    UNROLL for (int i = 0; i < A; ++i) rows[i][j] = column[i];
  }
  UNROLL for (int i = 0; i < A; ++i) {
    V f[A];
    Winograd<M>::gradients(rows[i], f);
    UNROLL for (int k = 0; k < A; ++k) store(e + (A * i + k) * next, f[k]);
  }
}

// Adds an image's products to totals[F][C_out][x.stride].
template <int M>
void winograd_weight_totals(const Filter& s, const float* x, const float* dy, float* totals, float* scratch) {
  using W = Winograd<M>;
  const Tiles<M> all(s.x.height, s.x.width);
  const int cs = s.x.stride, os = s.y.stride;
  all.each_band([&](int top, int tiles) {
    const std::ptrdiff_t next_v = std::ptrdiff_t(tiles) * cs, next_e = std::ptrdiff_t(tiles) * os;
    float *const v = scratch, *const e = scratch + W::F * next_v;
    transform_band<M>(s.x, x, all, top, tiles, v);
    for (int t = 0; t < tiles; ++t) {
      const Tile tile = all.at(top, t);
      for (int o = 0; o < os; o += L)
        gradient_transform<M>(tile, dy + s.y.at(tile.i, tile.j) + o, s.y.row(), os, e + std::ptrdiff_t(t) * os + o, next_e);
    }
    for (int f = 0; f < W::F; ++f)
      each_vectors(cs, [&](auto vectors, int c) __attribute__((always_inline)) {
        split(s.y.channels, [&](auto outputs, int o) __attribute__((always_inline)) {
          outer_product<V, outputs.value, vectors.value>(1, tiles, e + f * next_e + o, 0, os, v + f * next_v + c, 0, cs,
                                                      totals + (std::ptrdiff_t(f) * s.y.channels + o) * cs + c, cs);
        });
      });
  });
}

// What the totals of all images are in the gradient.
template <int M>
void winograd_weight_gradient(const Filter& s, const float* totals, float* d_weights) {
  constexpr int A = Winograd<M>::A;
  const int cs = s.x.stride;
  const std::ptrdiff_t next = std::ptrdiff_t(s.y.channels) * cs;
  for (int o = 0; o < s.y.channels; ++o)
    for (int c = 0; c < cs; c += L) {
      const float* const p = totals + std::ptrdiff_t(o) * cs + c;
      float* const d = d_weights + std::ptrdiff_t(o) * 9 * cs + c;
      V rows[3][A], row[3];
      UNROLL for (int k = 0; k < A; ++k) {
        V column[A], three[3];
        UNROLL for (int i = 0; i < A; ++i) column[i] = load(p + (A * i + k) * next);
        Winograd<M>::taps(column, three);
        UNROLL for (int ky = 0; ky < 3; ++ky) rows[ky][k] = three[ky];
      }
      UNROLL for (int ky = 0; ky < 3; ++ky) {
        Winograd<M>::taps(rows[ky], row);
        UNROLL for (int kx = 0; kx < 3; ++kx) {
          float* const tap = d + (3 * ky + kx) * cs;
          store(tap, load(tap) + row[kx]);
        }
      }
    }
}

}  // namespace gossamer::GOSSAMER_ISA
