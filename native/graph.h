// A network as the core is given it: nodes in evaluation order, each an op on earlier values. Value 0 is the image, value
// i + 1 what node i makes.
#pragma once

#include <string>
#include <vector>

namespace gossamer {

enum class Op { convolution, depthwise, norm, relu, relu6, hswish, max_pool, average_pool, mean, add, dense };

struct Node {
  Op op;
  std::vector<int> inputs;  // values
  int channels = 0;         // of a convolution's output; a dense layer's classes
  int kernel = 0;           // of a convolution of either kind, and what follows:
  int stride = 1;
  bool bias = true;
};

// Throws std::invalid_argument if there is no such op.
Op op_named(const std::string& name);

}  // namespace gossamer
