// A convolution alone, over all channels or depthwise.
#include "steps.h"

namespace gossamer {

namespace {

class FilterStep : public Step {
 public:
  FilterStep(const Kernels& kernels, const Filter& filter, bool depthwise, bool bias, Parameters& parameters, int input,
             int output)
      : Step({input}, output),
        kernels_(kernels),
        filter_(filter),
        depthwise_(depthwise),
        has_bias_(bias),
        weights_(parameters.reserve(depthwise ? std::size_t(filter.taps()) * filter.x.stride : filter.weights().weights())) {
    const Conv order = filter.weights();
    std::vector<std::uint32_t> weights;
    for (int o = 0; o < filter.y.channels; ++o)
      for (int i = 0; i < (depthwise ? 1 : filter.x.channels); ++i)
        for (int t = 0; t < filter.taps(); ++t)
          weights.push_back(std::uint32_t(
              weights_ + (depthwise ? std::size_t(t) * filter.x.stride + o : order.weight_at(o, i, t))));
    parameters.add_array(std::move(weights));
    if (bias) bias_ = parameters.add_vector(filter.y.channels, filter.y.stride);
  }

  std::size_t packed_size() const override {
    return depthwise_ ? 0 : std::size_t(filter_.taps()) * filter_.x.channels * filter_.y.stride;
  }
  std::size_t scratch_size() const override { return filter_.padded_y().size(); }
  bool takes_summand() const override { return true; }
  void pack(const float* parameters, float* packed) const override {
    if (!depthwise_) kernels_.filter_pack(filter_, parameters + weights_, packed);
  }
  void forward(const Work& w, const float* parameters) const override {
    const float* const bias = has_bias_ ? parameters + bias_ : nullptr;
    if (depthwise_)
      kernels_.depthwise_forward(filter_, w.x[0], parameters + weights_, bias, w.y);
    else
      kernels_.filter_forward(filter_, w.x[0], w.packed, bias, w.y);
  }
  void backward(const Work& w, const float* parameters, float* gradient) const override {
    const auto back = depthwise_ ? kernels_.depthwise_backward : kernels_.filter_backward;
    back(filter_, w.x[0], w.dy, parameters + weights_, gradient + weights_, has_bias_ ? gradient + bias_ : nullptr, w.summand,
         w.dx[0], w.scratch);
  }

 private:
  const Kernels& kernels_;
  const Filter filter_;
  const bool depthwise_, has_bias_;
  const std::size_t weights_;
  std::size_t bias_ = 0;
};

}  // namespace

std::unique_ptr<Step> filter_step(const Kernels& kernels, const Filter& filter, bool depthwise, bool bias,
                                  Parameters& parameters, int input, int output) {
  return std::make_unique<FilterStep>(kernels, filter, depthwise, bias, parameters, input, output);
}

}  // namespace gossamer
