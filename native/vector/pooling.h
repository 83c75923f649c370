// What a convolution's sums become: bias, ReLU and the 2x2 max-pool, in registers.
#pragma once

#include "vector.h"

namespace gossamer::GOSSAMER_ISA {

INLINE void store_activation(V sum, V bias, float* y) { store(y, maximum(sum + bias, V{})); }

INLINE void store_pooled(V a, V b, V c, V d, V bias, float* y, std::int32_t* which) {
  I at{};
  V best = a;
  const auto challenge = [&](V v, std::int32_t place) __attribute__((always_inline)) {
    const I wins = v > best;  // strictly: a tie goes to the first
    best = wins ? v : best;
    at = wins ? splat(place) : at;
  };
  challenge(b, 1);
  challenge(c, 2);
  challenge(d, 3);
  store_activation(best, bias, y);
  store(which, at);
}

}  // namespace gossamer::GOSSAMER_ISA
