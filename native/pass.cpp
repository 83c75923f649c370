#include "pass.h"

#include <algorithm>

namespace gossamer {

// Floats from one image's map to the next: whole cache lines, so that every map begins on one.
static std::size_t lines(std::size_t floats) { return (floats + 15) / 16 * 16; }

Pass::Pass(const Network& network) : network_(network) {
  const std::size_t inputs = lines(std::size_t(network.dense.dense.inputs));
  // what the dense layer reads must lie without gaps
  const bool direct = network.stages.empty();
  image_size_ = direct ? std::size_t(network.dense.dense.inputs) : lines(network.image.size());
  images_ = Buffer<float>(GROUP * image_size_);
  logits_ = Buffer<float>(std::size_t(GROUP) * network.dense.dense.classes);
  d_dense_ = Buffer<float>(GROUP * inputs);
  std::size_t scratch = 0;
  for (std::size_t s = 0; s < network.stages.size(); ++s) {
    const Stage& stage = network.stages[s];
    const bool last = s + 1 == network.stages.size();
    const bool convolution = stage.kind == Layer::Kind::convolution;
    map_size_.push_back(last ? std::size_t(network.dense.dense.inputs) : lines(stage.y.size()));
    which_size_.push_back(lines(std::size_t(stage.y.pixels()) * stage.y.stride));
    maps_.emplace_back(GROUP * map_size_.back());
    which_.emplace_back(GROUP * which_size_.back());
    gradients_.emplace_back(s == 0 ? 0 : stage.x.size());
    packed_.emplace_back(convolution ? network.kernels.packed_size(stage.conv) : 0);
    if (convolution) scratch = std::max(scratch, network.kernels.scratch_size(stage.conv));
  }
  scratch_ = Buffer<float>(scratch);
}

void Pass::pack(const float* parameters) {
  for (std::size_t s = 0; s < network_.stages.size(); ++s) {
    const Stage& stage = network_.stages[s];
    if (stage.kind == Layer::Kind::convolution)
      network_.kernels.pack(stage.conv, parameters + stage.weights, packed_[s].data());
  }
}

const float* Pass::forward(int n, const std::uint8_t* const* pixels, const float (&scaled)[256],
                           const float* parameters, bool backward_follows) {
  const Kernels& k = network_.kernels;
  const Map& image = network_.image;
  const std::size_t stages = network_.stages.size();
  for (int i = 0; i < n; ++i) {
    // the dense layer reads the last stage's maps of all images, the backward pass every map
    const auto slot = [&](std::size_t maps) { return backward_follows || maps == stages ? i : 0; };
    float* const input = images_.data() + slot(0) * image_size_;
    const int run = image.width * image.stride;
    const std::uint8_t* p = pixels[i];
    for (int y = 0; y < image.height; ++y) {
      float* const row = input + image.at(y, 0);
      for (int f = 0; f < run; ++f) row[f] = scaled[*p++];
    }
    const float* x = input;
    for (std::size_t s = 0; s < stages; ++s) {
      const Stage& stage = network_.stages[s];
      float* const y = map(s, slot(s + 1));
      std::int32_t* const places = backward_follows ? which(s, i) : nullptr;
      switch (stage.kind) {
        case Layer::Kind::convolution:
          k.conv_forward(stage.conv, x, packed_[s].data(), parameters + stage.bias, y, places, scratch_.data());
          break;
        case Layer::Kind::pool:
          k.pool_forward(stage.x, stage.y, x, y, places);
          break;
        default:
          k.mean_forward(stage.x, x, y);
      }
      x = y;
    }
  }
  const Stage& dense = network_.dense;
  k.dense_forward(dense.dense, n, parameters + dense.weights, parameters + dense.bias,
                  stages ? map(stages - 1, 0) : images_.data(), logits_.data());
  return logits_.data();
}

void Pass::backward(int n, const float* d_logits, const float* parameters, float* gradient) {
  const Kernels& k = network_.kernels;
  const Stage& dense = network_.dense;
  const std::size_t stages = network_.stages.size();
  k.dense_backward(dense.dense, n, parameters + dense.weights, stages ? map(stages - 1, 0) : images_.data(), d_logits,
                   gradient + dense.weights, gradient + dense.bias, d_dense_.data());
  for (int i = 0; i < n; ++i) {
    const float* dy = d_dense_.data() + std::size_t(i) * dense.dense.inputs;
    for (std::size_t s = stages; s-- > 0;) {
      const Stage& stage = network_.stages[s];
      const float* const x = s == 0 ? images_.data() + i * image_size_ : map(s - 1, i);
      float* const dx = s == 0 ? nullptr : gradients_[s].data();
      if (stage.kind == Layer::Kind::convolution)
        k.conv_backward(stage.conv, x, map(s, i), which(s, i), dy, parameters + stage.weights, gradient + stage.weights,
                        gradient + stage.bias, dx, scratch_.data());
      else if (dx != nullptr && stage.kind == Layer::Kind::pool)
        k.pool_backward(stage.x, stage.y, dy, which(s, i), dx);
      else if (dx != nullptr)
        k.mean_backward(stage.x, dy, dx);
      dy = dx;
    }
  }
}

}  // namespace gossamer
