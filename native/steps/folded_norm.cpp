#include "folded_norm.h"

#include <algorithm>

namespace gossamer {

FoldedNormStep::FoldedNormStep(const Kernels& kernels, const Map& x, const Map& y, Parameters& parameters,
                               Parameters& statistics, int input, int output)
    : NormStep(kernels, {x, x, x, Activation::none}, parameters, statistics, {input}, output),
      filter{{x, y, 1, false}, 1, false},
      sizes_(kernels.filter_sizes(filter)),
      weights_(parameters.reserve_kernel(filter.weights())) {
  std::vector<std::uint32_t> weights;
  for (int o = 0; o < y.channels; ++o)
    for (int c = 0; c < x.channels; ++c) weights.push_back(std::uint32_t(weights_ + filter.weight_at(o, c, 0)));
  parameters.add_array(std::move(weights));
}

FoldedNormStep::Packed FoldedNormStep::packed() const {
  const std::size_t bias = filter.weights(), ones = bias + filter.y.stride, packed = ones + filter.x.stride;
  return {0, bias, ones, packed, packed + sizes_.packed};
}

FoldedNormStep::Totals FoldedNormStep::totals() const {
  const std::size_t bias = filter.weights(), own = bias + filter.y.stride;
  return {0, bias, own, own + sizes_.totals};
}

std::size_t FoldedNormStep::scratch_size() const { return std::max(NormStep::scratch_size(), sizes_.scratch); }

void FoldedNormStep::normalize(const Moments& batch, const float* parameters, float* to) const {
  NormStep::normalize(batch, parameters, to);
  const NormVectors v = vectors(to);
  float* const own = to + NormStep::packed_size();
  float *const weights = own + packed().weights, *const bias = own + packed().bias;
  std::fill_n(own + packed().ones, filter.x.stride, 1.0f);
  for (int o = 0; o < filter.y.channels; ++o) {
    double shift = 0;
    for (int c = 0; c < filter.x.channels; ++c) {
      const std::size_t at = filter.weight_at(o, c, 0);
      const float weight = parameters[weights_ + at];
      weights[at] = weight * v.scale[c];
      shift += double(weight) * v.shift[c];
    }
    bias[o] = float(shift);
  }
  kernels_.filter_pack(filter, weights, own + packed().filter);
}

void FoldedNormStep::forward(const Work& w, const float*) const {
  const float* const own = w.packed + NormStep::packed_size();
  kernels_.filter_forward(filter, w.x[0], own + packed().filter, own + packed().bias, nullptr, w.y, w.scratch);
}

// With the folded weights, the gradient with respect to the convolution's input is scale dz.
void FoldedNormStep::count_back(const Work& w, NormSums&) const {
  const float* const own = w.packed + NormStep::packed_size();
  kernels_.filter_backward(filter, {w.x[0], w.dy, own + packed().weights, own + packed().filter}, w.totals + totals().weights,
                           w.totals + totals().bias, w.totals + totals().filter, nullptr, w.dx[0], w.scratch);
}

void FoldedNormStep::conclude_back(const float* parameters, const float* packed, float* sums_of_images, NormSums& sums,
                                   float* gradient) const {
  float *const products = sums_of_images + totals().weights, *const d_bias = sums_of_images + totals().bias;
  kernels_.filter_finish(filter, sums_of_images + totals().filter, products);
  const NormVectors v = vectors(packed);
  for (int o = 0; o < filter.y.channels; ++o)
    for (int c = 0; c < filter.x.channels; ++c) {
      const std::size_t at = filter.weight_at(o, c, 0);
      const double weight = parameters[weights_ + at], dy = d_bias[o];
      sums.dz[c] += weight * dy;
      sums.product[c] += weight * (products[at] - double(v.mean[c]) * dy);
      gradient[weights_ + at] += float(double(v.scale[c]) * products[at] + v.shift[c] * dy);
    }
}

void FoldedNormStep::backward(const Work& w, const float*, float*) const {
  if (w.dx[0] == nullptr) return;
  NormVectors v = vectors(w.packed);
  v.scale = w.packed + NormStep::packed_size() + packed().ones;
  kernels_.norm_backward(norm, w.x[0], v, w.dx[0], w.dx[0]);
}

}  // namespace gossamer
