// What a convolution's sums become: bias, ReLU and the 2x2 max-pool, in registers.
#pragma once

#include "vector.h"

namespace gossamer::GOSSAMER_ISA {

INLINE void store_activation(V sum, V bias, float* y) { store(y, maximum(sum + bias, V{})); }

// Keeps the maximum's place as well if PLACES: the backward pass needs it. A sum that is no number wins, as it does in
// PyTorch; where no input can be one, NUMBERS leaves the check out.
template <bool PLACES, bool NUMBERS = false>
INLINE void store_pooled(V a, V b, V c, V d, V bias, float* y, std::int32_t* which) {
  I at{};
  V best = a;
  const auto challenge = [&](V v, std::int32_t place) __attribute__((always_inline)) {
    const I wins = v > best;  // strictly: a tie goes to the first
    best = wins ? v : best;
    if constexpr (PLACES) at = wins ? splat(place) : at;
  };
  challenge(b, 1);
  challenge(c, 2);
  challenge(d, 3);
  if constexpr (!NUMBERS) best = (unordered(a, b) | unordered(c, d)) ? splat(__builtin_nanf("")) : best;
  store_activation(best, bias, y);
  if constexpr (PLACES) store(which, at);
}

}  // namespace gossamer::GOSSAMER_ISA
