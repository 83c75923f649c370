#include "convolution.h"

namespace gossamer {

ConvolutionStep::ConvolutionStep(const Kernels& kernels, const Conv& c, Parameters& parameters, int input, int output)
    : Step({input}, output),
      conv(c),
      kernels_(kernels),
      weights_(parameters.reserve_kernel(c.weights())),
      bias_(parameters.reserve(std::size_t(c.y.stride))) {
  std::vector<std::uint32_t> weights, bias;
  for (int o = 0; o < c.y.channels; ++o)
    for (int i = 0; i < c.x.channels; ++i)
      for (int t = 0; t < c.taps(); ++t) weights.push_back(std::uint32_t(weights_ + c.weight_at(o, i, t)));
  for (int o = 0; o < c.y.channels; ++o) bias.push_back(std::uint32_t(bias_ + o));
  parameters.add_array(std::move(weights));
  parameters.add_array(std::move(bias));
}

void ConvolutionStep::pack(const float* parameters, float* packed) const {
  kernels_.pack(conv, parameters + weights_, packed);
}

void ConvolutionStep::forward(const Work& w, const float* parameters) const {
  kernels_.conv_forward(conv, w.x[0], w.packed, parameters + bias_, w.y, w.indices, w.scratch);
}

void ConvolutionStep::backward(const Work& w, const float* parameters, float* gradient) const {
  kernels_.conv_backward(conv, w.x[0], w.y, w.indices, w.dy, parameters + weights_, gradient + weights_,
                         gradient + bias_, w.dx[0], w.scratch);
}

}  // namespace gossamer
