#include "parameters.h"

#include <algorithm>

namespace gossamer {

std::size_t Parameters::reserve(std::size_t floats) { return reserve(floats, false); }
std::size_t Parameters::reserve_kernel(std::size_t floats) { return reserve(floats, true); }

std::size_t Parameters::reserve(std::size_t floats, bool kernel) {
  const std::size_t at = size_;
  size_ += (floats + BLOCK - 1) / BLOCK * BLOCK;
  if (!stretches_.empty() && stretches_.back().kernel == kernel)
    stretches_.back().end = size_;
  else
    stretches_.push_back({at, size_, kernel});
  return at;
}

std::size_t Parameters::add_vector(int channels, int stride) {
  const std::size_t at = reserve(std::size_t(stride));
  std::vector<std::uint32_t> places;
  for (int c = 0; c < channels; ++c) places.push_back(std::uint32_t(at + std::size_t(c)));
  add_array(std::move(places));
  return at;
}

std::vector<std::size_t> Parameters::array_sizes() const {
  std::vector<std::size_t> sizes;
  for (const auto& places : arrays_) sizes.push_back(places.size());
  return sizes;
}

void Parameters::gather(const std::vector<const float*>& arrays, float* flat) const {
  std::fill(flat, flat + size_, 0.0f);
  for (std::size_t a = 0; a < arrays_.size(); ++a)
    for (std::size_t i = 0; i < arrays_[a].size(); ++i) flat[arrays_[a][i]] = arrays[a][i];
}

void Parameters::scatter(const float* flat, const std::vector<float*>& arrays) const {
  for (std::size_t a = 0; a < arrays_.size(); ++a)
    for (std::size_t i = 0; i < arrays_[a].size(); ++i) arrays[a][i] = flat[arrays_[a][i]];
}

}  // namespace gossamer
