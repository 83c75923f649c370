// Where the parameters of a network lie in one flat array, and how PyTorch's arrays become that array and back.
#pragma once

#include <cstdint>
#include <vector>

namespace gossamer {

class Parameters {
 public:
  // Room for so many floats; it begins at a multiple of BLOCK, so that every vector width divides what lies before it.
  std::size_t reserve(std::size_t floats);
  // The same for a kernel: weight decay shrinks kernels, neither biases nor norms.
  std::size_t reserve_kernel(std::size_t floats);
  // An array of one number per channel: room for it, filled up to `stride` floats.
  std::size_t add_vector(int channels, int stride);
  // The next array in PyTorch's order: its element i lies at places[i].
  void add_array(std::vector<std::uint32_t> places) { arrays_.push_back(std::move(places)); }

  std::size_t size() const { return size_; }  // floats of the flat array, padding included
  std::vector<std::size_t> array_sizes() const;
  // The arrays to the flat array, whose padding becomes 0; and back.
  void gather(const std::vector<const float*>& arrays, float* flat) const;
  void scatter(const float* flat, const std::vector<float*>& arrays) const;

  static constexpr std::size_t BLOCK = 16;

  struct Stretch {
    std::size_t begin, end;  // multiples of BLOCK
    bool kernel;
  };
  // The flat array from its beginning to its end: kernels, and what lies between them.
  const std::vector<Stretch>& stretches() const { return stretches_; }

 private:
  std::size_t reserve(std::size_t floats, bool kernel);

  std::size_t size_ = 0;
  std::vector<Stretch> stretches_;
  std::vector<std::vector<std::uint32_t>> arrays_;
};

}  // namespace gossamer
