#include "norm.h"

#include <algorithm>
#include <cmath>

namespace gossamer {

constexpr double EPSILON = 1e-5, MOMENTUM = 0.1;  // PyTorch's

void Moments::clear() {
  count = 0;
  std::fill(mean.begin(), mean.end(), 0.0);
  std::fill(deviation.begin(), deviation.end(), 0.0);
}

template <class Number>
void Moments::add(double n, const Number* others_mean, const Number* others_deviation) {
  if (n == 0) return;
  const double total = count + n;
  for (std::size_t c = 0; c < mean.size(); ++c) {
    const double apart = others_mean[c] - mean[c];
    mean[c] += apart * (n / total);
    deviation[c] += others_deviation[c] + apart * apart * (count * n / total);
  }
  count = total;
}
template void Moments::add(double, const float*, const float*);
template void Moments::add(double, const double*, const double*);

void NormSums::clear() {
  std::fill(dz.begin(), dz.end(), 0.0);
  std::fill(product.begin(), product.end(), 0.0);
}

void NormSums::add(const NormSums& other) {
  for (std::size_t c = 0; c < dz.size(); ++c) dz[c] += other.dz[c], product[c] += other.product[c];
}

NormStep::NormStep(const Kernels& kernels, const Norm& n, Parameters& parameters, Parameters& statistics,
                   std::vector<int> inputs, int output)
    : Step(std::move(inputs), output),
      norm(n),
      kernels_(kernels),
      weight_(parameters.add_vector(n.x.channels, n.x.stride)),
      bias_(parameters.add_vector(n.x.channels, n.x.stride)),
      running_mean_(statistics.add_vector(n.x.channels, n.x.stride)),
      running_variance_(statistics.add_vector(n.x.channels, n.x.stride)) {}

NormVectors NormStep::vectors(const float* packed) const {
  const auto at = [&](int which) { return packed + std::size_t(which) * norm.x.stride; };
  return {at(SCALE), at(SHIFT), at(MEAN), at(SLOPE), at(OFFSET)};
}

void NormStep::count(const Work& w, Moments& moments) const {
  float *const mean = w.scratch, *const deviation = w.scratch + norm.x.stride;
  kernels_.moments(norm.x, w.x[0], mean, deviation);
  moments.add(norm.x.pixels(), mean, deviation);
}

void NormStep::normalize(const Moments& batch, const float* parameters, float* packed) const {
  float* const to[VECTORS] = {packed, packed + norm.x.stride, packed + 2 * norm.x.stride, nullptr, nullptr, packed + INVERSE * norm.x.stride};
  for (std::size_t c = 0; c < channels(); ++c) {
    // one value is its own mean: whatever it was, it becomes the bias, and rounding must not say otherwise on the way back
    const double inverse = batch.count < 2 ? 0 : 1 / std::sqrt(batch.deviation[c] / batch.count + EPSILON);
    const double scale = parameters[weight_ + c] * inverse;
    to[SCALE][c] = float(scale);
    to[SHIFT][c] = float(parameters[bias_ + c] - batch.mean[c] * scale);
    to[MEAN][c] = float(batch.mean[c]);
    to[INVERSE][c] = float(inverse);
  }
}

void NormStep::forward(const Work& w, const float*) const {
  kernels_.norm_forward(norm, w.x[0], w.x[1], vectors(w.packed), w.y);
}

void NormStep::count_back(const Work& w, NormSums& sums) const {
  float *const dz = w.scratch, *const product = w.scratch + norm.x.stride;
  kernels_.norm_sums(norm, w.x[0], w.x[1], vectors(w.packed), w.dy, dz, product);
  for (std::size_t c = 0; c < channels(); ++c) sums.dz[c] += dz[c], sums.product[c] += product[c];
}

// dx = scale (dz - mean(dz) - (x - mean) mean(dz (x - mean)) / (variance + epsilon)).
void NormStep::normalize_back(const Moments& batch, const NormSums& sums, float* packed) const {
  const float *const scale = packed + SCALE * norm.x.stride, *const inverse = packed + INVERSE * norm.x.stride;
  float *const slope = packed + SLOPE * norm.x.stride, *const offset = packed + OFFSET * norm.x.stride;
  for (std::size_t c = 0; c < channels(); ++c) {
    const double per_x = -double(scale[c]) * inverse[c] * inverse[c] * sums.product[c] / batch.count;
    slope[c] = float(per_x);
    offset[c] = float(-double(scale[c]) * sums.dz[c] / batch.count - per_x * batch.mean[c]);
  }
}

void NormStep::backward(const Work& w, const float*, float*) const {
  if (w.dx[0] != nullptr) kernels_.norm_backward(norm, w.x[0], vectors(w.packed), w.dy, w.dx[0]);
  if (w.dx[1] != nullptr) kernels_.add_backward(norm.added, norm.y, w.dy, w.dx[1]);
}

void NormStep::add_gradient(const NormSums& part, const float* packed, float* gradient) const {
  const float* const inverse = packed + INVERSE * norm.x.stride;
  for (std::size_t c = 0; c < channels(); ++c) {
    gradient[weight_ + c] += float(part.product[c] * inverse[c]);
    gradient[bias_ + c] += float(part.dz[c]);
  }
}

void NormStep::update(const Moments& batch, float* statistics) const {
  if (batch.count < 2) return;
  for (std::size_t c = 0; c < channels(); ++c) {
    float &mean = statistics[running_mean_ + c], &variance = statistics[running_variance_ + c];
    mean = float((1 - MOMENTUM) * mean + MOMENTUM * batch.mean[c]);
    variance = float((1 - MOMENTUM) * variance + MOMENTUM * batch.deviation[c] / (batch.count - 1));
  }
}

}  // namespace gossamer
