// A convolution with the ReLU and the max-pool behind it: one kernel computes the chain.
#pragma once

#include "../kernels.h"
#include "../parameters.h"
#include "../step.h"

namespace gossamer {

class ConvolutionStep final : public Step {
 public:
  ConvolutionStep(const Kernels&, const Conv&, Parameters&, int input, int output);

  std::size_t packed_size() const override { return kernels_.packed_size(conv); }
  std::size_t scratch_size() const override { return kernels_.scratch_size(conv); }
  std::size_t indices() const override { return std::size_t(conv.y.pixels()) * conv.y.stride; }
  void pack(const float* parameters, float* packed) const override;
  void forward(const Work&, const float* parameters) const override;
  void backward(const Work&, const float* parameters, float* gradient) const override;

  const Conv conv;

 private:
  const Kernels& kernels_;
  std::size_t weights_, bias_;  // where they begin in the parameters
};

}  // namespace gossamer
