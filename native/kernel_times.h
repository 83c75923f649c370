// How long each kernel of a network takes on one thread: what `python -m benchmarks.kernels` prints.
#pragma once

#include <string>
#include <vector>

#include "plan.h"

namespace gossamer {

struct KernelTime {
  std::string what;
  double seconds;        // of one image, or of one step of training
  double multiply_adds;  // that the kernel does in that time: Winograd's, and those of active outputs alone; 0 if none
  bool step;
};

// The least of several tries of each kernel, about a hundredth of a second each, on images of random numbers: `positive`
// of every fused convolution's outputs are, and the pool's maximum has any index in its window equally often.
std::vector<KernelTime> kernel_times(const Plan& plan, double positive);

}  // namespace gossamer
