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
  std::uint64_t* channels;  // [windows][4][chunks]: bits of the active channels, by index in the window
  int words, chunks;

  static std::size_t floats(const Conv& s) {
    const Active a(s, nullptr);
    return std::size_t(s.y.pixels()) * 2 * (s.y.stride + 4 * a.chunks) + std::size_t(a.words) * s.y.stride;
  }

  Active(const Conv& s, float* scratch) : words((s.y.pixels() + 31) / 32), chunks((s.y.stride + 63) / 64) {
    if (scratch == nullptr) return;
    const std::size_t pixels = s.y.pixels(), n = pixels * s.y.stride;
    gradient = scratch;
    patch = reinterpret_cast<std::int32_t*>(scratch + n);
    channels = reinterpret_cast<std::uint64_t*>(scratch + 2 * n);
    windows = reinterpret_cast<std::uint32_t*>(channels + pixels * 4 * chunks);
  }
};

// The gradient alone, which is all that the kernel of an image needs.
void find_gradient(const Conv& s, const float* y, const float* dy, const Active& a, float* d_bias) {
  const int os = s.y.stride;
  for (int o = 0; o < os; o += L) {
    V bias = load(d_bias + o);
    float* to = a.gradient + o;
    for (int i = 0; i < s.y.height; ++i)
      for (int j = 0; j < s.y.width; ++j, to += os) {
        const V g = load(y + s.y.at(i, j) + o) > V{} ? load(dy + s.y.at(i, j) + o) : V{};
        store(to, g);
        bias += g;
      }
    store(d_bias + o, bias);
  }
}

void find_active(const Conv& s, const float* y, const std::int32_t* indices, const float* dy, const Active& a, float* d_bias) {
  const int os = s.y.stride;
  std::fill(a.channels, a.channels + std::size_t(s.y.pixels()) * 4 * a.chunks, 0ull);
  for (int o = 0; o < os; o += L) {
    V bias = load(d_bias + o);
    std::uint64_t* group = a.channels + o / 64;
    std::int32_t* seen = reinterpret_cast<std::int32_t*>(a.windows) + o;
    I active{};  // the current word's
    std::ptrdiff_t at = o;
    int n = 0;
    for (int i = 0; i < s.y.height; ++i)
      for (int j = 0; j < s.y.width; ++j, at += os, group += 4 * a.chunks) {
        const I on = load(y + s.y.at(i, j) + o) > V{};
        const V g = on ? load(dy + s.y.at(i, j) + o) : V{};
        store(a.gradient + at, g);
        bias += g;
        active |= on & splat(std::int32_t(1u << (n % 32)));
        if (++n % 32 == 0) {
          store(seen, active);
          seen += os, active = I{};
        }
        const I index = load(indices + at);
        const I corner = splat(std::int32_t(s.x.at(2 * i - s.half(), 2 * j - s.half())));
        store(a.patch + at, corner + ((index & 1) ? splat(std::int32_t(s.x.stride)) : I{}) +
                                ((index & 2) ? splat(std::int32_t(s.x.row())) : I{}));
        UNROLL for (int p = 0; p < 4; ++p)
          group[p * a.chunks] |= std::uint64_t(bits(on & (index == splat(p)))) << (o % 64);
      }
    if (s.y.pixels() % 32 > 0) store(seen, active);
    store(d_bias + o, bias);
  }
}

}  // namespace gossamer::GOSSAMER_ISA
