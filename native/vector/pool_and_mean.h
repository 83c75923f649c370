// The layers without weights, where no convolution takes them in.
#pragma once

#include <algorithm>

#include "../shapes.h"
#include "vector.h"

namespace gossamer::GOSSAMER_ISA {

void pool_forward(const Map& x, const Map& y, const float* in, float* out, std::int32_t* which) {
  for (int i = 0; i < y.height; ++i)
    for (int j = 0; j < y.width; ++j) {
      const float* const p = in + x.at(2 * i, 2 * j);
      float* const q = out + y.at(i, j);
      for (int c = 0; c < x.channels; ++c) {  // an image's channels are no whole vectors
        const float values[4] = {p[c], p[x.stride + c], p[x.row() + c], p[x.row() + x.stride + c]};
        int best = 0;
        for (int n = 1; n < 4; ++n)
          if (values[n] > values[best] || values[n] != values[n]) best = n;  // what is no number wins
        q[c] = values[best];
        if (which != nullptr) which[(std::ptrdiff_t(i) * y.width + j) * y.stride + c] = best;
      }
    }
}

void pool_backward(const Map& x, const Map& y, const float* dy, const std::int32_t* which, float* dx) {
  std::fill(dx, dx + x.size(), 0.0f);
  for (int i = 0; i < y.height; ++i)
    for (int j = 0; j < y.width; ++j)
      for (int c = 0; c < y.channels; ++c) {
        const int place = which[(std::ptrdiff_t(i) * y.width + j) * y.stride + c];
        dx[x.at(2 * i + place / 2, 2 * j + place % 2) + c] = dy[y.at(i, j) + c];
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
