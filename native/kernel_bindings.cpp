// The submodule _native.kernels, for tests: every kernel of any table, by name, on NumPy arrays in PyTorch's order of
// weights. It lays arrays out as a Pass does and back, over memory that shows mistakes; it holds no logic.
//
// An output begins as NaN, and so does what a kernel must not read; what a kernel must leave alone is looked at
// afterwards. Arrays begin `misalign` floats after a cache line.
#include "kernel_bindings.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "buffer.h"
#include "dispatch.h"

namespace gossamer {
namespace {

template <class T, int N>
using In = nb::ndarray<const T, nb::ndim<N>, nb::c_contig, nb::device::cpu>;
template <int N>
using Floats = In<float, N>;
using Indices = In<std::int32_t, 3>;
using Out = nb::ndarray<nb::numpy, float>;
using IndicesOut = nb::ndarray<nb::numpy, std::int32_t>;

constexpr float UNWRITTEN = std::numeric_limits<float>::quiet_NaN();
constexpr int BORDER = 1;  // around outputs: any layer may come next

void require(bool fact, const char* fact_in_words) {
  if (!fact) throw std::invalid_argument(std::string("the kernels' arrays do not fit: ") + fact_in_words);
}

const Kernels& table(const std::string& name) {
  const Kernels* found = find_kernels(name);
  if (found == nullptr) throw std::invalid_argument("no kernels called '" + name + "' can run here");
  return *found;
}

int round_up(int n, int to) { return (n + to - 1) / to * to; }

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
Laid<float> lay(const Map& map, const float* array, int misalign, float border = 0) {
  Laid<float> laid(map.size(), misalign, border);
  for (int i = 0; i < map.height; ++i) std::fill_n(laid.data() + map.at(i, 0), map.width * map.stride, 0.0f);
  each(map, [&](std::size_t n, int i, int j, int c) {
    laid[map.at(i, j) + c] = array == nullptr ? UNWRITTEN : array[n];
  });
  return laid;
}

Out unlay(const Map& map, Laid<float>& laid) {
  Out out = new_array<float>({std::size_t(map.height), std::size_t(map.width), std::size_t(map.channels)});
  each(map, [&](std::size_t n, int i, int j, int c) { out.data()[n] = laid[map.at(i, j) + c]; });
  return out;
}

// The same of an output, whose border and padding the next layer takes to be zeros.
Out unlay_output(const Map& map, Laid<float>& laid) {
  Out out = unlay(map, laid);
  each(map, [&](std::size_t, int i, int j, int c) { laid[map.at(i, j) + c] = 0; });
  for (std::size_t k = 0; k < laid.size(); ++k)
    if (laid[k] != 0) throw std::runtime_error("a kernel wrote beside its output's channels");
  return out;
}

std::size_t index_at(const Map& y, int i, int j, int c) { return (std::size_t(i) * y.width + j) * y.stride + c; }

Laid<std::int32_t> lay_indices(const Map& y, const Indices* argmax, int misalign) {
  Laid<std::int32_t> laid(std::size_t(y.pixels()) * y.stride, misalign, 0);
  each(y, [&](std::size_t n, int i, int j, int c) {
    laid[index_at(y, i, j, c)] = argmax == nullptr ? -1 : argmax->data()[n];
  });
  return laid;
}

IndicesOut unlay_indices(const Map& y, Laid<std::int32_t>& laid) {
  IndicesOut out = new_array<std::int32_t>({std::size_t(y.height), std::size_t(y.width), std::size_t(y.channels)});
  each(y, [&](std::size_t n, int i, int j, int c) { out.data()[n] = laid[index_at(y, i, j, c)]; });
  return out;
}

// Rows of `columns` values, each filled up with zeros to `stride`.
Laid<float> lay_rows(const float* array, std::size_t rows, std::size_t columns, std::size_t stride, int misalign) {
  Laid<float> laid(rows * stride, misalign, 0);
  for (std::size_t r = 0; r < rows; ++r) std::copy_n(array + r * columns, columns, laid.data() + r * stride);
  return laid;
}

Out unlay_rows(Laid<float>& laid, std::size_t rows, std::size_t columns, std::size_t stride) {
  Out out = new_array<float>({rows, columns});
  for (std::size_t r = 0; r < rows; ++r) std::copy_n(laid.data() + r * stride, columns, out.data() + r * columns);
  return out;
}

Out unlay_vector(Laid<float>& laid, std::size_t n) {
  Out out = new_array<float>({n});
  std::copy_n(laid.data(), n, out.data());
  return out;
}

Map input_map(const Kernels& k, std::size_t height, std::size_t width, std::size_t channels, bool image, int border) {
  const int c = int(channels);
  return {int(height), int(width), c, image ? c : round_up(c, k.lanes), border};
}

Map output_map(const Kernels& k, int height, int width, int channels) {
  return {height, width, channels, round_up(channels, k.lanes), BORDER};
}

template <class Array>
bool same(const Map& map, const Array& array) {
  return int(array.shape(0)) == map.height && int(array.shape(1)) == map.width && int(array.shape(2)) == map.channels;
}

// Convolutions: x (H, W, C), weights (O, C, K, K), y and indices (h, w, O).

Conv conv_of(const Kernels& k, const Floats<3>& x, const Floats<4>& weights, bool pool, bool image) {
  const int kernel = int(weights.shape(2)), step = pool ? 2 : 1;
  require(weights.shape(1) == x.shape(2) && weights.shape(3) == weights.shape(2) && kernel % 2 == 1, "weights");
  const Map in = input_map(k, x.shape(0), x.shape(1), x.shape(2), image, (kernel - 1) / 2);
  const Map out = output_map(k, in.height / step, in.width / step, int(weights.shape(0)));
  return {in, out, kernel, pool, image};
}

template <class Visit>  // visit(offset in PyTorch's array, offset in the kernels' array)
void each_weight(const Conv& s, Visit visit) {
  std::size_t n = 0;
  for (int o = 0; o < s.y.channels; ++o)
    for (int c = 0; c < s.x.channels; ++c)
      for (int t = 0; t < s.taps(); ++t) visit(n++, s.weight_at(o, c, t));
}

Laid<float> lay_weights(const Conv& s, const Floats<4>& weights, int misalign) {
  Laid<float> laid(s.weights(), misalign, 0);
  each_weight(s, [&](std::size_t from, std::size_t to) { laid[to] = weights.data()[from]; });
  return laid;
}

// Sees that nothing is left of a gradient but its padding, which Adam moves too: it must stay at zero.
void check_padding(Laid<float>& gradient) {
  for (std::size_t n = 0; n < gradient.size(); ++n)
    if (gradient[n] != 0) throw std::runtime_error("a kernel gave a gradient to the padding of the weights");
}

// `argmax`: whether the indices are asked for; else their array is as it was.
std::tuple<Out, IndicesOut> conv_forward(const std::string& kernels, const Floats<3>& x, const Floats<4>& weights,
                                        const Floats<1>& bias, bool pool, bool image, bool argmax, int misalign) {
  const Kernels& k = table(kernels);
  const Conv s = conv_of(k, x, weights, pool, image);
  require(bias.shape(0) == weights.shape(0), "bias");
  Laid<float> x_laid = lay(s.x, x.data(), misalign), w = lay_weights(s, weights, misalign);
  Laid<float> b = lay_rows(bias.data(), 1, bias.shape(0), std::size_t(s.y.stride), misalign);
  Laid<float> packed(k.packed_size(s), misalign, UNWRITTEN), scratch(k.scratch_size(s), 0, UNWRITTEN);
  Laid<float> y = lay(s.y, nullptr, misalign);
  Laid<std::int32_t> indices = lay_indices(s.y, nullptr, misalign);
  k.pack(s, w.data(), packed.data());
  k.conv_forward(s, x_laid.data(), packed.data(), b.data(), y.data(), argmax ? indices.data() : nullptr,
                 scratch.data());
  return {unlay_output(s.y, y), unlay_indices(s.y, indices)};
}

// d_weights and d_bias are what the kernel adds to; an image has no gradient of its own.
std::tuple<Out, Out, std::optional<Out>> conv_backward(const std::string& kernels, const Floats<3>& x,
                                                       const Floats<4>& weights, const Floats<3>& y,
                                                       const Indices& indices, const Floats<3>& dy,
                                                       const Floats<4>& d_weights, const Floats<1>& d_bias, bool pool,
                                                       bool image, int misalign) {
  const Kernels& k = table(kernels);
  const Conv s = conv_of(k, x, weights, pool, image);
  require(same(s.y, y) && same(s.y, indices) && same(s.y, dy), "outputs");
  require(d_weights.size() == weights.size() && d_bias.shape(0) == weights.shape(0), "gradients");
  Laid<float> x_laid = lay(s.x, x.data(), misalign), w = lay_weights(s, weights, misalign);
  Laid<float> y_laid = lay(s.y, y.data(), misalign), dy_laid = lay(s.y, dy.data(), misalign, UNWRITTEN);
  Laid<std::int32_t> argmax = lay_indices(s.y, &indices, misalign);
  Laid<float> dw = lay_weights(s, d_weights, misalign);
  Laid<float> db = lay_rows(d_bias.data(), 1, d_bias.shape(0), std::size_t(s.y.stride), misalign);
  Laid<float> dx(s.x.size(), misalign, UNWRITTEN), scratch(k.scratch_size(s), 0, UNWRITTEN);
  k.conv_backward(s, x_laid.data(), y_laid.data(), argmax.data(), dy_laid.data(), w.data(), dw.data(), db.data(),
                  image ? nullptr : dx.data(), scratch.data());
  Out dw_out = new_array<float>({weights.shape(0), weights.shape(1), weights.shape(2), weights.shape(3)});
  each_weight(s, [&](std::size_t to, std::size_t from) { dw_out.data()[to] = dw[from], dw[from] = 0; });
  check_padding(dw);
  std::optional<Out> dx_out;
  if (!image) dx_out = unlay(s.x, dx);
  return {dw_out, unlay_vector(db, d_bias.shape(0)), dx_out};
}

// Convolutions alone: x (H, W, C), weights (O, C, K, K), or depthwise (C, 1, K, K), y (h, w, O). Bias and its gradient may be
// missing.

struct FilterCase {
  Filter shape;
  bool depthwise;

