// How well logits answer.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace gossamer {

struct Images {
  const std::uint8_t* pixels;  // (N, H, W, C)
  const std::int64_t* labels;  // (N,)
  std::size_t image_bytes;
};

struct Score {
  std::int64_t images = 0, correct = 0;
  double loss = 0;  // mean cross entropy in nats
};

struct Result {  // of one image
  float loss;
  int predicted;
};

// Cross entropy of one image's logits from softmax, and its gradient times `scale` in `d` unless that is null.
inline Result answer(const float* z, int classes, std::int64_t label, float scale, float* d) {
  const float* const largest = std::max_element(z, z + classes);
  const float top = *largest;
  float sum = 0;
  for (int c = 0; c < classes; ++c) {
    const float e = std::exp(z[c] - top);
    if (d != nullptr) d[c] = e;
    sum += e;
  }
  if (d != nullptr) {
    for (int c = 0; c < classes; ++c) d[c] *= scale / sum;
    d[label] -= scale;
  }
  return {std::log(sum) - (z[label] - top), int(largest - z)};
}

}  // namespace gossamer
