// The dense layer at a network's end. It is computed for a group of images at once, so that its weights are read once.
#pragma once

#include "../kernels.h"
#include "../parameters.h"

namespace gossamer {

class DenseHead {
 public:
  DenseHead(const Kernels&, const Map& x, int classes, Parameters&);

  int classes() const { return dense.classes; }
  // Of n images; x holds dense.inputs floats per image, z and dz the classes' logits.
  void forward(int n, const float* parameters, const float* x, float* z) const;
  void backward(int n, const float* parameters, const float* x, const float* dz, float* gradient, float* dx) const;

  const Dense dense;

 private:
  const Kernels& kernels_;
  std::size_t weights_, bias_;
};

}  // namespace gossamer
