// Norms and activations: maps (H, W, C), what a norm knows of its channels (C,).
#include "kernel_bindings.h"
#include "layout.h"

namespace gossamer {
namespace {

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

}  // namespace

void bind_norms(nb::module_& m) {
  using namespace nb::literals;
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
}

}  // namespace gossamer
