// Batch norm, a vector of channels at once, with the activation behind it.
#pragma once

#include "activation.h"

namespace gossamer::GOSSAMER_ISA {

constexpr int SUMS = 4;  // of sums, so that one addition need not wait for the one before

// The sum of term(offset) over the pixels of a map, one vector of channels.
template <class Term>
INLINE V sum_over_pixels(const Map& x, int c, Term term) {
  V sum[SUMS] = {};
  for (int i = 0; i < x.height; ++i) {
    std::ptrdiff_t at = x.at(i, 0) + c;
    int j = 0;
    for (; j + SUMS <= x.width; j += SUMS, at += SUMS * x.stride)
      UNROLL for (int k = 0; k < SUMS; ++k) sum[k] += term(at + k * x.stride);
    for (; j < x.width; ++j, at += x.stride) sum[0] += term(at);
  }
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

void moments(const Map& x, const float* in, float* mean, float* deviation) {
  for (int c = 0; c < x.stride; c += L) {
    const V middle = sum_over_pixels(x, c, [&](std::ptrdiff_t at) { return load(in + at); }) * splat(1.0f / float(x.pixels()));
    store(mean + c, middle);
    store(deviation + c, sum_over_pixels(x, c, [&](std::ptrdiff_t at) {
            const V off = load(in + at) - middle;
            return off * off;
          }));
  }
}

void norm_forward(const Map& x, const Map& y, Activation activation, const float* in, const NormVectors& v, float* out) {
  with_activation(activation, [&](auto kind) __attribute__((always_inline)) {
    for (int c = 0; c < x.stride; c += L) {
      const V scale = load(v.scale + c), shift = load(v.shift + c);
      for (int i = 0; i < x.height; ++i) {
        const float* p = in + x.at(i, 0) + c;
        float* q = out + y.at(i, 0) + c;
        for (int j = 0; j < x.width; ++j, p += x.stride, q += x.stride) store(q, activated<kind.value>(load(p) * scale + shift));
      }
    }
  });
}

void norm_sums(const Map& x, const Map& y, Activation activation, const float* in, const NormVectors& v, const float* dy,
               float* sum, float* product) {
  with_activation(activation, [&](auto kind) __attribute__((always_inline)) {
    for (int c = 0; c < x.stride; c += L) {
      const V scale = load(v.scale + c), shift = load(v.shift + c), mean = load(v.mean + c);
      V sums[2] = {}, products[2] = {};
      for (int i = 0; i < x.height; ++i) {
        const float *p = in + x.at(i, 0) + c, *g = dy + y.at(i, 0) + c;
        for (int j = 0; j < x.width; ++j, p += x.stride, g += x.stride) {
          const V value = load(p), dz = back<kind.value>(value * scale + shift, load(g));
          sums[j & 1] += dz;
          products[j & 1] += dz * (value - mean);
        }
      }
      store(sum + c, load(sum + c) + (sums[0] + sums[1]));
      store(product + c, load(product + c) + (products[0] + products[1]));
    }
  });
}

void norm_backward(const Map& x, const Map& y, Activation activation, const float* in, const NormVectors& v, const float* dy,
                   float* dx) {
  with_activation(activation, [&](auto kind) __attribute__((always_inline)) {
    for (int c = 0; c < x.stride; c += L) {
      const V scale = load(v.scale + c), shift = load(v.shift + c), slope = load(v.slope + c), offset = load(v.offset + c);
      for (int i = 0; i < x.height; ++i) {
        const float *p = in + x.at(i, 0) + c, *g = dy + y.at(i, 0) + c;
        float* d = dx + x.at(i, 0) + c;
        for (int j = 0; j < x.width; ++j, p += x.stride, g += x.stride, d += x.stride) {
          const V value = load(p);
          store(d, scale * back<kind.value>(value * scale + shift, load(g)) + (slope * value + offset));
        }
      }
    }
  });
}

}  // namespace gossamer::GOSSAMER_ISA