  std::size_t weights() const {
    return depthwise ? std::size_t(shape.taps()) * shape.x.stride : shape.weights().weights();
  }
  template <class Visit>  // visit(offset in PyTorch's array, offset in the kernels' array)
  void each_weight(Visit visit) const {
    if (!depthwise) return gossamer::each_weight(shape.weights(), visit);
    std::size_t n = 0;
    for (int c = 0; c < shape.x.channels; ++c)
      for (int t = 0; t < shape.taps(); ++t) visit(n++, std::size_t(t) * shape.x.stride + c);
  }
  Laid<float> lay_weights(const Floats<4>& array, int misalign) const {
    Laid<float> laid(weights(), misalign, 0);
    each_weight([&](std::size_t from, std::size_t to) { laid[to] = array.data()[from]; });
    return laid;
  }
};

FilterCase filter_of(const Kernels& k, const Floats<3>& x, const Floats<4>& weights, int stride, bool depthwise, bool image) {
  const int kernel = int(weights.shape(2)), out = int(weights.shape(0));
  require(weights.shape(3) == weights.shape(2) && kernel % 2 == 1 && stride > 0, "weights");
  require(depthwise ? weights.shape(1) == 1 && weights.shape(0) == x.shape(2) && !image : weights.shape(1) == x.shape(2),
          "channels");
  const Map in = input_map(k, x.shape(0), x.shape(1), x.shape(2), image, (kernel - 1) / 2);
  const Map y = output_map(k, (in.height - 1) / stride + 1, (in.width - 1) / stride + 1, out);
  return {{in, y, kernel, stride, image}, depthwise};
}

std::optional<Laid<float>> lay_vector(const std::optional<Floats<1>>& array, const Map& map, int misalign) {
  if (!array) return std::nullopt;
  require(int(array->shape(0)) == map.channels, "a number per channel");
  return lay_rows(array->data(), 1, array->shape(0), std::size_t(map.stride), misalign);
}

std::optional<Laid<float>> lay_summand(const Map& map, const std::optional<Floats<3>>& summand, int misalign) {
  if (!summand) return std::nullopt;
  require(same(map, *summand), "what is added");
  return lay(map, summand->data(), misalign, UNWRITTEN);
}

float* data_or_null(std::optional<Laid<float>>& laid) { return laid ? laid->data() : nullptr; }

Out filter_forward(const std::string& kernels, const Floats<3>& x, const Floats<4>& weights,
                   const std::optional<Floats<1>>& bias, int stride, bool depthwise, bool image, int misalign) {
  const Kernels& k = table(kernels);
  const FilterCase c = filter_of(k, x, weights, stride, depthwise, image);
  const Filter& s = c.shape;
  Laid<float> x_laid = lay(s.x, x.data(), misalign), w = c.lay_weights(weights, misalign), y = lay(s.y, nullptr, misalign);
  std::optional<Laid<float>> b = lay_vector(bias, s.y, misalign);
  if (depthwise) {
    k.depthwise_forward(s, x_laid.data(), w.data(), data_or_null(b), y.data());
  } else {
    Laid<float> packed(std::size_t(s.taps()) * s.x.channels * s.y.stride, misalign, UNWRITTEN);
    k.filter_pack(s, w.data(), packed.data());
    k.filter_forward(s, x_laid.data(), packed.data(), data_or_null(b), y.data());
  }
  return unlay_output(s.y, y);
}

// d_weights and d_bias are what the kernel adds to, and `summand` (H, W, C) is added to dx; an image has no gradient of its own.
std::tuple<Out, std::optional<Out>, std::optional<Out>> filter_backward(
    const std::string& kernels, const Floats<3>& x, const Floats<4>& weights, const Floats<3>& dy, const Floats<4>& d_weights,
    const std::optional<Floats<1>>& d_bias, const std::optional<Floats<3>>& summand, int stride, bool depthwise, bool image, int misalign) {
  const Kernels& k = table(kernels);
  const FilterCase c = filter_of(k, x, weights, stride, depthwise, image);
  const Filter& s = c.shape;
  require(same(s.y, dy) && d_weights.size() == weights.size(), "gradients");
  Laid<float> x_laid = lay(s.x, x.data(), misalign), w = c.lay_weights(weights, misalign);
  Laid<float> dy_laid = lay(s.y, dy.data(), misalign, UNWRITTEN), dw = c.lay_weights(d_weights, misalign);
  std::optional<Laid<float>> db = lay_vector(d_bias, s.y, misalign), other = lay_summand(s.x, summand, misalign);
  Laid<float> dx(s.x.size(), misalign, UNWRITTEN), scratch(s.padded_y().size(), 0, UNWRITTEN);
  (depthwise ? k.depthwise_backward : k.filter_backward)(s, x_laid.data(), dy_laid.data(), w.data(), dw.data(),
                                                         data_or_null(db), data_or_null(other),
                                                         image ? nullptr : dx.data(), scratch.data());
  Out dw_out = new_array<float>({weights.shape(0), weights.shape(1), weights.shape(2), weights.shape(3)});
  c.each_weight([&](std::size_t to, std::size_t from) { dw_out.data()[to] = dw[from], dw[from] = 0; });
  check_padding(dw);
  std::optional<Out> db_out, dx_out;
  if (db) db_out = unlay_vector(*db, d_bias->shape(0));
  if (!image) dx_out = unlay(s.x, dx);
  return {dw_out, db_out, dx_out};
}

// Norms and activations: maps (H, W, C), what a norm knows of its channels (C,).

Activation activation_named(const std::string& name) {
  if (name == "none") return Activation::none;
  if (name == "relu") return Activation::relu;
  if (name == "relu6") return Activation::relu6;
  require(name == "hswish", "an activation");
  return Activation::hswish;
}

// Maps of one shape whose borders differ.
Norm norm_of(const Kernels& k, const Floats<3>& x, const std::string& activation) {
  const auto map = [&](int border) { return input_map(k, x.shape(0), x.shape(1), x.shape(2), false, border); };
  return {map(0), map(BORDER), map(2), activation_named(activation)};
}

Laid<float> lay_channels(const Floats<1>& array, const Map& map, int misalign) {
  return *lay_vector(std::optional(array), map, misalign);
}

std::tuple<Out, Out> moments(const std::string& kernels, const Floats<3>& x, int misalign) {
  const Kernels& k = table(kernels);
  const Map map = norm_of(k, x, "none").x;
  Laid<float> x_laid = lay(map, x.data(), misalign);
  Laid<float> mean(std::size_t(map.stride), misalign, UNWRITTEN), deviation(std::size_t(map.stride), misalign, UNWRITTEN);
  k.moments(map, x_laid.data(), mean.data(), deviation.data());
  return {unlay_vector(mean, x.shape(2)), unlay_vector(deviation, x.shape(2))};
}

Out norm_forward(const std::string& kernels, const Floats<3>& x, const std::optional<Floats<3>>& added, const Floats<1>& scale,
                 const Floats<1>& shift, const std::string& activation, int misalign) {
  const Kernels& k = table(kernels);
  const Norm s = norm_of(k, x, activation);
  Laid<float> x_laid = lay(s.x, x.data(), misalign), y = lay(s.y, nullptr, misalign);
  Laid<float> scales = lay_channels(scale, s.x, misalign), shifts = lay_channels(shift, s.x, misalign);
  std::optional<Laid<float>> summand = lay_summand(s.added, added, misalign);
  k.norm_forward(s, x_laid.data(), data_or_null(summand), {scales.data(), shifts.data(), nullptr, nullptr, nullptr}, y.data());
  return unlay_output(s.y, y);
}

// The gradient dz, and the sums of dz and of dz (x - mean).
std::tuple<Out, Out, Out> norm_sums(const std::string& kernels, const Floats<3>& x, const std::optional<Floats<3>>& added,
                                    const Floats<1>& scale, const Floats<1>& shift, const Floats<1>& mean, const Floats<3>& dy,
                                    const std::string& activation, int misalign) {
  const Kernels& k = table(kernels);
  const Norm s = norm_of(k, x, activation);
  require(same(s.y, dy), "outputs");
  Laid<float> x_laid = lay(s.x, x.data(), misalign), dz = lay(s.y, dy.data(), misalign, UNWRITTEN);
  Laid<float> scales = lay_channels(scale, s.x, misalign), shifts = lay_channels(shift, s.x, misalign);
  Laid<float> means = lay_channels(mean, s.x, misalign);
  std::optional<Laid<float>> summand = lay_summand(s.added, added, misalign);
  Laid<float> sum(std::size_t(s.x.stride), misalign, UNWRITTEN), product(std::size_t(s.x.stride), misalign, UNWRITTEN);
  k.norm_sums(s, x_laid.data(), data_or_null(summand), {scales.data(), shifts.data(), means.data(), nullptr, nullptr},
              dz.data(), sum.data(), product.data());
  return {unlay(s.y, dz), unlay_vector(sum, x.shape(2)), unlay_vector(product, x.shape(2))};
}

Out norm_backward(const std::string& kernels, const Floats<3>& x, const Floats<1>& scale, const Floats<1>& slope,
                  const Floats<1>& offset, const Floats<3>& dz, int misalign) {
  const Kernels& k = table(kernels);
  const Norm s = norm_of(k, x, "none");
  require(same(s.y, dz), "outputs");
  Laid<float> x_laid = lay(s.x, x.data(), misalign), dz_laid = lay(s.y, dz.data(), misalign, UNWRITTEN);
  Laid<float> scales = lay_channels(scale, s.x, misalign), slopes = lay_channels(slope, s.x, misalign);
  Laid<float> offsets = lay_channels(offset, s.x, misalign), dx(s.x.size(), misalign, UNWRITTEN);
  k.norm_backward(s, x_laid.data(), {scales.data(), nullptr, nullptr, slopes.data(), offsets.data()}, dz_laid.data(), dx.data());
  return unlay(s.x, dx);
}

Out activation_forward(const std::string& kernels, const Floats<3>& x, const std::string& activation, int misalign) {
  const Kernels& k = table(kernels);
  const Norm s = norm_of(k, x, activation);
  Laid<float> x_laid = lay(s.x, x.data(), misalign), y = lay(s.y, nullptr, misalign);
  k.activation_forward(s.x, s.y, s.activation, x_laid.data(), y.data());
  return unlay_output(s.y, y);
}

Out activation_backward(const std::string& kernels, const Floats<3>& x, const Floats<3>& dy, const std::string& activation,
                        int misalign) {
  const Kernels& k = table(kernels);
  const Norm s = norm_of(k, x, activation);
  require(same(s.y, dy), "outputs");
  Laid<float> x_laid = lay(s.x, x.data(), misalign), dy_laid = lay(s.y, dy.data(), misalign, UNWRITTEN);
  Laid<float> dx(s.x.size(), misalign, UNWRITTEN);
  k.activation_backward(s.x, s.y, s.activation, x_laid.data(), dy_laid.data(), dx.data());
  return unlay(s.x, dx);
}

// Pool and mean: x (H, W, C); y, dy and indices (h, w, C), of the mean (1, 1, C).

std::tuple<Out, IndicesOut> pool_forward(const std::string& kernels, const Floats<3>& x, bool argmax, int misalign) {
  const Kernels& k = table(kernels);
  const Map in = input_map(k, x.shape(0), x.shape(1), x.shape(2), false, 0);
  const Map out = output_map(k, in.height / 2, in.width / 2, in.channels);
  Laid<float> x_laid = lay(in, x.data(), misalign), y = lay(out, nullptr, misalign);
  Laid<std::int32_t> indices = lay_indices(out, nullptr, misalign);
  k.max_pool_forward(in, out, x_laid.data(), y.data(), argmax ? indices.data() : nullptr);
  return {unlay_output(out, y), unlay_indices(out, indices)};
}

Out pool_backward(const std::string& kernels, std::pair<int, int> size, const Floats<3>& dy, const Indices& indices,
                  int misalign) {
  const Kernels& k = table(kernels);
  const Map in = input_map(k, size.first, size.second, dy.shape(2), false, 0);
  const Map out = output_map(k, in.height / 2, in.width / 2, in.channels);
  require(same(out, dy) && same(out, indices), "outputs");
  Laid<float> dy_laid = lay(out, dy.data(), misalign, UNWRITTEN), dx(in.size(), misalign, UNWRITTEN);
  Laid<std::int32_t> argmax = lay_indices(out, &indices, misalign);
  k.max_pool_backward(in, out, dy_laid.data(), argmax.data(), dx.data());
  return unlay(in, dx);
}

Out mean_forward(const std::string& kernels, const Floats<3>& x, int misalign) {
  const Kernels& k = table(kernels);
  const Map in = input_map(k, x.shape(0), x.shape(1), x.shape(2), false, 0);
  const Map out = {1, 1, in.channels, round_up(in.channels, k.lanes), 0};
  Laid<float> x_laid = lay(in, x.data(), misalign), y = lay(out, nullptr, misalign);
  k.mean_forward(in, x_laid.data(), y.data());
  return unlay_output(out, y);
}

Out mean_backward(const std::string& kernels, std::pair<int, int> size, const Floats<3>& dy, int misalign) {
  const Kernels& k = table(kernels);
  const Map in = input_map(k, size.first, size.second, dy.shape(2), false, 0);
  Laid<float> dy_laid = lay_rows(dy.data(), 1, dy.shape(2), std::size_t(in.stride), misalign);
  Laid<float> dx(in.size(), misalign, UNWRITTEN);
  k.mean_backward(in, dy_laid.data(), dx.data());
  return unlay(in, dx);
}

// Dense layers: x (N, F), weights (classes, F), z (N, classes).

Out dense_forward(const std::string& kernels, const Floats<2>& x, const Floats<2>& weights, const Floats<1>& bias,
                  int misalign) {
  const Kernels& k = table(kernels);
  const std::size_t n = x.shape(0), inputs = x.shape(1), classes = weights.shape(0);
  require(weights.shape(1) == inputs && bias.shape(0) == classes, "weights");
  const Dense s = {round_up(int(inputs), k.lanes), int(classes)};
  Laid<float> x_laid = lay_rows(x.data(), n, inputs, s.inputs, misalign);
  Laid<float> w = lay_rows(weights.data(), classes, inputs, s.inputs, misalign);
  Laid<float> b = lay_rows(bias.data(), 1, classes, classes, misalign), z(n * classes, misalign, UNWRITTEN);
  k.dense_forward(s, int(n), w.data(), b.data(), x_laid.data(), z.data());
  return unlay_rows(z, n, classes, classes);
}

std::tuple<Out, Out, Out> dense_backward(const std::string& kernels, const Floats<2>& x, const Floats<2>& weights,
                                         const Floats<2>& dz, const Floats<2>& d_weights, const Floats<1>& d_bias,
                                         int misalign) {
  const Kernels& k = table(kernels);
  const std::size_t n = x.shape(0), inputs = x.shape(1), classes = weights.shape(0);
  require(weights.shape(1) == inputs && dz.shape(0) == n && dz.shape(1) == classes, "weights");
  require(d_weights.size() == weights.size() && d_bias.shape(0) == classes, "gradients");
  const Dense s = {round_up(int(inputs), k.lanes), int(classes)};
  Laid<float> x_laid = lay_rows(x.data(), n, inputs, s.inputs, misalign);
  Laid<float> w = lay_rows(weights.data(), classes, inputs, s.inputs, misalign);
  Laid<float> dz_laid = lay_rows(dz.data(), n, classes, classes, misalign);
  Laid<float> dw = lay_rows(d_weights.data(), classes, inputs, s.inputs, misalign);
  Laid<float> db = lay_rows(d_bias.data(), 1, classes, classes, misalign);
  Laid<float> dx(n * s.inputs, misalign, UNWRITTEN);
  k.dense_backward(s, int(n), w.data(), x_laid.data(), dz_laid.data(), dw.data(), db.data(), dx.data());
  return {unlay_rows(dw, classes, inputs, s.inputs), unlay_vector(db, classes), unlay_rows(dx, n, inputs, s.inputs)};
}

// Adam: gradients (parts, n), the others (n,).

std::tuple<Out, Out, Out> adam(const std::string& kernels, const Floats<2>& gradients, const Floats<1>& weights,
                               const Floats<1>& first_moment, const Floats<1>& second_moment, float step_size,
                               float root_correction, int misalign) {
  const Kernels& k = table(kernels);
  const std::size_t n = gradients.shape(1), stride = round_up(int(n), k.lanes);
  require(weights.shape(0) == n && first_moment.shape(0) == n && second_moment.shape(0) == n, "parameters");
  Laid<float> g = lay_rows(gradients.data(), gradients.shape(0), n, stride, misalign);
  Laid<float> w = lay_rows(weights.data(), 1, n, stride, misalign);
  Laid<float> m = lay_rows(first_moment.data(), 1, n, stride, misalign);
  Laid<float> v = lay_rows(second_moment.data(), 1, n, stride, misalign);
  k.adam(stride, {step_size, root_correction}, int(gradients.shape(0)), stride, g.data(), w.data(), m.data(), v.data());
  return {unlay_vector(w, n), unlay_vector(m, n), unlay_vector(v, n)};
}

}  // namespace

void bind_kernels(nb::module_& m) {
  using namespace nb::literals;
  m.def("conv_forward", &conv_forward, "kernels"_a, "x"_a, "weights"_a, "bias"_a, nb::kw_only(), "pool"_a, "image"_a,
        "argmax"_a = true, "misalign"_a = 0);
  m.def("conv_backward", &conv_backward, "kernels"_a, "x"_a, "weights"_a, "y"_a, "indices"_a, "dy"_a, "d_weights"_a,
        "d_bias"_a, nb::kw_only(), "pool"_a, "image"_a, "misalign"_a = 0);
  m.def("filter_forward", &filter_forward, "kernels"_a, "x"_a, "weights"_a, "bias"_a.none(), nb::kw_only(), "stride"_a,
        "depthwise"_a, "image"_a, "misalign"_a = 0);
  m.def("filter_backward", &filter_backward, "kernels"_a, "x"_a, "weights"_a, "dy"_a, "d_weights"_a, "d_bias"_a.none(),
        "summand"_a.none(), nb::kw_only(), "stride"_a, "depthwise"_a, "image"_a, "misalign"_a = 0);
  m.def("moments", &moments, "kernels"_a, "x"_a, nb::kw_only(), "misalign"_a = 0);
  m.def("norm_forward", &norm_forward, "kernels"_a, "x"_a, "added"_a.none(), "scale"_a, "shift"_a, nb::kw_only(),
        "activation"_a, "misalign"_a = 0);
  m.def("norm_sums", &norm_sums, "kernels"_a, "x"_a, "added"_a.none(), "scale"_a, "shift"_a, "mean"_a, "dy"_a, nb::kw_only(),
        "activation"_a, "misalign"_a = 0);
  m.def("norm_backward", &norm_backward, "kernels"_a, "x"_a, "scale"_a, "slope"_a, "offset"_a, "dz"_a, nb::kw_only(),
        "misalign"_a = 0);
  m.def("activation_forward", &activation_forward, "kernels"_a, "x"_a, nb::kw_only(), "activation"_a, "misalign"_a = 0);
  m.def("activation_backward", &activation_backward, "kernels"_a, "x"_a, "dy"_a, nb::kw_only(), "activation"_a,
        "misalign"_a = 0);
  m.def("pool_forward", &pool_forward, "kernels"_a, "x"_a, nb::kw_only(), "argmax"_a = true,
        "misalign"_a = 0);
  m.def("pool_backward", &pool_backward, "kernels"_a, "size"_a, "dy"_a, "indices"_a, nb::kw_only(), "misalign"_a = 0);
  m.def("mean_forward", &mean_forward, "kernels"_a, "x"_a, nb::kw_only(), "misalign"_a = 0);
  m.def("mean_backward", &mean_backward, "kernels"_a, "size"_a, "dy"_a, nb::kw_only(), "misalign"_a = 0);
  m.def("dense_forward", &dense_forward, "kernels"_a, "x"_a, "weights"_a, "bias"_a, nb::kw_only(), "misalign"_a = 0);
  m.def("dense_backward", &dense_backward, "kernels"_a, "x"_a, "weights"_a, "dz"_a, "d_weights"_a, "d_bias"_a,
        nb::kw_only(), "misalign"_a = 0);
  m.def("adam", &adam, "kernels"_a, "gradients"_a, "weights"_a, "first_moment"_a, "second_moment"_a, nb::kw_only(),
        "step_size"_a, "root_correction"_a, "misalign"_a = 0);
}

}  // namespace gossamer
