#include "filter.h"

namespace gossamer {

FilterStep::FilterStep(const Kernels& kernels, const Filter& f, bool by_channel, bool bias, Parameters& parameters,
                       std::vector<int> inputs, int output)
    : Step(std::move(inputs), output),
      filter(f),
      depthwise(by_channel),
      kernels_(kernels),
      has_bias_(bias),
      sizes_(depthwise ? FilterSizes{0, 0, f.padded_y().size()} : kernels.filter_sizes(f)),
      weights_(parameters.reserve_kernel(depthwise ? std::size_t(f.taps()) * f.x.stride : f.weights())) {
  std::vector<std::uint32_t> weights;
  for (int o = 0; o < filter.y.channels; ++o)
    for (int i = 0; i < (depthwise ? 1 : filter.x.channels); ++i)
      for (int t = 0; t < filter.taps(); ++t)
        weights.push_back(
            std::uint32_t(weights_ + (depthwise ? std::size_t(t) * filter.x.stride + o : filter.weight_at(o, i, t))));
  parameters.add_array(std::move(weights));
  if (bias) bias_ = parameters.add_vector(filter.y.channels, filter.y.stride);
}

void FilterStep::pack(const float* parameters, float* packed) const {
  if (!depthwise) kernels_.filter_pack(filter, parameters + weights_, packed);
}

void FilterStep::forward(const Work& w, const float* parameters) const {
  const float* const bias = has_bias_ ? parameters + bias_ : nullptr;
  if (depthwise)
    kernels_.depthwise_forward(filter, w.x[0], parameters + weights_, bias, w.x[1], w.y);
  else
    kernels_.filter_forward(filter, w.x[0], w.packed, bias, w.x[1], w.y, w.scratch);
}

void FilterStep::backward(const Work& w, const float* parameters, float* gradient) const {
  float* const d_bias = has_bias_ ? gradient + bias_ : nullptr;
  const float* const weights = parameters + weights_;
  if (filter.relu) kernels_.activation_backward(filter.y, filter.y, Activation::relu, w.y, w.dy, w.dy);
  if (depthwise)
    kernels_.depthwise_backward(filter, w.x[0], w.dy, weights, gradient + weights_, d_bias, w.summand, w.dx[0], w.scratch);
  else
    kernels_.filter_backward(filter, {w.x[0], w.dy, weights, w.packed}, gradient + weights_, d_bias, w.totals, w.summand,
                             w.dx[0], w.scratch);
  if (w.dx[1] != nullptr) kernels_.add_backward(filter.added, filter.y, w.dy, w.dx[1]);
}

void FilterStep::finish(const float* totals, float* gradient) const {
  if (!depthwise) kernels_.filter_finish(filter, totals, gradient + weights_);
}

}  // namespace gossamer
