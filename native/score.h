// How well logits answer, and what is minimized.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "learning.h"

namespace gossamer {

struct Images {
  const std::uint8_t* pixels;  // (N, H, W, C)
  const std::int64_t* labels;  // (N,)
  std::size_t image_bytes;
};

struct Score {
  std::int64_t images = 0, correct = 0;
  double loss = 0;  // mean, in nats
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

// What changes when the share `smoothing` of a label goes to all classes evenly: the change of the loss, and that of its
// gradient, times `scale`, added to `d`.
inline float smooth(const float* z, int classes, std::int64_t label, float smoothing, float scale, float* d) {
  const float each = smoothing / float(classes);
  float loss = 0;
  for (int c = 0; c < classes; ++c) {
    loss += each * (z[label] - z[c]);
    d[c] -= scale * each;
  }
  d[label] += scale * smoothing;
  return loss;
}

// T^2 KL(teacher, softmax(z / T)), and its gradient times `scale`, added to `d`.
inline float distil(const float* z, int classes, const float* teacher, float temperature, float scale, float* d) {
  const float top = *std::max_element(z, z + classes);
  float sum = 0, mass = 0, loss = 0;
  for (int c = 0; c < classes; ++c) sum += std::exp((z[c] - top) / temperature), mass += teacher[c];
  for (int c = 0; c < classes; ++c) {
    const float log_share = (z[c] - top) / temperature - std::log(sum);
    if (teacher[c] != 0) loss += teacher[c] * (std::log(teacher[c]) - log_share);
    d[c] += scale * temperature * (std::exp(log_share) * mass - teacher[c]);
  }
  return temperature * temperature * loss;
}

// What one image's logits should come to.
struct Target {
  std::int64_t label;
  float weight;          // multiplies the image's share of the loss
  const float* teacher;  // the classes' probabilities by a teacher, at its temperature; null: the label alone
};

// An image's share of what is minimized, and its gradient times `scale` in `d`. Where nothing but the label counts, it
// is the cross entropy to the bit.
inline Result answer(const Learning& learning, const Target& target, const float* z, int classes, float scale, float* d) {
  const float labels = target.teacher == nullptr ? 1 : float(learning.labels);
  const float smoothing = float(learning.label_smoothing);
  scale *= target.weight;
  Result result = answer(z, classes, target.label, scale * labels, d);
  if (smoothing > 0) result.loss += smooth(z, classes, target.label, smoothing, scale * labels, d);
  result.loss *= labels;
  if (target.teacher != nullptr)
    result.loss += (1 - labels) * distil(z, classes, target.teacher, float(learning.temperature),
                                         scale * (1 - labels), d);
  result.loss *= target.weight;
  return result;
}

}  // namespace gossamer
