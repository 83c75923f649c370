#include "image_norm.h"

#include <algorithm>

namespace gossamer {

static Map with_ones(Map x) {
  ++x.channels;
  return x;
}

ImageNormStep::ImageNormStep(const Kernels& kernels, const Map& x, const Map& y, int kernel, int stride,
                             Parameters& parameters, Parameters& statistics, int output)
    : NormStep(kernels, {x, x, x, Activation::none}, parameters, statistics, {0}, output),
      filter{with_ones(x), y, kernel, stride, true},
      sizes_(kernels.filter_sizes(filter)),
      weights_(parameters.reserve_kernel(filter.weights().weights())) {
  std::vector<std::uint32_t> weights;
  each_weight([&](int, std::size_t at, std::size_t) { weights.push_back(std::uint32_t(weights_ + at)); });
  parameters.add_array(std::move(weights));
}

template <class Visit>
void ImageNormStep::each_weight(Visit visit) const {
  const Conv order = filter.weights();
  for (int o = 0; o < filter.y.channels; ++o)
    for (int c = 0; c < norm.x.channels; ++c)
      for (int t = 0; t < filter.taps(); ++t) visit(c, order.weight_at(o, c, t), order.weight_at(o, norm.x.channels, t));
}

void ImageNormStep::count(const Work& w, Moments& moments) const {
  const Map& x = norm.x;
  std::vector<double> mean(channels()), deviation(channels());
  const auto each = [&](auto visit) {
    for (int i = 0; i < x.height; ++i)
      for (int j = 0; j < x.width; ++j)
        for (int c = 0; c < x.channels; ++c) visit(std::size_t(c), w.x[0][x.at(i, j) + c]);
  };
  each([&](std::size_t c, double value) { mean[c] += value; });
  for (double& sum : mean) sum /= x.pixels();
  each([&](std::size_t c, double value) { deviation[c] += (value - mean[c]) * (value - mean[c]); });
  moments.add(x.pixels(), mean.data(), deviation.data());
}

void ImageNormStep::normalize(const Moments& batch, const float* parameters, float* packed) const {
  NormStep::normalize(batch, parameters, packed);
  const NormVectors v = vectors(packed);
  float* const weights = packed + weights_at();
  std::fill_n(weights, filter.weights().weights(), 0.0f);
  each_weight([&](int c, std::size_t at, std::size_t ones) {
    weights[at] = v.scale[c] * parameters[weights_ + at];
    weights[ones] += v.shift[c] * parameters[weights_ + at];
  });
  kernels_.filter_pack(filter, weights, packed + filter_at());
}

void ImageNormStep::forward(const Work& w, const float*) const {
  kernels_.filter_forward(filter, w.x[0], w.packed + filter_at(), nullptr, w.y, w.scratch);
}

void ImageNormStep::count_back(const Work& w, NormSums&) const {
  kernels_.filter_backward(filter, {w.x[0], w.dy, w.packed + weights_at(), w.packed + filter_at()}, w.totals, nullptr,
                           w.totals + filter.weights().weights(), nullptr, nullptr, w.scratch);
}

void ImageNormStep::conclude_back(const float* parameters, const float* packed, float* totals, NormSums& sums,
                                  float* gradient) const {
  kernels_.filter_finish(filter, totals + filter.weights().weights(), totals);
  const NormVectors v = vectors(packed);
  each_weight([&](int c, std::size_t at, std::size_t ones) {
    const double weight = parameters[weights_ + at], product = totals[at], dy = totals[ones];
    sums.dz[std::size_t(c)] += weight * dy;
    sums.product[std::size_t(c)] += weight * (product - v.mean[c] * dy);
    gradient[weights_ + at] += float(v.scale[c] * product + v.shift[c] * dy);
  });
}

}  // namespace gossamer
