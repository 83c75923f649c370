// The fastest that multiply-adds can go: nothing but multiply-adds, all in registers.
#pragma once

#include <cstdint>

#include "vector.h"

namespace gossamer::GOSSAMER_ISA {

// Independent chains, which all stay in registers beside the two constants: 2 FMA ports * 4 cycles of latency need 8,
// and where there are 32 registers there may be 4 ports.
constexpr int CHAINS = REGISTERS == 32 ? 16 : 12;

// Does `rounds` multiply-adds in each chain; returns how many that were, and their sum in `sum`.
std::int64_t multiply_adds(std::int64_t rounds, float* sum) {
  const V factor = splat(0.5f + *sum), term = splat(1.0f - *sum);  // unknown to the compiler
  V chains[CHAINS];
  UNROLL for (int k = 0; k < CHAINS; ++k) chains[k] = splat(float(k));
  for (std::int64_t r = 0; r < rounds; ++r) UNROLL for (int k = 0; k < CHAINS; ++k) chains[k] = chains[k] * factor + term;
  V total{};
  UNROLL for (int k = 0; k < CHAINS; ++k) total += chains[k];
  for (int l = 0; l < L; ++l) *sum += total[l];
  return rounds * CHAINS * L;
}

}  // namespace gossamer::GOSSAMER_ISA
