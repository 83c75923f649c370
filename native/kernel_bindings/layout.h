// Arrays as kernels take them and back: as a Pass lays them out, over memory that shows mistakes.
//
// An output begins as NaN, and so does what a kernel must not read; what a kernel must leave alone is looked at
// afterwards. Arrays begin `misalign` floats after a cache line.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>

#include "../buffer.h"
#include "../dispatch.h"

namespace nb = nanobind;

namespace gossamer {


template <class T, int N>
using In = nb::ndarray<const T, nb::ndim<N>, nb::c_contig, nb::device::cpu>;
template <int N>
using Floats = In<float, N>;
using Indices = In<std::int32_t, 3>;
using Out = nb::ndarray<nb::numpy, float>;
using IndicesOut = nb::ndarray<nb::numpy, std::int32_t>;

constexpr float UNWRITTEN = std::numeric_limits<float>::quiet_NaN();
constexpr int BORDER = 1;  // around outputs: any layer may come next

inline void require(bool fact, const char* fact_in_words) {
  if (!fact) throw std::invalid_argument(std::string("the kernels' arrays do not fit: ") + fact_in_words);
}

inline const Kernels& table(const std::string& name) {
  const Kernels* found = find_kernels(name);
  if (found == nullptr) throw std::invalid_argument("no kernels called '" + name + "' can run here");
  return *found;
}

inline int round_up(int n, int to) { return (n + to - 1) / to * to; }

// A kernel's array: n values that begin `misalign` of them after a cache line.
template <class T>
class Laid {
 public:
  Laid(std::size_t n, int misalign, T value) : buffer_(n + misalign), begin_(misalign), size_(n) {
    std::fill(data(), data() + n, value);
  }
  T* data() { return buffer_.data() + begin_; }
  T& operator[](std::size_t i) { return data()[i]; }
  std::size_t size() const { return size_; }

