// Batch norm with the sum and the activation behind it, pixel by pixel, up to three vectors of channels at once.
#pragma once

#include <type_traits>

#include "activation.h"
#include "blocks.h"

namespace gossamer::GOSSAMER_ISA {

void moments(const Map& x, const float* in, float* mean, float* deviation) {
  const V share = splat(1.0f / float(x.pixels()));
  each_vectors(x.stride, [&](auto vectors, int c) __attribute__((always_inline)) {
    constexpr int N = vectors.value;
    V sum[2][N] = {}, squares[2][N] = {}, middle[N];  // two of each, so that one addition need not wait for another
    const auto each_pixel = [&](auto visit) __attribute__((always_inline)) {
      for (int i = 0; i < x.height; ++i) {
        const float* p = in + x.at(i, 0) + c;
        int j = 0;
        for (; j + 2 <= x.width; j += 2, p += 2 * x.stride) visit(p, 0), visit(p + x.stride, 1);
        if (j < x.width) visit(p, 0);
      }
    };
    each_pixel([&](const float* p, int k) __attribute__((always_inline)) {
      UNROLL for (int n = 0; n < N; ++n) sum[k][n] += load(p + n * L);
    });
    UNROLL for (int n = 0; n < N; ++n) middle[n] = (sum[0][n] + sum[1][n]) * share;
    each_pixel([&](const float* p, int k) __attribute__((always_inline)) {
      UNROLL for (int n = 0; n < N; ++n) {
        const V off = load(p + n * L) - middle[n];
        squares[k][n] += off * off;
      }
    });
    UNROLL for (int n = 0; n < N; ++n) {
      store(mean + c + n * L, middle[n]);
      store(deviation + c + n * L, squares[0][n] + squares[1][n]);
    }
  });
}

// Calls work(Kind<A>, whether something is added) for a norm.
template <class Work>
INLINE void with_form(const Norm& s, const float* added, Work work) {
  with_activation(s.activation, [&](auto kind) __attribute__((always_inline)) {
    if (added == nullptr)
      work(kind, std::false_type{});
    else
      work(kind, std::true_type{});
  });
}

template <bool ADDED>
INLINE V argument(V x, V scale, V shift, const float* added) {
  const V z = x * scale + shift;
  if constexpr (ADDED) return z + load(added);
  return z;
}

void norm_forward(const Norm& s, const float* x, const float* added, const NormVectors& v, float* y) {
  with_form(s, added, [&](auto kind, auto adds) __attribute__((always_inline)) {
    each_vectors(s.x.stride, [&](auto vectors, int c) __attribute__((always_inline)) {
      constexpr int N = vectors.value;
      V scale[N], shift[N];
      UNROLL for (int n = 0; n < N; ++n) scale[n] = load(v.scale + c + n * L), shift[n] = load(v.shift + c + n * L);
      for (int i = 0; i < s.x.height; ++i) {
        const float *p = x + s.x.at(i, 0) + c, *a = adds ? added + s.added.at(i, 0) + c : nullptr;
        float* q = y + s.y.at(i, 0) + c;
        for (int j = 0; j < s.x.width; ++j, p += s.x.stride, q += s.x.stride) {
          UNROLL for (int n = 0; n < N; ++n)
            store(q + n * L, activated<kind.value>(argument<adds>(load(p + n * L), scale[n], shift[n], a + n * L)));
          if constexpr (adds) a += s.x.stride;
        }
      }
    });
  });
}

void norm_sums(const Norm& s, const float* x, const float* added, const NormVectors& v, float* dy, float* sum, float* product) {
  with_form(s, added, [&](auto kind, auto adds) __attribute__((always_inline)) {
    each_vectors(s.x.stride, [&](auto vectors, int c) __attribute__((always_inline)) {
      constexpr int N = vectors.value;
      V scale[N], shift[N], mean[N], sums[N] = {}, products[N] = {};
      UNROLL for (int n = 0; n < N; ++n) {
        scale[n] = load(v.scale + c + n * L), shift[n] = load(v.shift + c + n * L), mean[n] = load(v.mean + c + n * L);
      }
      for (int i = 0; i < s.x.height; ++i) {
        const float *p = x + s.x.at(i, 0) + c, *a = adds ? added + s.added.at(i, 0) + c : nullptr;
        float* g = dy + s.y.at(i, 0) + c;
        for (int j = 0; j < s.x.width; ++j, p += s.x.stride, g += s.x.stride) {
          UNROLL for (int n = 0; n < N; ++n) {
            const V value = load(p + n * L);
            V dz = load(g + n * L);
            if constexpr (kind.value != Activation::none) {
              dz = back<kind.value>(argument<adds>(value, scale[n], shift[n], a + n * L), dz);
              store(g + n * L, dz);
            }
            sums[n] += dz;
            products[n] += dz * (value - mean[n]);
          }
          if constexpr (adds) a += s.x.stride;
        }
      }
      UNROLL for (int n = 0; n < N; ++n) store(sum + c + n * L, sums[n]), store(product + c + n * L, products[n]);
    });
  });
}

void norm_backward(const Norm& s, const float* x, const NormVectors& v, const float* dz, float* dx) {
  each_vectors(s.x.stride, [&](auto vectors, int c) __attribute__((always_inline)) {
    constexpr int N = vectors.value;
    V scale[N], slope[N], offset[N];
    UNROLL for (int n = 0; n < N; ++n) {
      scale[n] = load(v.scale + c + n * L), slope[n] = load(v.slope + c + n * L), offset[n] = load(v.offset + c + n * L);
    }
    for (int i = 0; i < s.x.height; ++i) {
      const float *p = x + s.x.at(i, 0) + c, *g = dz + s.y.at(i, 0) + c;
      float* d = dx + s.x.at(i, 0) + c;
      for (int j = 0; j < s.x.width; ++j, p += s.x.stride, g += s.x.stride, d += s.x.stride)
        UNROLL for (int n = 0; n < N; ++n)
          store(d + n * L, scale[n] * load(g + n * L) + (slope[n] * load(p + n * L) + offset[n]));
    }
  });
}

}  // namespace gossamer::GOSSAMER_ISA
