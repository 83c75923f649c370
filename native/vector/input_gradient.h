// The gradient with respect to a convolution's input.
#pragma once

#include "active.h"

namespace gossamer::GOSSAMER_ISA {

// Adds the taps of all channels in `left` to a window of input pixels, where (Y, X) is the output's index in its window.
template <int K, int W, int Y, int X>
INLINE void add_taps(V (&sum)[W][W], const float* weights, int cs, std::uint64_t left, const float* gradient) {
  for (; left; left &= left - 1) {
    const int o = __builtin_ctzll(left);
    const V g = splat(gradient[o]);
    const float* const w = weights + std::ptrdiff_t(o) * K * K * cs;
    UNROLL for (int ky = 0; ky < K; ++ky)
      UNROLL for (int kx = 0; kx < K; ++kx) sum[Y + ky][X + kx] += g * load(w + (ky * K + kx) * cs);
  }
}

// A window's input pixels stay in registers until all its channels are in; W = K + step - 1 of them a side.
template <int K, int W>
void input_gradient_windows(const Conv& s, const float* weights, const Active& a, float* dx) {
  const int os = s.y.stride, cs = s.x.stride, row = s.x.row();
  int n = 0;
  for (int i = 0; i < s.y.height; ++i)
    for (int j = 0; j < s.y.width; ++j, ++n)
      for (int c = 0; c < cs; c += L) {
        V sum[W][W] = {};
        for (int k = 0; k < a.chunks; ++k) {
          const std::uint64_t* const group = a.channels + std::ptrdiff_t(n) * a.positions * a.chunks + k;
          const float* const g = a.gradient + std::ptrdiff_t(n) * os + 64 * k;
          const float* const w = weights + std::ptrdiff_t(64) * k * K * K * cs + c;
          add_taps<K, W, 0, 0>(sum, w, cs, group[0], g);
          if constexpr (W > K) {
            add_taps<K, W, 0, 1>(sum, w, cs, group[a.chunks], g);
            add_taps<K, W, 1, 0>(sum, w, cs, group[2 * a.chunks], g);
            add_taps<K, W, 1, 1>(sum, w, cs, group[3 * a.chunks], g);
          }
        }
        float* const d = dx + s.x.at(s.step() * i - s.half(), s.step() * j - s.half()) + c;
        UNROLL for (int r = 0; r < W; ++r)
          UNROLL for (int p = 0; p < W; ++p) store(d + r * row + p * cs, load(d + r * row + p * cs) + sum[r][p]);
      }
}

// For large kernels: every active output adds its taps to memory, a kernel row at a time.
void input_gradient_rows(const Conv& s, const float* weights, const Active& a, float* dx) {
  const int os = s.y.stride, run = s.kernel * s.x.stride;
  for (int n = 0; n < s.y.pixels(); ++n)
    for (int o = 0; o < s.y.channels; ++o) {
      const std::ptrdiff_t at = std::ptrdiff_t(n) * os + o;
      if (a.gradient[at] == 0.0f) continue;
      const V g = splat(a.gradient[at]);
      const float* w = weights + std::ptrdiff_t(o) * s.kernel * run;
      float* d = dx + a.patch[at];
      for (int ky = 0; ky < s.kernel; ++ky, w += run, d += s.x.row())
        for (int f = 0; f < run; f += L) store(d + f, load(d + f) + g * load(w + f));
    }
}

void input_gradient(const Conv& s, const float* weights, const Active& a, float* dx) {
  std::fill(dx, dx + s.x.size(), 0.0f);
  if (s.kernel == 3 && s.pool) return input_gradient_windows<3, 4>(s, weights, a, dx);
  if (s.kernel == 3) return input_gradient_windows<3, 3>(s, weights, a, dx);
  if (s.kernel == 1 && s.pool) return input_gradient_windows<1, 2>(s, weights, a, dx);
  if (s.kernel == 1) return input_gradient_windows<1, 1>(s, weights, a, dx);
  input_gradient_rows(s, weights, a, dx);
}

}  // namespace gossamer::GOSSAMER_ISA
