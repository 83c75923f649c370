// The Python module gossamer.engine._native: a Trainer, the kernels by name for tests, and what times them. It
// holds no logic; the interpreter lock is released while the core works.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <stdexcept>

#include "dispatch.h"
#include "kernel_bindings.h"
#include "kernel_times.h"
#include "peak.h"
#include "trainer.h"

using namespace nb::literals;

namespace gossamer {
namespace {

using Floats = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using FloatsOut = nb::ndarray<float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Rows = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Counts = nb::ndarray<std::int64_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Pixels = nb::ndarray<const std::uint8_t, nb::ndim<4>, nb::c_contig, nb::device::cpu>;

using LayerTuple = std::tuple<std::string, int, int>;  // kind, channels or classes, kernel

void require(bool fact, const char* fact_in_words) {
  if (!fact) throw std::invalid_argument(fact_in_words);
}

// The layers of a network on images of height x width: one that Network can lay out.
std::vector<Layer> layers_from(const std::vector<LayerTuple>& tuples, std::size_t height, std::size_t width) {
  std::vector<Layer> layers;
  for (const auto& [name, channels, kernel] : tuples) {
    require(height > 0 && width > 0, "a layer has no pixels");
    const bool last = &name == &std::get<0>(tuples.back());
    require((name == "dense") == last, "the last layer must be dense, and no other");
    if (name == "conv") {
      require(channels > 0 && kernel > 0 && kernel % 2 == 1, "a convolution needs channels and an odd kernel");
      layers.push_back({Layer::Kind::convolution, channels, kernel});
    } else if (name == "pool") {
      layers.push_back({Layer::Kind::pool});
      height /= 2, width /= 2;
    } else if (name == "gap") {
      layers.push_back({Layer::Kind::mean});
      height = width = 1;
    } else {
      require(last && channels > 0, "a layer must be conv, pool, gap or dense, of one class or more");
      layers.push_back({Layer::Kind::dense, channels});
    }
  }
  require(!layers.empty(), "a network needs a layer");
  return layers;
}

const Kernels& kernels_named(const std::string& name) {
  const Kernels* found = find_kernels(name);
  if (found == nullptr) throw std::invalid_argument("no kernels called '" + name + "' can run here");
  return *found;
}

// A trainer with the network and the arrays that it reads; these are kept alive by the object itself.
class PyTrainer {
 public:
  PyTrainer(const std::string& kernels, const std::vector<LayerTuple>& layers, Pixels images, Rows labels,
            std::pair<float, float> pixel_range, double learning_rate, int batch, int threads)
      : images_(images),
        labels_(labels),
        network_(kernels_named(kernels), layers_from(layers, images.shape(1), images.shape(2)), int(images.shape(1)),
                 int(images.shape(2)), int(images.shape(3))),
        trainer_(network_, {images.data(), labels.data(), images.shape(1) * images.shape(2) * images.shape(3)},
                 pixel_range.first, pixel_range.second, learning_rate, batch, threads) {
    require(images.shape(3) > 0 && batch > 0, "images need a channel, and batches an image");
    require(labels.shape(0) == images.shape(0), "as many labels as images are needed");
    for (std::size_t i = 0; i < labels.shape(0); ++i)
      require(labels.data()[i] >= 0 && labels.data()[i] < network_.dense.dense.classes, "a label lies outside the classes");
  }

  void set_state(const std::vector<Floats>& weights, const std::vector<Floats>& first,
                 const std::vector<Floats>& second, std::int64_t step) {
    require(step >= 0, "a step cannot be negative");
    for (const std::vector<Floats>* arrays : {&weights, &first, &second}) check_sizes(*arrays);
    gather(weights, trainer_.parameters);
    gather(first, trainer_.first_moment);
    gather(second, trainer_.second_moment);
    trainer_.step = step;
  }

  // Fills the arrays and returns the step.
  std::int64_t get_state(const std::vector<FloatsOut>& weights, const std::vector<FloatsOut>& first,
                         const std::vector<FloatsOut>& second) const {
    scatter(trainer_.parameters, weights);
    scatter(trainer_.first_moment, first);
    scatter(trainer_.second_moment, second);
    return trainer_.step;
  }

  std::tuple<std::int64_t, std::int64_t, double> train_epoch(Rows order) {
    check(order);
    nb::gil_scoped_release release;
    return tuple(trainer_.train_epoch(order.data(), order.shape(0)));
  }

  // Fills `confusion` (classes, classes) with the images by true and predicted class.
  std::tuple<std::int64_t, std::int64_t, double> evaluate(Rows rows, Counts confusion) {
    check(rows);
    const int classes = network_.dense.dense.classes;
    if (int(confusion.shape(0)) != classes || int(confusion.shape(1)) != classes)
      throw std::invalid_argument("the confusion counts' array has the wrong shape");
    std::fill_n(confusion.data(), confusion.size(), std::int64_t(0));
    nb::gil_scoped_release release;
    return tuple(trainer_.evaluate(rows.data(), rows.shape(0), confusion.data()));
  }

