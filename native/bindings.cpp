// The Python module gossamer.engine._native: a Trainer, an Evaluator, a Runner, the kernels by name for tests, and what times them. It
// holds no logic; the interpreter lock is released while the core works.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "dispatch.h"
#include "evaluator.h"
#include "kernel_bindings/kernel_bindings.h"
#include "kernel_times.h"
#include "peak.h"
#include "trainer.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace gossamer {
namespace {

using Floats = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using FloatsOut = nb::ndarray<float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Floats2 = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Doubles = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Views = nb::ndarray<const std::int32_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Rows = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Counts = nb::ndarray<std::int64_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using FloatsOut2 = nb::ndarray<float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Pixels = nb::ndarray<const std::uint8_t, nb::ndim<4>, nb::c_contig, nb::device::cpu>;

// op, inputs, channels or classes, kernel, stride, bias
using NodeTuple = std::tuple<std::string, std::vector<int>, int, int, int, bool>;

// optimizer, weight decay, label smoothing, decay of the moving average, temperature, labels' share
using LearningTuple = std::tuple<std::string, double, double, double, double, double>;

void require(bool fact, const char* fact_in_words) {
  if (!fact) throw std::invalid_argument(fact_in_words);
}

std::vector<Node> nodes_from(const std::vector<NodeTuple>& tuples) {
  std::vector<Node> nodes;
  for (const auto& [op, inputs, channels, kernel, stride, bias] : tuples)
    nodes.push_back({op_named(op), inputs, channels, kernel, stride, bias});
  return nodes;
}

Learning learning_from(const LearningTuple& tuple) {
  const auto& [optimizer, weight_decay, label_smoothing, ema, temperature, labels] = tuple;
  const bool sgd = optimizer == "sgd", adamw = optimizer == "adamw";
  require(sgd || adamw || optimizer == "adam", "there is no such optimizer");
  require(weight_decay == 0 || (weight_decay > 0 && (sgd || adamw)), "a weight decay must be 0 or more, and 0 of adam");
  require(label_smoothing >= 0 && label_smoothing < 1, "a label smoothing must be 0 to below 1");
  require(ema >= 0 && ema < 1, "a moving average's decay must be 0 to below 1");
  require(temperature > 0, "a temperature must be above 0");
  require(labels >= 0 && labels <= 1, "the labels' share must be 0 to 1");
  return {sgd ? Optimizer::sgd : Optimizer::adam, weight_decay, label_smoothing, ema, temperature, labels};
}

const Kernels& kernels_named(const std::string& name) {
  const Kernels* found = find_kernels(name);
  if (found == nullptr) throw std::invalid_argument("no kernels called '" + name + "' can run here");
  return *found;
}

template <class Arrays>
void check_sizes(const Parameters& parameters, const Arrays& arrays) {
  const std::vector<std::size_t> sizes = parameters.array_sizes();
  bool fit = arrays.size() == sizes.size();
  for (std::size_t i = 0; fit && i < sizes.size(); ++i) fit = arrays[i].shape(0) == sizes[i];
  require(fit, "the arrays are not those of the network");
}

void gather(const Parameters& parameters, const std::vector<Floats>& arrays, Buffer<float>& flat) {
  check_sizes(parameters, arrays);
  std::vector<const float*> pointers;
  for (const Floats& array : arrays) pointers.push_back(array.data());
  parameters.gather(pointers, flat.data());
}

void scatter(const Parameters& parameters, const Buffer<float>& flat, const std::vector<FloatsOut>& arrays) {
  check_sizes(parameters, arrays);
  std::vector<float*> pointers;
  for (const FloatsOut& array : arrays) pointers.push_back(array.data());
  parameters.scatter(flat.data(), pointers);
}

// What answers images by weights that it is given once.
class PyRunner {
 public:
  PyRunner(const std::string& kernels, const std::vector<NodeTuple>& nodes, std::tuple<int, int, int> shape,
           std::pair<float, float> pixel_range, const std::vector<Floats>& weights, int threads)
      : shape_(shape),
        plan_(kernels_named(kernels), nodes_from(nodes), std::get<0>(shape), std::get<1>(shape), std::get<2>(shape)),
        parameters_(plan_.parameters.size()),
        runner_(plan_, {pixel_range.first, pixel_range.second}, threads) {
    gather(plan_.parameters, weights, parameters_);
    runner_.load(parameters_.data());
  }

