// The ops without parameters, where no convolution takes them in.
#pragma once

#include <algorithm>

#include "../shapes.h"
#include "vector.h"

namespace gossamer::GOSSAMER_ISA {

// Calls visit(offset in a, offset in b, floats) for every run of floats that lies without a gap in two maps of one shape.
template <class Visit>
INLINE void each_run(const Map& a, const Map& b, Visit visit) {
  const bool rows = a.stride == b.stride;
  for (int i = 0; i < a.height; ++i)
    if (rows)
      visit(a.at(i, 0), b.at(i, 0), a.width * a.stride);
    else
      for (int j = 0; j < a.width; ++j) visit(a.at(i, j), b.at(i, j), a.channels);
}

void relu_forward(const Map& x, const Map& y, const float* in, float* out) {
  each_run(x, y, [&](std::ptrdiff_t from, std::ptrdiff_t to, int n) {
    for (int f = 0; f < n; ++f) out[to + f] = in[from + f] < 0 ? 0 : in[from + f];  // NaN stays
  });
}

void relu_backward(const Map& x, const Map& y, const float* out, const float* dy, float* dx) {
  each_run(y, x, [&](std::ptrdiff_t from, std::ptrdiff_t to, int n) {
    for (int f = 0; f < n; ++f) dx[to + f] = out[from + f] > 0 ? dy[from + f] : 0;
  });
}

void add_forward(const Map& a, const Map& b, const Map& y, const float* in_a, const float* in_b, float* out) {
  each_run(a, y, [&](std::ptrdiff_t from, std::ptrdiff_t to, int n) { std::copy_n(in_a + from, n, out + to); });
  each_run(b, y, [&](std::ptrdiff_t from, std::ptrdiff_t to, int n) {
    for (int f = 0; f < n; ++f) out[to + f] += in_b[from + f];
  });
}

void add_backward(const Map& x, const Map& y, const float* dy, float* dx) {
  each_run(y, x, [&](std::ptrdiff_t from, std::ptrdiff_t to, int n) { std::copy_n(dy + from, n, dx + to); });
}

void pool_forward(const Map& x, const Map& y, const float* in, float* out, std::int32_t* indices) {
  for (int i = 0; i < y.height; ++i)
    for (int j = 0; j < y.width; ++j) {
      const float* const p = in + x.at(2 * i, 2 * j);
      float* const q = out + y.at(i, j);
      for (int c = 0; c < x.channels; ++c) {  // an image's channels are no whole vectors
        const float values[4] = {p[c], p[x.stride + c], p[x.row() + c], p[x.row() + x.stride + c]};
        int best = 0;
        for (int n = 1; n < 4; ++n)
          if (values[n] > values[best] || values[n] != values[n]) best = n;  // NaN wins
        q[c] = values[best];
        if (indices != nullptr) indices[(std::ptrdiff_t(i) * y.width + j) * y.stride + c] = best;
      }
    }
}

void pool_backward(const Map& x, const Map& y, const float* dy, const std::int32_t* indices, float* dx) {
  std::fill(dx, dx + x.size(), 0.0f);
  for (int i = 0; i < y.height; ++i)
    for (int j = 0; j < y.width; ++j)
      for (int c = 0; c < y.channels; ++c) {
        const int index = indices[(std::ptrdiff_t(i) * y.width + j) * y.stride + c];
        dx[x.at(2 * i + index / 2, 2 * j + index % 2) + c] = dy[y.at(i, j) + c];
      }
}

void average_pool_forward(const Map& x, const Map& y, const float* in, float* out) {
  for (int i = 0; i < y.height; ++i)
    for (int j = 0; j < y.width; ++j) {
      const float* const p = in + x.at(2 * i, 2 * j);
      float* const q = out + y.at(i, j);
      for (int c = 0; c < x.channels; ++c)
        q[c] = 0.25f * ((p[c] + p[x.stride + c]) + (p[x.row() + c] + p[x.row() + x.stride + c]));
    }
}

void average_pool_backward(const Map& x, const Map& y, const float* dy, float* dx) {
  std::fill(dx, dx + x.size(), 0.0f);
  for (int i = 0; i < y.height; ++i)
    for (int j = 0; j < y.width; ++j) {
      const float* const p = dy + y.at(i, j);
      float* const q = dx + x.at(2 * i, 2 * j);
      for (int c = 0; c < y.channels; ++c)
        q[c] = q[x.stride + c] = q[x.row() + c] = q[x.row() + x.stride + c] = 0.25f * p[c];
    }
}

void mean_forward(const Map& x, const float* in, float* out) {
  for (int c = 0; c < x.channels; ++c) {
    double sum = 0;
    for (int i = 0; i < x.height; ++i)
      for (int j = 0; j < x.width; ++j) sum += in[x.at(i, j) + c];
    out[c] = float(sum / x.pixels());
  }
}

void mean_backward(const Map& x, const float* dy, float* dx) {
  std::fill(dx, dx + x.size(), 0.0f);
  for (int i = 0; i < x.height; ++i)
    for (int j = 0; j < x.width; ++j)
      for (int c = 0; c < x.channels; ++c) dx[x.at(i, j) + c] = dy[c] / float(x.pixels());
}

}  // namespace gossamer::GOSSAMER_ISA