  void logits(Rows rows, nb::ndarray<float, nb::ndim<2>, nb::c_contig, nb::device::cpu> out) {
    check(rows);
    if (out.shape(0) != rows.shape(0) || int(out.shape(1)) != network_.dense.dense.classes)
      throw std::invalid_argument("the logits' array has the wrong shape");
    nb::gil_scoped_release release;
    trainer_.logits(rows.data(), rows.shape(0), out.data());
  }

 private:
  static std::tuple<std::int64_t, std::int64_t, double> tuple(const Score& s) { return {s.images, s.correct, s.loss}; }

  void check(const Rows& rows) const {
    if (rows.shape(0) == 0) throw std::invalid_argument("at least one row is needed");
    for (std::size_t i = 0; i < rows.shape(0); ++i)
      if (rows.data()[i] < 0 || std::size_t(rows.data()[i]) >= images_.shape(0))
        throw std::out_of_range("a row lies outside the images");
  }

  template <class Arrays>
  void check_sizes(const Arrays& arrays) const {
    const std::vector<std::size_t> sizes = network_.array_sizes();
    bool fit = arrays.size() == sizes.size();
    for (std::size_t i = 0; fit && i < sizes.size(); ++i) fit = arrays[i].shape(0) == sizes[i];
    if (!fit) throw std::invalid_argument("the arrays are not those of the network");
  }

  void gather(const std::vector<Floats>& arrays, Buffer<float>& flat) {
    check_sizes(arrays);
    std::vector<const float*> pointers;
    for (const Floats& array : arrays) pointers.push_back(array.data());
    network_.gather(pointers, flat.data());
  }

  void scatter(const Buffer<float>& flat, const std::vector<FloatsOut>& arrays) const {
    check_sizes(arrays);
    std::vector<float*> pointers;
    for (const FloatsOut& array : arrays) pointers.push_back(array.data());
    network_.scatter(flat.data(), pointers);
  }

  Pixels images_;
  Rows labels_;
  Network network_;
  Trainer trainer_;
};

}  // namespace
}  // namespace gossamer

// What compiled the core: it decides how expressions are contracted and ordered, and so the last bits of a result.
#if defined(__clang__)
static constexpr const char* COMPILER = "clang " __clang_version__;
#elif defined(__GNUC__)
static constexpr const char* COMPILER = "gcc " __VERSION__;
#else
static constexpr const char* COMPILER = "unknown compiler";
#endif

NB_MODULE(_native, m) {
  using namespace gossamer;
  m.attr("compiler") = COMPILER;
  m.def(
      "runnable",
      [] {
        std::vector<std::string> names;
        for (const Kernels* kernels : runnable_kernels()) names.emplace_back(kernels->name);
        return names;
      },
      "Names of the kernels that this machine can run, the fastest first.");
  m.def(
      "peak_multiply_adds", [](const std::string& kernels) { return peak_multiply_adds(kernels_named(kernels)); },
      "kernels"_a, nb::call_guard<nb::gil_scoped_release>(),
      "The multiply-adds a second that one thread can do at most with these kernels' instructions.");
  m.def(
      "kernel_times",
      [](const std::string& kernels, const std::vector<LayerTuple>& layers, const std::tuple<int, int, int>& shape,
         double positive) {
        const auto [height, width, channels] = shape;
        require(height > 0 && width > 0 && channels > 0, "images need a pixel and a channel");
        const Network network(kernels_named(kernels), layers_from(layers, height, width), height, width, channels);
        std::vector<std::tuple<std::string, double, double, bool>> times;
        nb::gil_scoped_release release;
        for (const KernelTime& t : kernel_times(network, positive))
          times.emplace_back(t.what, t.seconds, t.multiply_adds, t.step);
        return times;
      },
      "kernels"_a, "layers"_a, "shape"_a, "positive"_a,
      "Each kernel of a network: what it is, its seconds, the multiply-adds it does in them, and whether both are of a"
      " step of training instead of an image.");
  nb::class_<PyTrainer>(m, "Trainer")
      .def(nb::init<const std::string&, const std::vector<LayerTuple>&, Pixels, Rows, std::pair<float, float>, double, int,
                    int>(),
           "kernels"_a, "layers"_a, "images"_a.noconvert(), "labels"_a.noconvert(), "pixel_range"_a, "learning_rate"_a,
           "batch_size"_a, "threads"_a)
      // noconvert: an array of another type would be copied, and what is written into the copy lost
      .def("set_state", &PyTrainer::set_state, "weights"_a.noconvert(), "first_moment"_a.noconvert(),
           "second_moment"_a.noconvert(), "step"_a)
      .def("get_state", &PyTrainer::get_state, "weights"_a.noconvert(), "first_moment"_a.noconvert(),
           "second_moment"_a.noconvert())
      .def("train_epoch", &PyTrainer::train_epoch, "order"_a.noconvert())
      .def("evaluate", &PyTrainer::evaluate, "rows"_a.noconvert(), "confusion"_a.noconvert())
      .def("logits", &PyTrainer::logits, "rows"_a.noconvert(), "out"_a.noconvert());
  nb::module_ kernels = m.def_submodule("kernels", "Every kernel of any table, for tests.");
  bind_kernels(kernels);
}