  void logits(Pixels images, FloatsOut2 out) {
    const auto [height, width, channels] = shape_;
    require(int(images.shape(1)) == height && int(images.shape(2)) == width && int(images.shape(3)) == channels,
            "the images are of another shape");
    const std::size_t classes = std::size_t(plan_.classes());
    require(out.shape(0) == images.shape(0) && out.shape(1) == classes, "the logits' array has the wrong shape");
    const std::size_t bytes = std::size_t(height) * width * channels;
    nb::gil_scoped_release release;
    runner_.run({images.data(), bytes, nullptr, images.shape(0)},
                [&](std::size_t i, const float* z) { std::copy(z, z + classes, out.data() + i * classes); });
  }

 private:
  const std::tuple<int, int, int> shape_;
  const Plan plan_;
  Buffer<float> parameters_;
  Runner runner_;
};

// Labelled images with the network that works on them; the arrays are kept alive by the object itself.
class LabelledImages {
 public:
  LabelledImages(const std::string& kernels, const std::vector<NodeTuple>& nodes, Pixels images, Rows labels)
      : plan(kernels_named(kernels), nodes_from(nodes), int(images.shape(1)), int(images.shape(2)), int(images.shape(3))),
        images_(images),
        labels_(labels) {
    require(labels.shape(0) == images.shape(0), "as many labels as images are needed");
    for (std::size_t i = 0; i < labels.shape(0); ++i)
      require(labels.data()[i] >= 0 && labels.data()[i] < plan.classes(), "a label lies outside the classes");
  }

  Images images() const {
    return {images_.data(), labels_.data(), images_.shape(1) * images_.shape(2) * images_.shape(3)};
  }

  void check(const Rows& rows) const {
    require(rows.shape(0) > 0, "at least one row is needed");
    for (std::size_t i = 0; i < rows.shape(0); ++i)
      if (rows.data()[i] < 0 || std::size_t(rows.data()[i]) >= images_.shape(0))
        throw std::out_of_range("a row lies outside the images");
  }

  const Plan plan;

 private:
  const Pixels images_;
  const Rows labels_;
};

using ScoreTuple = std::tuple<std::int64_t, std::int64_t, double>;
ScoreTuple tuple(const Score& s) { return {s.images, s.correct, s.loss}; }

class PyTrainer {
 public:
  PyTrainer(const std::string& kernels, const std::vector<NodeTuple>& nodes, Pixels images, Rows labels,
            std::optional<Floats> image_weights, std::pair<float, float> pixel_range, const LearningTuple& learning,
            int threads)
      : data_(kernels, nodes, images, labels),
        image_weights_(image_weights),
        trainer_(data_.plan, data_.images(), image_weights ? image_weights->data() : nullptr,
                 {pixel_range.first, pixel_range.second}, learning_from(learning), threads) {
    require(!image_weights || image_weights->shape(0) == images.shape(0), "as many weights as images are needed");
  }

  // Group by group what is trained, the norms' statistics, each of the optimizer's slots, and the moving averages of what
  // is trained and of the statistics, where they are kept.
  void set_state(const std::vector<std::vector<Floats>>& groups, std::int64_t step) {
    require(step >= 0, "a step cannot be negative");
    const std::vector<Trainer::Array> arrays = fitting(groups);
    for (std::size_t g = 0; g < arrays.size(); ++g) gather(arrays[g].layout, groups[g], arrays[g].values);
    trainer_.step = step;
  }

  // Fills the arrays and returns the step.
  std::int64_t get_state(const std::vector<std::vector<FloatsOut>>& groups) {
    const std::vector<Trainer::Array> arrays = fitting(groups);
    for (std::size_t g = 0; g < arrays.size(); ++g) scatter(arrays[g].layout, arrays[g].values, groups[g]);
    return trainer_.step;
  }

