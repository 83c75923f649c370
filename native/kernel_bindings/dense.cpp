// Dense layers: x (N, F), weights (classes, F), z (N, classes).
#include "kernel_bindings.h"
#include "layout.h"

namespace gossamer {
namespace {

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

}  // namespace

void bind_dense(nb::module_& m) {
  using namespace nb::literals;
  m.def("dense_forward", &dense_forward, "kernels"_a, "x"_a, "weights"_a, "bias"_a, nb::kw_only(), "misalign"_a = 0);
  m.def("dense_backward", &dense_backward, "kernels"_a, "x"_a, "weights"_a, "dz"_a, "d_weights"_a, "d_bias"_a,
        nb::kw_only(), "misalign"_a = 0);
}

}  // namespace gossamer
