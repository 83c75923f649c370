#include "dense.h"

namespace gossamer {

DenseHead::DenseHead(const Kernels& kernels, const Map& x, int classes, Parameters& parameters)
    : dense{(int(x.size()) + kernels.lanes - 1) / kernels.lanes * kernels.lanes, classes},
      kernels_(kernels),
      weights_(parameters.reserve_kernel(std::size_t(dense.inputs) * classes)),
      bias_(parameters.reserve(std::size_t(classes))) {
  std::vector<std::uint32_t> weights, bias;
  for (int k = 0; k < classes; ++k)
    for (int c = 0; c < x.channels; ++c)
      for (int i = 0; i < x.height; ++i)
        for (int j = 0; j < x.width; ++j)
          weights.push_back(std::uint32_t(weights_ + std::size_t(k) * dense.inputs + x.at(i, j) + c));
  for (int k = 0; k < classes; ++k) bias.push_back(std::uint32_t(bias_ + k));
  parameters.add_array(std::move(weights));
  parameters.add_array(std::move(bias));
}

void DenseHead::forward(int n, const float* parameters, const float* x, float* z) const {
  kernels_.dense_forward(dense, n, parameters + weights_, parameters + bias_, x, z);
}

void DenseHead::backward(int n, const float* parameters, const float* x, const float* dz, float* gradient, float* dx) const {
  kernels_.dense_backward(dense, n, parameters + weights_, x, dz, gradient + weights_, gradient + bias_, dx);
}

}  // namespace gossamer
