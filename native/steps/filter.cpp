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
        sizes_(depthwise ? FilterSizes{0, 0, filter.padded_y().size()} : kernels.filter_sizes(filter)),
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

  std::size_t packed_size() const override { return sizes_.packed; }
  std::size_t totals_size() const override { return sizes_.totals; }
  std::size_t scratch_size() const override { return sizes_.scratch; }
  bool takes_summand() const override { return true; }
  void pack(const float* parameters, float* packed) const override {
    if (!depthwise_) kernels_.filter_pack(filter_, parameters + weights_, packed);
  }
  void forward(const Work& w, const float* parameters) const override {
    const float* const bias = has_bias_ ? parameters + bias_ : nullptr;
    if (depthwise_)
      kernels_.depthwise_forward(filter_, w.x[0], parameters + weights_, bias, w.y);
    else
      kernels_.filter_forward(filter_, w.x[0], w.packed, bias, w.y, w.scratch);
  }
  void backward(const Work& w, const float* parameters, float* gradient) const override {
    float* const d_bias = has_bias_ ? gradient + bias_ : nullptr;
    const float* const weights = parameters + weights_;
    if (depthwise_)
      kernels_.depthwise_backward(filter_, w.x[0], w.dy, weights, gradient + weights_, d_bias, w.summand, w.dx[0], w.scratch);
    else
      kernels_.filter_backward(filter_, {w.x[0], w.dy, weights, w.packed}, gradient + weights_, d_bias, w.totals, w.summand,
                               w.dx[0], w.scratch);
  }
  void finish(const float* totals, float* gradient) const override {
    if (!depthwise_) kernels_.filter_finish(filter_, totals, gradient + weights_);
  }

 private:
  const Kernels& kernels_;
  const Filter filter_;
  const bool depthwise_, has_bias_;
  const FilterSizes sizes_;
  const std::size_t weights_;
  std::size_t bias_ = 0;
};

}  // namespace

std::unique_ptr<Step> filter_step(const Kernels& kernels, const Filter& filter, bool depthwise, bool bias,
                                  Parameters& parameters, int input, int output) {
  return std::make_unique<FilterStep>(kernels, filter, depthwise, bias, parameters, input, output);
}

}  // namespace gossamer
