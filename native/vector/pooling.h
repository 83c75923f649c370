// What a convolution's sums become: bias, ReLU and the 2x2 max-pool, in registers.
#pragma once

#include "vector.h"

namespace gossamer::GOSSAMER_ISA {

// Keeps the maximum's index as well if INDICES: the backward pass needs it. A sum that is NaN wins, as it does in
// PyTorch; where no input can be NaN, NUMBERS leaves the check out.
template <bool INDICES, bool NUMBERS = false>
INLINE void store_pooled(V a, V b, V c, V d, V bias, float* y, std::int32_t* indices) {
  I at{};
  V best = a;
  const auto challenge = [&](V v, std::int32_t index) __attribute__((always_inline)) {
    const I wins = v > best;  // strictly: a tie goes to the first
    best = wins ? v : best;
    if constexpr (INDICES) at = wins ? splat(index) : at;
  };
  challenge(b, 1);
  challenge(c, 2);
  challenge(d, 3);
  if constexpr (!NUMBERS) best = (unordered(a, b) | unordered(c, d)) ? splat(__builtin_nanf("")) : best;
  store(y, maximum(best + bias, V{}));
  if constexpr (INDICES) store(indices, at);
}

}  // namespace gossamer::GOSSAMER_ISA
