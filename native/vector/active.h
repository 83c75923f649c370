// Where a gradient through pool and ReLU is not zero: at the argmax of the windows whose output is positive.
// The backward pass visits those alone; they are found as bit masks, which cost less than lists.
#pragma once

#include <algorithm>

#include "../shapes.h"
#include "vector.h"

namespace gossamer::GOSSAMER_ISA {

// The gradient where it is not zero. Windows are the pixels of y in row order.
struct Active {
  float* gradient;          // [windows][os], 0 where inactive
  std::int32_t* patch;      // [windows][os]: where in x the window's winning patch begins
  std::uint32_t* windows;   // [words][os]: bit b of word k is set if window 32 k + b is active for the channel
  std::uint64_t* channels;  // [windows][positions][chunks]: bits of the active channels, by index in the window
  int words, chunks, positions;

  static std::size_t floats(const Conv& s) {
    const Active a(s, nullptr);
    const std::size_t n = std::size_t(s.y.pixels()) * s.y.stride;
    return n * 2 + std::size_t(a.words) * s.y.stride + 2 * std::size_t(s.y.pixels()) * a.positions * a.chunks;
  }

  Active(const Conv& s, float* scratch)
      : words((s.y.pixels() + 31) / 32), chunks((s.y.stride + 63) / 64), positions(s.pool ? 4 : 1) {
    if (scratch == nullptr) return;
    const std::size_t n = std::size_t(s.y.pixels()) * s.y.stride;
    channels = reinterpret_cast<std::uint64_t*>(scratch);
    gradient = scratch + 2 * std::size_t(s.y.pixels()) * positions * chunks;
    patch = reinterpret_cast<std::int32_t*>(gradient + n);
    windows = reinterpret_cast<std::uint32_t*>(gradient + 2 * n);
  }
};

void find_active(const Conv& s, const float* y, const std::int32_t* indices, const float* dy, const Active& a,
                 float* d_bias) {
  const int os = s.y.stride;
  std::fill(a.windows, a.windows + std::size_t(a.words) * os, 0u);
  std::fill(a.channels, a.channels + std::size_t(s.y.pixels()) * a.positions * a.chunks, 0ull);
  int n = 0;
  for (int i = 0; i < s.y.height; ++i)
    for (int j = 0; j < s.y.width; ++j, ++n) {
      const I corner = splat(std::int32_t(s.x.at(s.step() * i - s.half(), s.step() * j - s.half())));
      const I bit = splat(std::int32_t(1u << (n % 32)));
      for (int o = 0; o < os; o += L) {
        const std::ptrdiff_t at = std::ptrdiff_t(n) * os + o;
        const I on = load(y + s.y.at(i, j) + o) > V{};
        const V g = on ? load(dy + s.y.at(i, j) + o) : V{};
        store(a.gradient + at, g);
        store(d_bias + o, load(d_bias + o) + g);
        std::int32_t* const seen = reinterpret_cast<std::int32_t*>(a.windows) + std::ptrdiff_t(n / 32) * os + o;
        store(seen, load(seen) | (on & bit));
        std::uint64_t* const group = a.channels + std::ptrdiff_t(n) * a.positions * a.chunks + o / 64;
        if (s.pool) {
          const I index = load(indices + at);
          store(a.patch + at, corner + ((index & 1) ? splat(std::int32_t(s.x.stride)) : I{}) +
                                  ((index & 2) ? splat(std::int32_t(s.x.row())) : I{}));
          for (int p = 0; p < 4; ++p)
            group[p * a.chunks] |= std::uint64_t(bits(on & (index == splat(std::int32_t(p))))) << (o % 64);
        } else {
          store(a.patch + at, corner);
          group[0] |= std::uint64_t(bits(on)) << (o % 64);
        }
      }
    }
}

}  // namespace gossamer::GOSSAMER_ISA
