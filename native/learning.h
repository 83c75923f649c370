// How weights learn from gradients: the optimizer and what it minimizes. The formulas stand in gossamer/engine/learning.py.
#pragma once

#include <algorithm>
#include <cstdint>

namespace gossamer {

enum class Optimizer { adam, sgd };  // AdamW is Adam with weight decay

struct Learning {
  Optimizer optimizer = Optimizer::adam;
  double weight_decay = 0;     // of kernels
  double label_smoothing = 0;
  double ema = 0;              // the decay of the moving average; 0 keeps none
  double temperature = 1;      // of a teacher
  double labels = 0;           // the labels' share of the loss beside a teacher's

  // How many numbers the optimizer keeps of every parameter.
  std::size_t slots() const { return optimizer == Optimizer::adam ? 2 : 1; }
  // The share that the moving average keeps of itself after step number `step`, from 0.
  double average_decay(std::int64_t step) const { return std::min(ema, double(1 + step) / double(10 + step)); }
};

}  // namespace gossamer
