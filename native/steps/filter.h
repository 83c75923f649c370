// A convolution without a pool, over all channels or depthwise, with the sum and the ReLU behind it where they follow.
#pragma once

#include "../kernels.h"
#include "../parameters.h"
#include "../step.h"

namespace gossamer {

class FilterStep final : public Step {
 public:
  // The second of two inputs is what is added.
  FilterStep(const Kernels&, const Filter&, bool depthwise, bool bias, Parameters&, std::vector<int> inputs, int output);

  std::size_t packed_size() const override { return sizes_.packed; }
  std::size_t totals_size() const override { return sizes_.totals; }
  std::size_t scratch_size() const override { return sizes_.scratch; }
  bool takes_summand() const override { return true; }
  bool leaves_gradient() const override { return inputs.size() == 2 && filter.added.border == filter.y.border; }
  void pack(const float* parameters, float* packed) const override;
  void forward(const Work&, const float* parameters) const override;
  void backward(const Work&, const float* parameters, float* gradient) const override;
  void finish(const float* totals, float* gradient) const override;

  const Filter filter;
  const bool depthwise;

 private:
  const Kernels& kernels_;
  const bool has_bias_;
  const FilterSizes sizes_;
  const std::size_t weights_;
  std::size_t bias_ = 0;
};

}  // namespace gossamer