 private:
  Buffer<T> buffer_;
  std::size_t begin_, size_;
};

template <class T>
nb::ndarray<nb::numpy, T> new_array(std::initializer_list<std::size_t> shape) {
  std::size_t n = 1;
  for (std::size_t size : shape) n *= size;
  T* const data = new T[n]();
  return {data, shape, nb::capsule(data, [](void* p) noexcept { delete[] static_cast<T*>(p); })};
}

template <class Visit>  // visit(offset in an (H, W, C) array, i, j, c)
void each(const Map& map, Visit visit) {
  std::size_t n = 0;
  for (int i = 0; i < map.height; ++i)
    for (int j = 0; j < map.width; ++j)
      for (int c = 0; c < map.channels; ++c) visit(n++, i, j, c);
}

// A map's memory: `border` in the border, zeros in the padding of the channels, UNWRITTEN or `array` in the channels.
inline Laid<float> lay(const Map& map, const float* array, int misalign, float border = 0) {
  Laid<float> laid(map.size(), misalign, border);
  for (int i = 0; i < map.height; ++i) std::fill_n(laid.data() + map.at(i, 0), map.width * map.stride, 0.0f);
  each(map, [&](std::size_t n, int i, int j, int c) {
    laid[map.at(i, j) + c] = array == nullptr ? UNWRITTEN : array[n];
  });
  return laid;
}

inline Out unlay(const Map& map, Laid<float>& laid) {
  Out out = new_array<float>({std::size_t(map.height), std::size_t(map.width), std::size_t(map.channels)});
  each(map, [&](std::size_t n, int i, int j, int c) { out.data()[n] = laid[map.at(i, j) + c]; });
  return out;
}

// The same of an output, whose border and padding the next layer takes to be zeros.
inline Out unlay_output(const Map& map, Laid<float>& laid) {
  Out out = unlay(map, laid);
  each(map, [&](std::size_t, int i, int j, int c) { laid[map.at(i, j) + c] = 0; });
  for (std::size_t k = 0; k < laid.size(); ++k)
    if (laid[k] != 0) throw std::runtime_error("a kernel wrote beside its output's channels");
  return out;
}

inline std::size_t index_at(const Map& y, int i, int j, int c) { return (std::size_t(i) * y.width + j) * y.stride + c; }

inline Laid<std::int32_t> lay_indices(const Map& y, const Indices* argmax, int misalign) {
  Laid<std::int32_t> laid(std::size_t(y.pixels()) * y.stride, misalign, 0);
  each(y, [&](std::size_t n, int i, int j, int c) {
    laid[index_at(y, i, j, c)] = argmax == nullptr ? -1 : argmax->data()[n];
  });
  return laid;
}

inline IndicesOut unlay_indices(const Map& y, Laid<std::int32_t>& laid) {
  IndicesOut out = new_array<std::int32_t>({std::size_t(y.height), std::size_t(y.width), std::size_t(y.channels)});
  each(y, [&](std::size_t n, int i, int j, int c) { out.data()[n] = laid[index_at(y, i, j, c)]; });
  return out;
}

// Rows of `columns` values, each filled up with zeros to `stride`.
inline Laid<float> lay_rows(const float* array, std::size_t rows, std::size_t columns, std::size_t stride, int misalign) {
  Laid<float> laid(rows * stride, misalign, 0);
  for (std::size_t r = 0; r < rows; ++r) std::copy_n(array + r * columns, columns, laid.data() + r * stride);
  return laid;
}

inline Out unlay_rows(Laid<float>& laid, std::size_t rows, std::size_t columns, std::size_t stride) {
  Out out = new_array<float>({rows, columns});
  for (std::size_t r = 0; r < rows; ++r) std::copy_n(laid.data() + r * stride, columns, out.data() + r * columns);
  return out;
}

inline Out unlay_vector(Laid<float>& laid, std::size_t n) {
  Out out = new_array<float>({n});
  std::copy_n(laid.data(), n, out.data());
  return out;
}

inline Map input_map(const Kernels& k, std::size_t height, std::size_t width, std::size_t channels, bool image, int border) {
  const int c = int(channels);
  return {int(height), int(width), c, image ? c : round_up(c, k.lanes), border};
}

inline Map output_map(const Kernels& k, int height, int width, int channels) {
  return {height, width, channels, round_up(channels, k.lanes), BORDER};
}

template <class Array>
bool same(const Map& map, const Array& array) {
  return int(array.shape(0)) == map.height && int(array.shape(1)) == map.width && int(array.shape(2)) == map.channels;
}

template <class Visit>  // visit(offset in PyTorch's array, offset in the kernels' array)
void each_weight(const Convolution& s, Visit visit) {
  std::size_t n = 0;
  for (int o = 0; o < s.y.channels; ++o)
    for (int c = 0; c < s.x.channels; ++c)
      for (int t = 0; t < s.taps(); ++t) visit(n++, s.weight_at(o, c, t));
}

// Sees that nothing is left of a gradient but its padding, which Adam moves too: it must stay at zero.
inline void check_padding(Laid<float>& gradient) {
  for (std::size_t n = 0; n < gradient.size(); ++n)
    if (gradient[n] != 0) throw std::runtime_error("a kernel gave a gradient to the padding of the weights");
}

inline std::optional<Laid<float>> lay_vector(const std::optional<Floats<1>>& array, const Map& map, int misalign) {
  if (!array) return std::nullopt;
  require(int(array->shape(0)) == map.channels, "a number per channel");
  return lay_rows(array->data(), 1, array->shape(0), std::size_t(map.stride), misalign);
}

inline std::optional<Laid<float>> lay_summand(const Map& map, const std::optional<Floats<3>>& summand, int misalign) {
  if (!summand) return std::nullopt;
  require(same(map, *summand), "what is added");
  return lay(map, summand->data(), misalign, UNWRITTEN);
}

inline float* data_or_null(std::optional<Laid<float>>& laid) { return laid ? laid->data() : nullptr; }

}  // namespace gossamer
