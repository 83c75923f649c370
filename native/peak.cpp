#include "peak.h"

#include <algorithm>
#include <chrono>

namespace gossamer {

double peak_multiply_adds(const Kernels& kernels) {
  using Clock = std::chrono::steady_clock;
  constexpr double TRY_SECONDS = 0.01;
  volatile float sink = 0;  // read and written, so that no multiply-add can be left out
  double best = 0;
  std::int64_t rounds = 1000;
  for (int tries = 0; tries < 10;) {
    float sum = sink;
    const Clock::time_point start = Clock::now();
    const std::int64_t done = kernels.multiply_adds(rounds, &sum);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    sink = 0 * sum;
    if (seconds < TRY_SECONDS)
      rounds *= 2;
    else
      best = std::max(best, double(done) / seconds), ++tries;
  }
  return best;
}

}  // namespace gossamer
