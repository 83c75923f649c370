// The Python module gossamer.engine._native: a Trainer, a Runner, the kernels by name for tests, and what times them. It
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
using FloatsOut2 = nb::ndarray<float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Pixels = nb::ndarray<const std::uint8_t, nb::ndim<4>, nb::c_contig, nb::device::cpu>;

using NodeTuple = std::tuple<std::string, std::vector<int>, int, int>;  // op, inputs, channels or classes, kernel

void require(bool fact, const char* fact_in_words) {
  if (!fact) throw std::invalid_argument(fact_in_words);
}

std::vector<Node> nodes_from(const std::vector<NodeTuple>& tuples) {
  std::vector<Node> nodes;
  for (const auto& [op, inputs, channels, kernel] : tuples) nodes.push_back({op_named(op), inputs, channels, kernel});
  return nodes;
}

const Kernels& kernels_named(const std::string& name) {
  const Kernels* found = find_kernels(name);
  if (found == nullptr) throw std::invalid_argument("no kernels called '" + name + "' can run here");
  return *found;
}

// A plan with what Python's arrays of its parameters become.
class PyPlan {
 public:
  PyPlan(const std::string& kernels, const std::vector<NodeTuple>& nodes, std::size_t height, std::size_t width,
         std::size_t channels)
      : plan(kernels_named(kernels), nodes_from(nodes), int(height), int(width), int(channels)) {}

  void gather(const std::vector<Floats>& arrays, Buffer<float>& flat) const {
    check_sizes(arrays);
    std::vector<const float*> pointers;
    for (const Floats& array : arrays) pointers.push_back(array.data());
    plan.parameters.gather(pointers, flat.data());
  }

  void scatter(const Buffer<float>& flat, const std::vector<FloatsOut>& arrays) const {
    check_sizes(arrays);
    std::vector<float*> pointers;
    for (const FloatsOut& array : arrays) pointers.push_back(array.data());
    plan.parameters.scatter(flat.data(), pointers);
  }

  template <class Arrays>
  void check_sizes(const Arrays& arrays) const {
    const std::vector<std::size_t> sizes = plan.parameters.array_sizes();
    bool fit = arrays.size() == sizes.size();
    for (std::size_t i = 0; fit && i < sizes.size(); ++i) fit = arrays[i].shape(0) == sizes[i];
    if (!fit) throw std::invalid_argument("the arrays are not those of the network");
  }

  const Plan plan;
};

// What answers images by weights that it is given once.
class PyRunner {
 public:
  PyRunner(const std::string& kernels, const std::vector<NodeTuple>& nodes, std::tuple<int, int, int> shape,
           std::pair<float, float> pixel_range, const std::vector<Floats>& weights, int threads)
      : shape_(shape),
        plan_(kernels, nodes, std::get<0>(shape), std::get<1>(shape), std::get<2>(shape)),
        parameters_(plan_.plan.parameters.size()),
        runner_(plan_.plan, {pixel_range.first, pixel_range.second}, threads) {
    plan_.gather(weights, parameters_);
    runner_.load(parameters_.data());
  }

  void logits(Pixels images, FloatsOut2 out) {
    const auto [height, width, channels] = shape_;
    require(int(images.shape(1)) == height && int(images.shape(2)) == width && int(images.shape(3)) == channels,
            "the images are of another shape");
    const std::size_t classes = std::size_t(plan_.plan.classes());
    require(out.shape(0) == images.shape(0) && out.shape(1) == classes, "the logits' array has the wrong shape");
    const std::size_t bytes = std::size_t(height) * width * channels;
    nb::gil_scoped_release release;
    runner_.run({images.data(), bytes, nullptr, images.shape(0)},
                [&](std::size_t i, const float* z) { std::copy(z, z + classes, out.data() + i * classes); });
  }

 private:
  const std::tuple<int, int, int> shape_;
  const PyPlan plan_;
  Buffer<float> parameters_;
  Runner runner_;
};

// A trainer with the arrays that it reads; these are kept alive by the object itself.
class PyTrainer {
 public:
  PyTrainer(const std::string& kernels, const std::vector<NodeTuple>& nodes, Pixels images, Rows labels,
            std::pair<float, float> pixel_range, double learning_rate, int batch, int threads)
      : images_(images),
        labels_(labels),
        plan_(kernels, nodes, images.shape(1), images.shape(2), images.shape(3)),
        trainer_(plan_.plan, {images.data(), labels.data(), images.shape(1) * images.shape(2) * images.shape(3)},
                 {pixel_range.first, pixel_range.second}, learning_rate, batch, threads) {
    require(batch > 0, "batches need an image");
    require(labels.shape(0) == images.shape(0), "as many labels as images are needed");
    for (std::size_t i = 0; i < labels.shape(0); ++i)
      require(labels.data()[i] >= 0 && labels.data()[i] < plan_.plan.classes(), "a label lies outside the classes");
  }

