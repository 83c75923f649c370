// Convolutions alone: x (H, W, C), weights (O, C, K, K), or depthwise (C, 1, K, K), y (h, w, O). Bias and its gradient may be
// missing.
#include "kernel_bindings.h"
#include "layout.h"

namespace gossamer {
namespace {

struct FilterCase {
  Filter shape;
  bool depthwise;

  std::size_t weights() const {
    return depthwise ? std::size_t(shape.taps()) * shape.x.stride : shape.weights();
  }
  template <class Visit>  // visit(offset in PyTorch's array, offset in the kernels' array)
  void each_weight(Visit visit) const {
    if (!depthwise) return gossamer::each_weight(shape, visit);
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

FilterCase filter_of(const Kernels& k, const Floats<3>& x, const Floats<4>& weights, int stride, bool depthwise, bool image,
                     bool relu = false) {
  const int kernel = int(weights.shape(2)), out = int(weights.shape(0));
  require(weights.shape(3) == weights.shape(2) && kernel % 2 == 1 && stride > 0, "weights");
  require(depthwise ? weights.shape(1) == 1 && weights.shape(0) == x.shape(2) && !image : weights.shape(1) == x.shape(2),
          "channels");
  const Map in = input_map(k, x.shape(0), x.shape(1), x.shape(2), image, (kernel - 1) / 2);
  const Map y = output_map(k, (in.height - 1) / stride + 1, (in.width - 1) / stride + 1, out);
  Map added = y;
  added.border += 1;  // of another layout than y
  return {{{in, y, kernel, image}, stride, relu, added}, depthwise};
}

Out filter_forward(const std::string& kernels, const Floats<3>& x, const Floats<4>& weights,
                   const std::optional<Floats<1>>& bias, const std::optional<Floats<3>>& added, int stride, bool depthwise,
                   bool image, bool relu, int misalign) {
  const Kernels& k = table(kernels);
  const FilterCase c = filter_of(k, x, weights, stride, depthwise, image, relu);
  const Filter& s = c.shape;
  Laid<float> x_laid = lay(s.x, x.data(), misalign), w = c.lay_weights(weights, misalign), y = lay(s.y, nullptr, misalign);
  std::optional<Laid<float>> b = lay_vector(bias, s.y, misalign), other = lay_summand(s.added, added, misalign);
  if (depthwise) {
    k.depthwise_forward(s, x_laid.data(), w.data(), data_or_null(b), data_or_null(other), y.data());
  } else {
    const FilterSizes sizes = k.filter_sizes(s);
    Laid<float> packed(sizes.packed, misalign, UNWRITTEN), scratch(sizes.scratch, 0, UNWRITTEN);
    k.filter_pack(s, w.data(), packed.data());
    k.filter_forward(s, x_laid.data(), packed.data(), data_or_null(b), data_or_null(other), y.data(), scratch.data());
  }
  return unlay_output(s.y, y);
}

// d_weights and d_bias are what the kernel adds to, and `summand` (H, W, C) is added to dx; an image has no gradient of its own.
std::tuple<Out, std::optional<Out>, std::optional<Out>> filter_backward(
    const std::string& kernels, const Floats<3>& x, const Floats<4>& weights, const Floats<3>& dy, const Floats<4>& d_weights,
    const std::optional<Floats<1>>& d_bias, const std::optional<Floats<3>>& summand, int stride, bool depthwise, bool image,
    int misalign) {
  const Kernels& k = table(kernels);
  const FilterCase c = filter_of(k, x, weights, stride, depthwise, image);
  const Filter& s = c.shape;
  require(same(s.y, dy) && d_weights.size() == weights.size(), "gradients");
  Laid<float> x_laid = lay(s.x, x.data(), misalign), w = c.lay_weights(weights, misalign);
  Laid<float> dy_laid = lay(s.y, dy.data(), misalign, UNWRITTEN), dw = c.lay_weights(d_weights, misalign);
  std::optional<Laid<float>> db = lay_vector(d_bias, s.y, misalign), other = lay_summand(s.x, summand, misalign);
  Laid<float> dx(s.x.size(), misalign, UNWRITTEN);
  float* const dx_to = image ? nullptr : dx.data();
  const FilterSizes sizes = depthwise ? FilterSizes{0, 0, s.padded_y().size()} : k.filter_sizes(s);
  Laid<float> packed(sizes.packed, misalign, UNWRITTEN), totals(sizes.totals, 0, 0), scratch(sizes.scratch, 0, UNWRITTEN);
  if (depthwise) {
    k.depthwise_backward(s, x_laid.data(), dy_laid.data(), w.data(), dw.data(), data_or_null(db), data_or_null(other), dx_to,
                         scratch.data());
  } else {
    k.filter_pack(s, w.data(), packed.data());
    k.filter_backward(s, {x_laid.data(), dy_laid.data(), w.data(), packed.data()}, dw.data(), data_or_null(db), totals.data(),
                      data_or_null(other), dx_to, scratch.data());
    k.filter_finish(s, totals.data(), dw.data());
  }
  Out dw_out = new_array<float>({weights.shape(0), weights.shape(1), weights.shape(2), weights.shape(3)});
  c.each_weight([&](std::size_t to, std::size_t from) { dw_out.data()[to] = dw[from], dw[from] = 0; });
  check_padding(dw);
  std::optional<Out> db_out, dx_out;
  if (db) db_out = unlay_vector(*db, d_bias->shape(0));
  if (!image) dx_out = unlay(s.x, dx);
  return {dw_out, db_out, dx_out};
}

}  // namespace

void bind_filters(nb::module_& m) {
  using namespace nb::literals;
  m.def("filter_forward", &filter_forward, "kernels"_a, "x"_a, "weights"_a, "bias"_a.none(), nb::kw_only(), "added"_a.none() = nb::none(),
        "stride"_a, "depthwise"_a, "image"_a, "relu"_a = false, "misalign"_a = 0);
  m.def("filter_backward", &filter_backward, "kernels"_a, "x"_a, "weights"_a, "dy"_a, "d_weights"_a, "d_bias"_a.none(),
        "summand"_a.none(), nb::kw_only(), "stride"_a, "depthwise"_a, "image"_a, "misalign"_a = 0);
}

}  // namespace gossamer