  ScoreTuple train_epoch(Rows order, const std::vector<int>& sizes, Doubles rates, std::optional<Views> views,
                         std::optional<Floats2> teacher) {
    data_.check(order);
    std::size_t all = 0;
    for (const int size : sizes) {
      require(size > 0, "batches need an image");
      all += std::size_t(size);
    }
    require(all == order.shape(0), "the batches are not all of the rows");
    require(rates.shape(0) == sizes.size(), "as many rates as batches are needed");
    require(!views || (views->shape(0) == all && views->shape(1) == VIEW), "a view per row is needed");
    require(!teacher || (teacher->shape(0) == all && int(teacher->shape(1)) == data_.plan.classes()),
            "a teacher's probability per row and class is needed");
    const Epoch epoch{order.data(), sizes, rates.data(), views ? reinterpret_cast<const View*>(views->data()) : nullptr,
                      teacher ? teacher->data() : nullptr};
    nb::gil_scoped_release release;
    return tuple(trainer_.train_epoch(epoch));
  }

 private:
  template <class Groups>
  std::vector<Trainer::Array> fitting(const Groups& groups) {
    std::vector<Trainer::Array> arrays = trainer_.arrays();
    require(groups.size() == arrays.size(), "the groups of arrays are not those of the state");
    for (std::size_t g = 0; g < arrays.size(); ++g) check_sizes(arrays[g].layout, groups[g]);
    return arrays;
  }

  const LabelledImages data_;
  const std::optional<Floats> image_weights_;  // kept alive
  Trainer trainer_;
};

class PyEvaluator {
 public:
  PyEvaluator(const std::string& kernels, const std::vector<NodeTuple>& nodes, Pixels images, Rows labels,
              std::pair<float, float> pixel_range, int threads)
      : data_(kernels, nodes, images, labels),
        parameters_(data_.plan.parameters.size()),
        evaluator_(data_.plan, data_.images(), {pixel_range.first, pixel_range.second}, threads) {}

  // Fills `confusion` (classes, classes) with the images by true and predicted class.
  ScoreTuple evaluate(const std::vector<Floats>& weights, Rows rows, Counts confusion) {
    data_.check(rows);
    gather(data_.plan.parameters, weights, parameters_);
    const int classes = data_.plan.classes();
    require(int(confusion.shape(0)) == classes && int(confusion.shape(1)) == classes,
            "the confusion counts' array has the wrong shape");
    std::fill_n(confusion.data(), confusion.size(), std::int64_t(0));
    nb::gil_scoped_release release;
    return tuple(evaluator_.evaluate(parameters_.data(), rows.data(), rows.shape(0), confusion.data()));
  }

 private:
  const LabelledImages data_;
  Buffer<float> parameters_;
  Evaluator evaluator_;
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
      .def(nb::init<const std::string&, const std::vector<NodeTuple>&, Pixels, Rows, std::optional<Floats>,
                    std::pair<float, float>, const LearningTuple&, int>(),
           "kernels"_a, "nodes"_a, "images"_a.noconvert(), "labels"_a.noconvert(), "image_weights"_a.noconvert().none(),
           "pixel_range"_a, "learning"_a, "threads"_a)
      // noconvert: an array of another type would be copied, and what is written into the copy lost
      .def("set_state", &PyTrainer::set_state, "groups"_a.noconvert(), "step"_a)
      .def("get_state", &PyTrainer::get_state, "groups"_a.noconvert())
      .def("train_epoch", &PyTrainer::train_epoch, "order"_a.noconvert(), "batch_sizes"_a, "rates"_a.noconvert(),
           "views"_a.noconvert().none() = nb::none(), "teacher"_a.noconvert().none() = nb::none());
  nb::class_<PyEvaluator>(m, "Evaluator")
      .def(nb::init<const std::string&, const std::vector<NodeTuple>&, Pixels, Rows, std::pair<float, float>, int>(),
           "kernels"_a, "nodes"_a, "images"_a.noconvert(), "labels"_a.noconvert(), "pixel_range"_a, "threads"_a)
      .def("evaluate", &PyEvaluator::evaluate, "weights"_a.noconvert(), "rows"_a.noconvert(), "confusion"_a.noconvert());
  nb::module_ kernels = m.def_submodule("kernels", "Every kernel of any table, for tests.");
  for (const auto bind :
       {bind_convolutions, bind_filters, bind_norms, bind_pools, bind_dense, bind_optimizers, bind_views})
    bind(kernels);
}