  void set_state(const std::vector<Floats>& weights, const std::vector<Floats>& first,
                 const std::vector<Floats>& second, std::int64_t step) {
    require(step >= 0, "a step cannot be negative");
    for (const std::vector<Floats>* arrays : {&weights, &first, &second}) plan_.check_sizes(*arrays);
    plan_.gather(weights, trainer_.parameters);
    plan_.gather(first, trainer_.first_moment);
    plan_.gather(second, trainer_.second_moment);
    trainer_.step = step;
  }

  // Fills the arrays and returns the step.
  std::int64_t get_state(const std::vector<FloatsOut>& weights, const std::vector<FloatsOut>& first,
                         const std::vector<FloatsOut>& second) const {
    plan_.scatter(trainer_.parameters, weights);
    plan_.scatter(trainer_.first_moment, first);
    plan_.scatter(trainer_.second_moment, second);
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
    const int classes = plan_.plan.classes();
    if (int(confusion.shape(0)) != classes || int(confusion.shape(1)) != classes)
      throw std::invalid_argument("the confusion counts' array has the wrong shape");
    std::fill_n(confusion.data(), confusion.size(), std::int64_t(0));
    nb::gil_scoped_release release;
    return tuple(trainer_.evaluate(rows.data(), rows.shape(0), confusion.data()));
  }

 private:
  static std::tuple<std::int64_t, std::int64_t, double> tuple(const Score& s) { return {s.images, s.correct, s.loss}; }

  void check(const Rows& rows) const {
    if (rows.shape(0) == 0) throw std::invalid_argument("at least one row is needed");
    for (std::size_t i = 0; i < rows.shape(0); ++i)
      if (rows.data()[i] < 0 || std::size_t(rows.data()[i]) >= images_.shape(0))
        throw std::out_of_range("a row lies outside the images");
  }

  Pixels images_;
  Rows labels_;
  const PyPlan plan_;
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
      "The multiply-adds per second that one thread can do at most with these kernels' instructions.");
  m.def(
      "kernel_times",
      [](const std::string& kernels, const std::vector<NodeTuple>& nodes, const std::tuple<int, int, int>& shape,
         double positive) {
        const auto [height, width, channels] = shape;
        const Plan plan(kernels_named(kernels), nodes_from(nodes), height, width, channels);
        std::vector<std::tuple<std::string, double, double, bool>> times;
        nb::gil_scoped_release release;
        for (const KernelTime& t : kernel_times(plan, positive))
          times.emplace_back(t.what, t.seconds, t.multiply_adds, t.step);
        return times;
      },
      "kernels"_a, "nodes"_a, "shape"_a, "positive"_a,
      "Each kernel of a network: what it is, its seconds, the multiply-adds it does in them, and whether both are of a"
      " step of training instead of an image.");
  nb::class_<PyRunner>(m, "Runner")
      .def(nb::init<const std::string&, const std::vector<NodeTuple>&, std::tuple<int, int, int>, std::pair<float, float>,
                    const std::vector<Floats>&, int>(),
           "kernels"_a, "nodes"_a, "shape"_a, "pixel_range"_a, "weights"_a.noconvert(), "threads"_a)
      .def("logits", &PyRunner::logits, "images"_a.noconvert(), "out"_a.noconvert());
  nb::class_<PyTrainer>(m, "Trainer")
      .def(nb::init<const std::string&, const std::vector<NodeTuple>&, Pixels, Rows, std::pair<float, float>, double, int,
                    int>(),
           "kernels"_a, "nodes"_a, "images"_a.noconvert(), "labels"_a.noconvert(), "pixel_range"_a, "learning_rate"_a,
           "batch_size"_a, "threads"_a)
      // noconvert: an array of another type would be copied, and what is written into the copy lost
      .def("set_state", &PyTrainer::set_state, "weights"_a.noconvert(), "first_moment"_a.noconvert(),
           "second_moment"_a.noconvert(), "step"_a)
      .def("get_state", &PyTrainer::get_state, "weights"_a.noconvert(), "first_moment"_a.noconvert(),
           "second_moment"_a.noconvert())
      .def("train_epoch", &PyTrainer::train_epoch, "order"_a.noconvert())
      .def("evaluate", &PyTrainer::evaluate, "rows"_a.noconvert(), "confusion"_a.noconvert());
  nb::module_ kernels = m.def_submodule("kernels", "Every kernel of any table, for tests.");
  bind_kernels(kernels);
}
