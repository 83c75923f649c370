// A 3x3 convolution without a pool by Winograd's algorithm in all three directions: F(2x2, 3x3) forward and for the input's
// gradient, F(3x3, 2x2) for the weights' (Lavin and Gray 2016). 2.25 times fewer multiplications each, on maps of even size.
#pragma once

#include "filter.h"
#include "winograd.h"

namespace gossamer::GOSSAMER_ISA {

// Not where tiles that cross an odd edge waste what is saved.
INLINE bool takes_winograd(const Filter& s) {
  const int tiles = (s.x.height + 1) / 2 * ((s.x.width + 1) / 2);
  return s.kernel == 3 && s.stride == 1 && !s.image && 16 * tiles <= 6 * s.x.pixels();
}

// A tile of 2 x 2 outputs; of one that crosses an odd edge, the outputs below or to the right do not exist.
struct Tile {
  int i, j;  // of its first output
  bool below, right;
};

// The tiles of a map, a band of some rows of tiles at a time.
struct Tiles {
  explicit Tiles(const Map& map)
      : width((map.width + 1) / 2), height((map.height + 1) / 2), rows(std::max(1, WINOGRAD_TILES / width)), map_(map) {}
  int most() const { return std::min(rows, height) * width; }
  // Tile t of the band that begins with row `top` of tiles.
  INLINE Tile at(int top, int t) const {
    const int i = 2 * (top + t / width), j = 2 * (t % width);
    return {i, j, i + 1 < map_.height, j + 1 < map_.width};
  }

  // Calls band(its first row of tiles, how many tiles it has).
  template <class Band>
  INLINE void each_band(Band band) const {
    for (int top = 0; top < height; top += rows) band(top, std::min(rows, height - top) * width);
  }

  const int width, height, rows;

