// A batch norm with nothing behind it but a 1x1 convolution, folded into that one: with z = scale x + shift,
//
//     y = W z = (W scale) x + W shift,
//
// so z is never made. On the way back, too, all follows from dy, x and sums over the images of dy x (a weight gradient, of raw
// x) and of dy: the gradient of W, the norm's own and its sums. What cancels in those sums, the mean of x, cancels in
// scale x + shift as well.
#pragma once

#include "norm.h"

namespace gossamer {

class FoldedNormStep final : public NormStep {
 public:
  // x: the norm's input; y: the convolution's output.
  FoldedNormStep(const Kernels& kernels, const Map& x, const Map& y, Parameters& parameters, Parameters& statistics, int input,
                 int output);

  std::size_t packed_size() const override { return NormStep::packed_size() + packed().size; }
  std::size_t totals_size() const override { return totals().size; }
  std::size_t scratch_size() const override;
  bool goes_back_in_two() const override { return true; }

  void normalize(const Moments& batch, const float* parameters, float* packed) const override;
  void forward(const Work&, const float* parameters) const override;
  void count_back(const Work&, NormSums&) const override;
  void conclude_back(const float* parameters, const float* packed, float* totals, NormSums& sums,
                     float* gradient) const override;
  void backward(const Work&, const float* parameters, float* gradient) const override;

  const Filter filter;

 private:
  // Behind the norm's vectors in `packed`, and in `totals`, where what lies begins.
  struct Packed {
    std::size_t weights, bias, ones, filter, size;
  };
  struct Totals {
    std::size_t weights, bias, filter, size;
  };
  Packed packed() const;
  Totals totals() const;

  const FilterSizes sizes_;
  const std::size_t weights_;
};

}  // namespace gossamer
