// Adam: gradients (parts, n), the others (n,).
#include "kernel_bindings.h"
#include "layout.h"

namespace gossamer {
namespace {

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

void bind_adam(nb::module_& m) {
  using namespace nb::literals;
  m.def("adam", &adam, "kernels"_a, "gradients"_a, "weights"_a, "first_moment"_a, "second_moment"_a, nb::kw_only(),
        "step_size"_a, "root_correction"_a, "misalign"_a = 0);
}

}  // namespace gossamer
