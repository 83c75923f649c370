// Convolutions with ReLU and max-pool: x (H, W, C), weights (O, C, K, K), y and indices (h, w, O).
#include "kernel_bindings.h"
#include "layout.h"

namespace gossamer {
namespace {

Conv conv_of(const Kernels& k, const Floats<3>& x, const Floats<4>& weights, bool image) {
  const int kernel = int(weights.shape(2));
  require(weights.shape(1) == x.shape(2) && weights.shape(3) == weights.shape(2) && kernel % 2 == 1, "weights");
  const Map in = input_map(k, x.shape(0), x.shape(1), x.shape(2), image, (kernel - 1) / 2);
  const Map out = output_map(k, in.height / 2, in.width / 2, int(weights.shape(0)));
  return {{in, out, kernel, image}};
}

Laid<float> lay_weights(const Conv& s, const Floats<4>& weights, int misalign) {
  Laid<float> laid(s.weights(), misalign, 0);
  each_weight(s, [&](std::size_t from, std::size_t to) { laid[to] = weights.data()[from]; });
  return laid;
}

// `argmax`: whether the indices are asked for; else their array is as it was.
std::tuple<Out, IndicesOut> conv_forward(const std::string& kernels, const Floats<3>& x, const Floats<4>& weights,
                                        const Floats<1>& bias, bool image, bool argmax, int misalign) {
  const Kernels& k = table(kernels);
  const Conv s = conv_of(k, x, weights, image);
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
                                                       const Floats<4>& d_weights, const Floats<1>& d_bias, bool image,
                                                       int misalign) {
  const Kernels& k = table(kernels);
  const Conv s = conv_of(k, x, weights, image);
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

}  // namespace

void bind_convolutions(nb::module_& m) {
  using namespace nb::literals;
  m.def("conv_forward", &conv_forward, "kernels"_a, "x"_a, "weights"_a, "bias"_a, nb::kw_only(), "image"_a,
        "argmax"_a = true, "misalign"_a = 0);
  m.def("conv_backward", &conv_backward, "kernels"_a, "x"_a, "weights"_a, "y"_a, "indices"_a, "dy"_a, "d_weights"_a,
        "d_bias"_a, nb::kw_only(), "image"_a, "misalign"_a = 0);
}

}  // namespace gossamer
