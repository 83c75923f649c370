// The pools and the mean, where no convolution takes them in.
#pragma once

#include <algorithm>

#include "../shapes.h"
#include "vector.h"

namespace gossamer::GOSSAMER_ISA {

// Calls visit(offset in x of the window's first pixel, offset in y, which vector of y's pixels) for every vector of a pool.
template <class Visit>
INLINE void each_pool_window(const Map& x, const Map& y, Visit visit) {
  std::ptrdiff_t n = 0;
  for (int i = 0; i < y.height; ++i)
    for (int j = 0; j < y.width; ++j)
      for (int c = 0; c < y.stride; c += L, n += L) visit(x.at(2 * i, 2 * j) + c, y.at(i, j) + c, n);
}

void max_pool_forward(const Map& x, const Map& y, const float* in, float* out, std::int32_t* indices) {
  each_pool_window(x, y, [&](std::ptrdiff_t from, std::ptrdiff_t to, std::ptrdiff_t n) {
    const float* const p = in + from;
    const V first = load(p);
    V best = first;
    I at{}, lost = first != first;
    const auto challenge = [&](V v, std::int32_t index) {
      const I wins = v > best;  // strictly: a tie goes to the first
      lost |= v != v;
      best = wins ? v : best;
      at = wins ? splat(index) : at;
    };
    challenge(load(p + x.stride), 1);
    challenge(load(p + x.row()), 2);
    challenge(load(p + x.row() + x.stride), 3);
    store(out + to, lost ? splat(__builtin_nanf("")) : best);
    if (indices != nullptr) store(indices + n, at);
  });
}

// What a pool does not cover of x: an odd last row and column.
INLINE void clear_left_out(const Map& x, const Map& y, float* dx) {
  for (int i = 0; i < x.height; ++i) {
    const int from = i < 2 * y.height ? 2 * y.width : 0;
    std::fill(dx + x.at(i, from), dx + x.at(i, x.width), 0.0f);
  }
}

void max_pool_backward(const Map& x, const Map& y, const float* dy, const std::int32_t* indices, float* dx) {
  clear_left_out(x, y, dx);
  each_pool_window(x, y, [&](std::ptrdiff_t to, std::ptrdiff_t from, std::ptrdiff_t n) {
    const V g = load(dy + from);
    const I index = load(indices + n);
    float* const d = dx + to;
    store(d, index == splat(0) ? g : V{});
    store(d + x.stride, index == splat(1) ? g : V{});
    store(d + x.row(), index == splat(2) ? g : V{});
    store(d + x.row() + x.stride, index == splat(3) ? g : V{});
  });
}

void average_pool_forward(const Map& x, const Map& y, const float* in, float* out) {
  each_pool_window(x, y, [&](std::ptrdiff_t from, std::ptrdiff_t to, std::ptrdiff_t) {
    const float* const p = in + from;
    store(out + to, splat(0.25f) * ((load(p) + load(p + x.stride)) + (load(p + x.row()) + load(p + x.row() + x.stride))));
  });
}

void average_pool_backward(const Map& x, const Map& y, const float* dy, float* dx) {
  clear_left_out(x, y, dx);
  each_pool_window(x, y, [&](std::ptrdiff_t to, std::ptrdiff_t from, std::ptrdiff_t) {
    const V share = splat(0.25f) * load(dy + from);
    float* const d = dx + to;
    store(d, share);
    store(d + x.stride, share);
    store(d + x.row(), share);
    store(d + x.row() + x.stride, share);
  });
}

void mean_forward(const Map& x, const float* in, float* out) {
  for (int c = 0; c < x.stride; c += L) {
    double sum[L] = {};
    for (int i = 0; i < x.height; ++i)
      for (int j = 0; j < x.width; ++j) {
        const float* const p = in + x.at(i, j) + c;
        for (int l = 0; l < L; ++l) sum[l] += p[l];
      }
    for (int l = 0; l < L; ++l) out[c + l] = float(sum[l] / x.pixels());
  }
}

void mean_backward(const Map& x, const float* dy, float* dx) {
  for (int c = 0; c < x.stride; c += L) {
    const V share = load(dy + c) / splat(float(x.pixels()));
    for (int i = 0; i < x.height; ++i)
      for (int j = 0; j < x.width; ++j) store(dx + x.at(i, j) + c, share);
  }
}

}  // namespace gossamer::GOSSAMER_ISA
