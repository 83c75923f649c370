// Scores a network on images in memory, on as many threads as it is given, which change no bit.
#pragma once

#include "runner.h"
#include "score.h"

namespace gossamer {

class Evaluator {
 public:
  Evaluator(const Plan& plan, const Images& images, const PixelTable& table, int threads)
      : plan_(plan), images_(images), runner_(plan, table, threads) {}

  // The score by these parameters on `rows`. Adds to `confusion` (classes, classes), by true and predicted class, unless
  // that is null.
  Score evaluate(const float* parameters, const std::int64_t* rows, std::size_t n, std::int64_t* confusion = nullptr);

 private:
  const Plan& plan_;
  const Images images_;
  Runner runner_;
};

}  // namespace gossamer
