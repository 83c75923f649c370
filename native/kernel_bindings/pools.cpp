// Pool and mean: x (H, W, C); y, dy and indices (h, w, C), of the mean (1, 1, C).
#include "kernel_bindings.h"
#include "layout.h"

namespace gossamer {
namespace {

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

}  // namespace

void bind_pools(nb::module_& m) {
  using namespace nb::literals;
  m.def("pool_forward", &pool_forward, "kernels"_a, "x"_a, nb::kw_only(), "argmax"_a = true,
        "misalign"_a = 0);
  m.def("pool_backward", &pool_backward, "kernels"_a, "size"_a, "dy"_a, "indices"_a, nb::kw_only(), "misalign"_a = 0);
  m.def("mean_forward", &mean_forward, "kernels"_a, "x"_a, nb::kw_only(), "misalign"_a = 0);
  m.def("mean_backward", &mean_backward, "kernels"_a, "size"_a, "dy"_a, nb::kw_only(), "misalign"_a = 0);
}

}  // namespace gossamer
