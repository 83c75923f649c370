// Views: images (N, H, W, C), views (N, 11).
#include "../views.h"

#include "kernel_bindings.h"
#include "layout.h"

namespace gossamer {
namespace {

nb::ndarray<nb::numpy, std::uint8_t> viewed(const In<std::uint8_t, 4>& images, const In<std::int32_t, 2>& views) {
  require(views.shape(0) == images.shape(0) && views.shape(1) == VIEW, "a view per image");
  const std::size_t count = images.shape(0), bytes = images.shape(1) * images.shape(2) * images.shape(3);
  require(bytes > 0, "images with a pixel");
  Viewer viewer(int(images.shape(1)), int(images.shape(2)), int(images.shape(3)));
  const View* const view = reinterpret_cast<const View*>(views.data());
  const auto out = new_array<std::uint8_t>({count, images.shape(1), images.shape(2), images.shape(3)});
  for (std::size_t n = 0; n < count; ++n)
    std::copy_n(viewer({images.data() + n * bytes, view + n}), bytes, out.data() + n * bytes);
  return out;
}

}  // namespace

void bind_views(nb::module_& m) {
  using namespace nb::literals;
  m.def("viewed", &viewed, "images"_a.noconvert(), "views"_a.noconvert());
}

}  // namespace gossamer
