// Activations and their slopes. NaN stays NaN: a fit that diverges must show it.
#pragma once

#include "../shapes.h"
#include "vector.h"

namespace gossamer::GOSSAMER_ISA {

INLINE V minimum(V a, V b) { return b < a ? b : a; }  // a if it is NaN

template <Activation A>
INLINE V activated(V x) {
  if constexpr (A == Activation::none) return x;
  if constexpr (A == Activation::relu) return maximum(x, V{});
  if constexpr (A == Activation::relu6) return minimum(maximum(x, V{}), splat(6.0f));
  if constexpr (A == Activation::hswish) return x * minimum(maximum(x + 3.0f, V{}), splat(6.0f)) * splat(1.0f / 6);
}

// The gradient with respect to x, given that with respect to activated(x).
template <Activation A>
INLINE V back(V x, V dy) {
  if constexpr (A == Activation::none) return dy;
  if constexpr (A == Activation::relu) return x > V{} ? dy : V{};
  if constexpr (A == Activation::relu6) return (x > V{}) & (x < splat(6.0f)) ? dy : V{};
  if constexpr (A == Activation::hswish) {
    const V inner = x > splat(-3.0f) ? dy * (x * splat(1.0f / 3) + 0.5f) : V{};
    return x < splat(3.0f) ? inner : dy;
  }
}

// Calls work(Kind<A>) for the activation.
template <Activation A>
struct Kind {
  static constexpr Activation value = A;
};
template <class Work>
INLINE void with_activation(Activation a, Work work) {
  switch (a) {
    case Activation::none: return work(Kind<Activation::none>{});
    case Activation::relu: return work(Kind<Activation::relu>{});
    case Activation::relu6: return work(Kind<Activation::relu6>{});
    case Activation::hswish: return work(Kind<Activation::hswish>{});
  }
}

// Calls visit(offset in a, offset in b) for every vector of two maps of one shape, whose borders may differ.
template <class Visit>
INLINE void each_vector(const Map& a, const Map& b, Visit visit) {
  for (int i = 0; i < a.height; ++i) {
    const std::ptrdiff_t from = a.at(i, 0), to = b.at(i, 0);
    for (int f = 0; f < a.width * a.stride; f += L) visit(from + f, to + f);
  }
}

void activation_forward(const Map& x, const Map& y, Activation activation, const float* in, float* out) {
  with_activation(activation, [&](auto kind) __attribute__((always_inline)) {
    each_vector(x, y, [&](std::ptrdiff_t from, std::ptrdiff_t to)
                    __attribute__((always_inline)) { store(out + to, activated<kind.value>(load(in + from))); });
  });
}

void activation_backward(const Map& x, const Map& y, Activation activation, const float* in, const float* dy, float* dx) {
  with_activation(activation, [&](auto kind) __attribute__((always_inline)) {
    each_vector(x, y, [&](std::ptrdiff_t at, std::ptrdiff_t from)
                    __attribute__((always_inline)) { store(dx + at, back<kind.value>(load(in + at), load(dy + from))); });
  });
}

void add_forward(const Map& a, const Map& b, const Map& y, const float* in_a, const float* in_b, float* out) {
  for (int i = 0; i < y.height; ++i) {
    const float *const p = in_a + a.at(i, 0), *const q = in_b + b.at(i, 0);
    float* const sum = out + y.at(i, 0);
    for (int f = 0; f < y.width * y.stride; f += L) store(sum + f, load(p + f) + load(q + f));
  }
}

void add_backward(const Map& x, const Map& y, const float* dy, float* dx) {
  each_vector(x, y, [&](std::ptrdiff_t at, std::ptrdiff_t from) { store(dx + at, load(dy + from)); });
}

}  // namespace gossamer::GOSSAMER_ISA
