// One thread's passes through a network: forward for a few images at once, and back. Owns all the memory that
// a pass needs, so that nothing is allocated while it runs.
#pragma once

#include <vector>

#include "buffer.h"
#include "network.h"

namespace gossamer {

constexpr int GROUP = 8;  // images whose dense layer is computed together

class Pass {
 public:
  explicit Pass(const Network& network);

  // Prepares the weights that forward() reads; call it whenever the parameters change.
  void pack(const float* parameters);

  // Logits of n <= GROUP images: image i is pixels[i], (H, W, C) bytes, each scaled by the table.
  // Unless backward() follows, no places of maxima are kept, and an image's maps take the place of the one before's, so
  // that they stay in the first caches.
  const float* forward(int n, const std::uint8_t* const* pixels, const float (&scaled)[256], const float* parameters,
                       bool backward_follows);

  // Adds the gradient of the last forward() to `gradient`, given that with respect to the logits.
  void backward(int n, const float* d_logits, const float* parameters, float* gradient);

 private:
  float* map(std::size_t stage, int i) { return maps_[stage].data() + i * map_size_[stage]; }
  std::int32_t* which(std::size_t stage, int i) { return which_[stage].data() + i * which_size_[stage]; }

  const Network& network_;
  Buffer<float> images_, logits_, d_dense_, scratch_;
  std::vector<Buffer<float>> packed_, maps_, gradients_;  // one a stage; gradients with respect to its input
  std::vector<Buffer<std::int32_t>> which_;
  std::vector<std::size_t> map_size_, which_size_;
  std::size_t image_size_;
};

}  // namespace gossamer