 private:
  const Map& map_;
};

INLINE std::size_t winograd_scratch(const Filter& s) {
  return std::size_t(Tiles(s.x).most()) * 16 * (s.x.stride + s.y.stride);
}

// The input transforms of a band's tiles into v[16][tiles][x.stride]. What lies beyond an odd edge is never used: the row or
// column before it stands in for it.
INLINE void transform_band(const Map& x, const float* in, const Tiles& all, int top, int tiles, float* v) {
  const std::ptrdiff_t next = std::ptrdiff_t(tiles) * x.stride;
  for (int t = 0; t < tiles; ++t) {
    const Tile tile = all.at(top, t);
    const float* const from = in + x.at(tile.i - 1, tile.j - 1);
    const std::ptrdiff_t last_row = (tile.below ? 3 : 2) * x.row(), last_column = (tile.right ? 3 : 2) * x.stride;
    for (int c = 0; c < x.stride; c += L)
      input_transform(from + c, x.row(), x.stride, v + std::ptrdiff_t(t) * x.stride + c, next, last_row, last_column);
  }
}

// What becomes of a sum of products: a vector per channel or a map as y is added, then comes the ReLU; nothing where nothing is.
struct Finish {
  const float *bias, *summand;
  bool relu;
};

// y = finish(conv(x)); x has zeros around it.
INLINE void winograd_convolve(const Map& x, const float* in, const float* u, const Finish& finish, const Map& y, float* out,
                              float* scratch) {
  const Tiles all(y);
  const int cs = x.stride, os = y.stride;
  all.each_band([&](int top, int tiles) {
    const std::ptrdiff_t next_v = std::ptrdiff_t(tiles) * cs, next_m = std::ptrdiff_t(tiles) * os;
    float *const v = scratch, *const m = scratch + 16 * next_v;
    transform_band(x, in, all, top, tiles, v);
    multiply({v, u, m, tiles, x.channels, cs, os, next_v, std::ptrdiff_t(x.channels) * os, next_m});
    for (int t = 0; t < tiles; ++t) {
      const Tile tile = all.at(top, t);
      for (int o = 0; o < os; o += L) {
        const float* const p = m + std::ptrdiff_t(t) * os + o;
        const std::ptrdiff_t at = y.at(tile.i, tile.j) + o;
        const V b = finish.bias == nullptr ? V{} : load(finish.bias + o);
        UNROLL for (int i = 0; i < 2; ++i) {
          if (i == 1 && !tile.below) break;
          V r[4];
          UNROLL for (int k = 0; k < 4; ++k) r[k] = load(p + (4 * i + k) * next_m);
          V pair[2] = {r[0] + r[1] + r[2] + b, r[1] - r[2] - r[3] + b};
          UNROLL for (int j = 0; j < 2; ++j) {
            if (j == 1 && !tile.right) break;
            const std::ptrdiff_t pixel = at + i * y.row() + j * os;
            if (finish.summand != nullptr) pair[j] += load(finish.summand + pixel);
            store(out + pixel, finish.relu ? maximum(pair[j], V{}) : pair[j]);
          }
        }
      }
    }
  });
}

// Weights for the two directions: of outputs by inputs, and of inputs by outputs with the kernel turned by half a circle.
INLINE std::size_t winograd_weights(int channels, int stride) { return std::size_t(16) * channels * stride; }

INLINE void winograd_pack(const Filter& s, const float* weights, float* packed) {
  const Conv w = s.weights();
  const int cs = s.x.stride, os = s.y.stride;
  float* const back = packed + winograd_weights(s.x.channels, os);
  std::fill(packed, back + winograd_weights(s.y.channels, cs), 0.0f);
  for (int o = 0; o < s.y.channels; ++o)
    for (int c = 0; c < s.x.channels; ++c) {
      float g[9], turned[9];
      for (int t = 0; t < 9; ++t) turned[8 - t] = g[t] = weights[w.weight_at(o, c, t)];
      weight_transform(g, packed + std::ptrdiff_t(c) * os + o, std::ptrdiff_t(s.x.channels) * os);
      weight_transform(turned, back + std::ptrdiff_t(o) * cs + c, std::ptrdiff_t(s.y.channels) * cs);
    }
}

// A tile of dy as the weight gradient's four frequencies of two values, in both directions; zeros beyond an odd edge.
INLINE void gradient_transform(const Tile& tile, const float* dy, int row, int os, float* e, std::ptrdiff_t next) {
  const auto four = [](V a, V b, V (&out)[4]) __attribute__((always_inline)) {
    out[0] = a, out[1] = (a + b) * splat(0.5f), out[2] = (a - b) * splat(0.5f), out[3] = b;
  };
  V columns[2][4], f[4];
  UNROLL for (int j = 0; j < 2; ++j) {
    const bool there = j == 0 || tile.right;
    four(there ? load(dy + j * os) : V{}, there && tile.below ? load(dy + row + j * os) : V{}, columns[j]);
  }
  UNROLL for (int i = 0; i < 4; ++i) {
    four(columns[0][i], columns[1][i], f);
    UNROLL for (int k = 0; k < 4; ++k) store(e + (4 * i + k) * next, f[k]);
  }
}

// Adds an image's products to totals[16][C_out][x.stride].
INLINE void winograd_weight_totals(const Filter& s, const float* x, const float* dy, float* totals, float* scratch) {
  const Tiles all(s.x);
  const int cs = s.x.stride, os = s.y.stride;
  all.each_band([&](int top, int tiles) {
    const std::ptrdiff_t next_v = std::ptrdiff_t(tiles) * cs, next_e = std::ptrdiff_t(tiles) * os;
    float *const v = scratch, *const e = scratch + 16 * next_v;
    transform_band(s.x, x, all, top, tiles, v);
    for (int t = 0; t < tiles; ++t) {
      const Tile tile = all.at(top, t);
      for (int o = 0; o < os; o += L)
        gradient_transform(tile, dy + s.y.at(tile.i, tile.j) + o, s.y.row(), os, e + std::ptrdiff_t(t) * os + o, next_e);
    }
    for (int f = 0; f < 16; ++f)
      each_vectors(cs, [&](auto vectors, int c) __attribute__((always_inline)) {
        split(s.y.channels, [&](auto outputs, int o) __attribute__((always_inline)) {
          outer_product<outputs.value, vectors.value>(1, tiles, e + f * next_e + o, 0, os, v + f * next_v + c, 0, cs,
                                                      totals + (std::ptrdiff_t(f) * s.y.channels + o) * cs + c, cs);
        });
      });
  });
}

// What the totals of all images are in the gradient.
INLINE void winograd_weight_gradient(const Filter& s, const float* totals, float* d_weights) {
  const int cs = s.x.stride;
  const std::ptrdiff_t next = std::ptrdiff_t(s.y.channels) * cs;
  const auto three = [](V a, V b, V c, V d, V (&out)[3]) __attribute__((always_inline)) {
    out[0] = a + (b + c), out[1] = b - c, out[2] = (b + c) - d;
  };
  for (int o = 0; o < s.y.channels; ++o)
    for (int c = 0; c < cs; c += L) {
      const float* const p = totals + std::ptrdiff_t(o) * cs + c;
      float* const d = d_weights + std::ptrdiff_t(o) * 9 * cs + c;
      V rows[4][3], taps[3];
      UNROLL for (int k = 0; k < 4; ++k)
        three(load(p + k * next), load(p + (4 + k) * next), load(p + (8 + k) * next), load(p + (12 + k) * next), rows[k]);
      UNROLL for (int ky = 0; ky < 3; ++ky) {
        three(rows[0][ky], rows[1][ky], rows[2][ky], rows[3][ky], taps);
        UNROLL for (int kx = 0; kx < 3; ++kx) {
          float* const tap = d + (3 * ky + kx) * cs;
          store(tap, load(tap) + taps[kx]);
        }
      }
    }
}

}  // namespace gossamer::GOSSAMER_ISA
