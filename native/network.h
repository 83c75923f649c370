// A network laid out for a table of kernels: its stages, their maps, and where their parameters lie in one flat
// array. Turns PyTorch's arrays into that array and back.
#pragma once

#include <vector>

#include "kernels.h"

namespace gossamer {

// A layer as the words of a network name it.
struct Layer {
  enum class Kind { convolution, pool, mean, dense } kind;
  int channels = 0;  // of a convolution's output; a dense layer's classes
  int kernel = 0;    // of a convolution
};

struct Stage {
  Layer::Kind kind;
  Map x, y;
  Conv conv;    // of a convolution, the pool behind it taken in
  Dense dense;  // of the dense layer
  std::size_t weights = 0, bias = 0;  // where they begin in the parameters
};

class Network {
 public:
  // The last layer must be dense, and no other may be; every map must have a pixel.
  Network(const Kernels& kernels, const std::vector<Layer>& layers, int height, int width, int channels);

  const Kernels& kernels;
  std::vector<Stage> stages;   // all but the dense layer
  Stage dense;
  Map image;                   // the input
  std::size_t parameters = 0;  // floats of the flat array, padding included

  // Arrays in PyTorch's order (weight, bias, weight, bias, ...) to the flat array, whose padding becomes 0; and back.
  void gather(const std::vector<const float*>& arrays, float* flat) const;
  void scatter(const float* flat, const std::vector<float*>& arrays) const;
  std::vector<std::size_t> array_sizes() const;

 private:
  template <class Visit>
  void each_parameter(Visit visit) const;
};

}  // namespace gossamer
