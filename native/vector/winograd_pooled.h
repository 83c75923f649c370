// The forward 3x3 convolution with ReLU and max-pool by Winograd's algorithm: a tile's outputs are whole pool windows.
#pragma once

#include "pooling.h"
#include "winograd.h"

namespace gossamer::GOSSAMER_ISA {

INLINE int winograd_side(const Conv& s) { return winograd_side(2 * s.y.height, 2 * s.y.width); }

INLINE std::size_t pooled_scratch(const Conv& s) {
  std::size_t floats = 0;
  with_side(winograd_side(s), [&](auto side) {
    constexpr int M = side.value;
    const Tiles<M> all(2 * s.y.height, 2 * s.y.width);
    floats = std::size_t(all.most()) * (Winograd<M>::F * s.x.stride + M * Winograd<M>::A * s.y.stride);
  });
  return floats;
}

template <int M, bool INDICES>
void forward_winograd(const Conv& s, const float* x, const float* u, const float* bias, float* y, std::int32_t* indices,
                      float* scratch) {
  using W = Winograd<M>;
  const int cs = s.x.stride, os = s.y.stride;
  const Tiles<M> all(2 * s.y.height, 2 * s.y.width);
  all.each_band([&](int top, int tiles) {
    const std::ptrdiff_t next_v = std::ptrdiff_t(tiles) * cs, next_m = std::ptrdiff_t(tiles) * os;
    float* const v = scratch;
    float* const m = scratch + W::F * next_v;
    transform_band<M>(s.x, x, all, top, tiles, v);
    multiply<M>({v, u, m, tiles, s.x.channels, cs, os, next_v, std::ptrdiff_t(s.x.channels) * os, next_m});
    for (int t = 0; t < tiles; ++t) {
      const Tile tile = all.at(top, t);
      for (int o = 0; o < os; o += L) {
        const V b = load(bias + o);
        for (int i = 0; i < tile.rows; i += 2) {
          V first[M], second[M];
          output_transform<M>(m + std::ptrdiff_t(t) * os + o, next_m, i, first);
          output_transform<M>(m + std::ptrdiff_t(t) * os + o, next_m, i + 1, second);
          UNROLL for (int j = 0; j < M; j += 2) {
            if (j >= tile.columns) break;
            const int row = (tile.i + i) / 2, column = (tile.j + j) / 2;
            store_pooled<INDICES>(first[j], first[j + 1], second[j], second[j + 1], b, y + s.y.at(row, column) + o,
                                  INDICES ? indices + (std::ptrdiff_t(row) * s.y.width + column) * os + o : nullptr);
          }
        }
      }
    }
  });
}

}  // namespace gossamer::GOSSAMER_ISA
