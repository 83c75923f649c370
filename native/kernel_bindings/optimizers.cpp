// Optimizers: gradients (parts, n), the others (n,).
#include "kernel_bindings.h"
#include "layout.h"

namespace gossamer {
namespace {

std::tuple<Out, Out, Out> adam(const std::string& kernels, const Floats<2>& gradients, const Floats<1>& weights,
                               const Floats<1>& first_moment, const Floats<1>& second_moment, float step_size,
                               float root_correction, float keep, int misalign) {
  const Kernels& k = table(kernels);
  const std::size_t n = gradients.shape(1), stride = round_up(int(n), k.lanes);
  require(weights.shape(0) == n && first_moment.shape(0) == n && second_moment.shape(0) == n, "parameters");
  Laid<float> g = lay_rows(gradients.data(), gradients.shape(0), n, stride, misalign);
  Laid<float> w = lay_rows(weights.data(), 1, n, stride, misalign);
  Laid<float> m = lay_rows(first_moment.data(), 1, n, stride, misalign);
  Laid<float> v = lay_rows(second_moment.data(), 1, n, stride, misalign);
  k.adam(stride, {step_size, root_correction, keep}, int(gradients.shape(0)), stride, g.data(), w.data(), m.data(),
         v.data());
  return {unlay_vector(w, n), unlay_vector(m, n), unlay_vector(v, n)};
}

std::pair<Out, Out> sgd(const std::string& kernels, const Floats<2>& gradients, const Floats<1>& weights,
                        const Floats<1>& velocity, float rate, float keep, int misalign) {
  const Kernels& k = table(kernels);
  const std::size_t n = gradients.shape(1), stride = round_up(int(n), k.lanes);
  require(weights.shape(0) == n && velocity.shape(0) == n, "parameters");
  Laid<float> g = lay_rows(gradients.data(), gradients.shape(0), n, stride, misalign);
  Laid<float> w = lay_rows(weights.data(), 1, n, stride, misalign);
  Laid<float> u = lay_rows(velocity.data(), 1, n, stride, misalign);
  k.sgd(stride, {rate, keep}, int(gradients.shape(0)), stride, g.data(), w.data(), u.data());
  return {unlay_vector(w, n), unlay_vector(u, n)};
}

Out average(const std::string& kernels, const Floats<1>& values, const Floats<1>& average, float share, int misalign) {
  const Kernels& k = table(kernels);
  const std::size_t n = values.shape(0), stride = round_up(int(n), k.lanes);
  require(average.shape(0) == n, "values");
  Laid<float> x = lay_rows(values.data(), 1, n, stride, misalign);
  Laid<float> a = lay_rows(average.data(), 1, n, stride, misalign);
  k.average(stride, share, x.data(), a.data());
  return unlay_vector(a, n);
}

}  // namespace

void bind_optimizers(nb::module_& m) {
  using namespace nb::literals;
  m.def("adam", &adam, "kernels"_a, "gradients"_a, "weights"_a, "first_moment"_a, "second_moment"_a, nb::kw_only(),
        "step_size"_a, "root_correction"_a, "keep"_a = 1, "misalign"_a = 0);
  m.def("sgd", &sgd, "kernels"_a, "gradients"_a, "weights"_a, "velocity"_a, nb::kw_only(), "rate"_a, "keep"_a = 1,
        "misalign"_a = 0);
  m.def("average", &average, "kernels"_a, "values"_a, "average"_a, nb::kw_only(), "share"_a, "misalign"_a = 0);
}

}  // namespace gossamer
