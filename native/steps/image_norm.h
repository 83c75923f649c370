// A batch norm of the image, folded into the convolution behind it. The border of what that reads is zero, which the norm's
// shift does not reach: so the image has a last channel of ones within its border, whose weights are W shift at every tap. As
// of a folded norm, all that the backward pass needs follows from the weight gradient, of which the ones' is the sums of dy.
// Neither the normalized image nor a gradient with respect to it is made, and a pixel is not filled up to a vector.
#pragma once

#include "norm.h"

namespace gossamer {

class ImageNormStep final : public NormStep {
 public:
  // x: the image with its ones, whose channels are those of the pixels; y: the convolution's output.
  ImageNormStep(const Kernels& kernels, const Map& x, const Map& y, int kernel, int stride, Parameters& parameters,
                Parameters& statistics, int output);

  std::size_t packed_size() const override { return filter_at() + sizes_.packed; }
  std::size_t totals_size() const override { return filter.weights().weights() + sizes_.totals; }
  std::size_t scratch_size() const override { return sizes_.scratch; }
  bool goes_back_in_two() const override { return true; }

  void count(const Work&, Moments&) const override;
  void normalize(const Moments& batch, const float* parameters, float* packed) const override;
  void forward(const Work&, const float* parameters) const override;
  void count_back(const Work&, NormSums&) const override;
  void conclude_back(const float* parameters, const float* packed, float* totals, NormSums& sums,
                     float* gradient) const override;
  void backward(const Work&, const float*, float*) const override {}  // nobody needs the image's

  const Filter filter;

 private:
  // Where the folded weights lie in `packed`, on a cache line, and what the kernel makes of them.
  std::size_t weights_at() const { return (NormStep::packed_size() + 15) / 16 * 16; }
  std::size_t filter_at() const { return weights_at() + filter.weights().weights(); }
  // Calls visit(channel, place of its weight, place of the ones' weight) for every weight.
  template <class Visit>
  void each_weight(Visit visit) const;

  const FilterSizes sizes_;
  const std::size_t weights_;
};

}  // namespace gossamer
