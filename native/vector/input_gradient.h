// The gradient with respect to a convolution's input.
#pragma once

#include "active.h"
#include "blocks.h"

namespace gossamer::GOSSAMER_ISA {

constexpr int SUMS = REGISTERS == 32 ? 28 : 16;  // of 16 one is spilled, which costs less than to walk the channels twice

// The input pixels that a pool's window reads, a square of sums that stay in registers until all channels are in; where it
// is too large, a few of its rows at a time. It slides along a row of windows, leaving two columns behind.
template <int K>
struct Square {
  static constexpr int SIDE = K + 1;
  static constexpr int SLICES = (SIDE * SIDE + SUMS - 1) / SUMS;
  static constexpr int ROWS = (SIDE + SLICES - 1) / SLICES;
};

// Adds the taps of all channels in `left` to ROWS rows of a square, from row FROM; the output's index in its window is (Y, X).
template <int K, int FROM, int Y, int X, int ROWS, int SIDE>
INLINE void add_taps(V (&sum)[ROWS][SIDE], const float* weights, std::ptrdiff_t cs, std::uint64_t left,
                     const float* gradient) {
  constexpr int FIRST = FROM > Y ? FROM - Y : 0, LAST = FROM + ROWS - Y < K ? FROM + ROWS - Y : K;  // kernel rows within
  if constexpr (FIRST < LAST)
    for (; left; left &= left - 1) {
      const int o = __builtin_ctzll(left);
      const V g = splat(gradient[o]);
      const float* w = weights + (o * K + FIRST) * K * cs;
      UNROLL for (int ky = FIRST; ky < LAST; ++ky, w += K * cs) {
        asm("" : "+r"(w));  // else GCC keeps an offset for every tap, more than there are registers
        UNROLL for (int kx = 0; kx < K; ++kx) sum[Y + ky - FROM][X + kx] += g * load(w + kx * cs);
      }
    }
}

// Rows FROM and following of the squares of window row i, a vector of channels from c. The last two rows of a square are the
// first to write theirs, the others add to what the row above has left.
template <int K, int FROM>
__attribute__((noinline)) void input_gradient_rows(const Conv& s, const float* weights, const Active& a, int i, int c,
                                                   float* dx) {
  using Whole = Square<K>;
  constexpr int SIDE = Whole::SIDE, ROWS = SIDE - FROM < Whole::ROWS ? SIDE - FROM : Whole::ROWS;
  const std::ptrdiff_t os = s.y.stride, cs = s.x.stride, row = s.x.row();
  const std::uint64_t* group = a.channels + std::ptrdiff_t(i) * s.y.width * 4 * a.chunks;
  const float* gradient = a.gradient + i * s.y.width * os;
  float* d = dx + s.x.at(2 * i - s.half(), -s.half()) + FROM * row + c;
  V sum[ROWS][SIDE] = {};
  const auto put = [&](int r, int column, V v) __attribute__((always_inline)) {
    float* const to = d + r * row + column * cs;
    store(to, FROM + r < SIDE - 2 ? load(to) + v : v);
  };
  for (int j = 0; j < s.y.width; ++j, group += 4 * a.chunks, gradient += os, d += 2 * cs) {
    for (int k = 0; k < a.chunks; ++k) {
      const float* const g = gradient + 64 * k;
      const float* const w = weights + std::ptrdiff_t(64) * k * K * K * cs + c;
      add_taps<K, FROM, 0, 0>(sum, w, cs, group[k], g);
      add_taps<K, FROM, 0, 1>(sum, w, cs, group[a.chunks + k], g);
      add_taps<K, FROM, 1, 0>(sum, w, cs, group[2 * a.chunks + k], g);
      add_taps<K, FROM, 1, 1>(sum, w, cs, group[3 * a.chunks + k], g);
    }
    UNROLL for (int r = 0; r < ROWS; ++r) {
      UNROLL for (int p = 0; p < 2; ++p) put(r, p, sum[r][p]);
      UNROLL for (int p = 0; p < SIDE; ++p) sum[r][p] = p + 2 < SIDE ? sum[r][p + 2] : V{};
    }
  }
  UNROLL for (int r = 0; r < ROWS; ++r)
    UNROLL for (int p = 0; p < SIDE - 2; ++p) put(r, p, sum[r][p]);
}

template <int K, int FROM = 0>
INLINE void input_gradient_slices(const Conv& s, const float* weights, const Active& a, int i, int c, float* dx) {
  input_gradient_rows<K, FROM>(s, weights, a, i, c, dx);
  constexpr int NEXT = FROM + Square<K>::ROWS;
  if constexpr (NEXT < Square<K>::SIDE) input_gradient_slices<K, NEXT>(s, weights, a, i, c, dx);
}

void input_gradient(const Conv& s, const float* weights, const Active& a, float* dx) {
  const bool rest = (s.x.height | s.x.width) % 2 > 0;  // an odd last row or column is in no window
  std::fill(dx, dx + (rest ? s.x.size() : std::size_t(s.kernel - 1) * s.x.row()), 0.0f);
  with_kernel(s.kernel, [&](auto kernel) {
    for (int c = 0; c < s.x.stride; c += L)
      for (int i = 0; i < s.y.height; ++i) input_gradient_slices<kernel.value>(s, weights, a, i, c, dx);
  });
}

}  // namespace gossamer::GOSSAMER_ISA
