// Whole fits by every table of kernels, the reference among them, against the naive trainer; and the same fit on 1, 2
// and 4 threads, bit for bit.
//
// A case is a value in a table: to add one, write a line in FITS, which are trained plainly, or in RECIPES, by each of which
// the networks of RECIPE_FITS are.
#include <cstring>
#include <map>
#include <optional>

#include "check.h"
#include "dispatch.h"
#include "evaluator.h"
#include "naive.h"

namespace gossamer::tests {
namespace {

struct Fit {
  std::vector<Node> nodes;
  int height, width, channels;
  int images, batch;   // the last batch is smaller where one does not divide the other
  float size = 1;      // of the first weights, in units of 1 / sqrt(inputs)
};

// A chain of nodes, each reading what the one before makes; a convolution brings its ReLU.
struct Link {
  Op op;
  int channels = 0, kernel = 0, stride = 1;
};

std::vector<Node> chain(const std::vector<Link>& links) {
  std::vector<Node> nodes;
  for (const Link& link : links) {
    nodes.push_back({link.op, {int(nodes.size())}, link.channels, link.kernel, link.stride});
    if (link.op == Op::convolution) nodes.push_back({Op::relu, {int(nodes.size())}});
  }
  return nodes;
}

// The same under batch norm: a convolution of either kind has no bias, and a norm and an activation behind it.
std::vector<Node> normed(const std::vector<Link>& links, Op activation = Op::relu) {
  std::vector<Node> nodes;
  for (const Link& link : links) {
    const bool convolves = link.op == Op::convolution || link.op == Op::depthwise;
    nodes.push_back({link.op, {int(nodes.size())}, link.channels, link.kernel, link.stride, !convolves});
    if (convolves) nodes.push_back({Op::norm, {int(nodes.size())}}), nodes.push_back({activation, {int(nodes.size())}});
  }
  return nodes;
}

Link conv(int channels, int kernel = 3, int stride = 1) { return {Op::convolution, channels, kernel, stride}; }
Link dw(int kernel = 3, int stride = 1) { return {Op::depthwise, 0, kernel, stride}; }
Link dense(int classes) { return {Op::dense, classes}; }
const Link POOL{Op::max_pool}, AVERAGE{Op::average_pool}, MEAN{Op::mean};

// Values with several readers, an addition whose summands differ in their borders, a bare convolution, the same value twice.
const std::vector<Node> BRANCHES = {
    {Op::convolution, {0}, 6, 3}, {Op::relu, {1}},   {Op::convolution, {2}, 6, 5}, {Op::add, {3, 2}},  {Op::relu, {4}},
    {Op::max_pool, {5}},          {Op::mean, {5}},   {Op::convolution, {6}, 6, 1}, {Op::mean, {8}},    {Op::add, {7, 9}},
    {Op::add, {10, 10}},          {Op::dense, {11}, 4}};
// A convolution that a ReLU reads, and not alone; a value that two kernels read, the smaller one last.
const std::vector<Node> SHARED = {{Op::convolution, {0}, 5, 3}, {Op::relu, {1}},   {Op::add, {1, 2}},  {Op::convolution, {3}, 4, 5},
                                  {Op::convolution, {3}, 4, 1}, {Op::add, {4, 5}}, {Op::dense, {6}, 3}};
const std::vector<Node> OF_THE_IMAGE = {{Op::relu, {0}}, {Op::add, {0, 1}}, {Op::convolution, {2}, 5, 3}, {Op::dense, {3}, 3}};
// An image that a convolution reads, and a depthwise one, which wants whole vectors.
const std::vector<Node> TWO_READERS = {{Op::convolution, {0}, 3, 3, 2}, {Op::depthwise, {0}, 0, 5, 2}, {Op::add, {1, 2}},
                                       {Op::hswish, {3}},               {Op::dense, {4}, 3}};
// Convolutions without a bias where no norm follows.
const std::vector<Node> WITHOUT_BIASES = {{Op::convolution, {0}, 6, 3, 1, false}, {Op::relu, {1}},
                                          {Op::depthwise, {2}, 0, 3, 1, false},   {Op::relu, {3}}, {Op::dense, {4}, 3}};
// Bare 3x3 convolutions of maps of even size, which Winograd's algorithm takes.
const std::vector<Node> EVEN = {{Op::convolution, {0}, 5, 3}, {Op::hswish, {1}}, {Op::convolution, {2}, 6, 3}, {Op::hswish, {3}},
                                {Op::convolution, {4}, 6, 3}, {Op::add, {4, 5}}, {Op::dense, {6}, 3}};
// A block of ResNet: a strided branch, a strided shortcut, and their sum rectified; then one that adds its own input.
const std::vector<Node> RESIDUAL = {
    {Op::convolution, {0}, 6, 3, 1, false}, {Op::norm, {1}}, {Op::relu, {2}},                               // 3
    {Op::convolution, {3}, 9, 3, 2, false}, {Op::norm, {4}}, {Op::relu, {5}},                               // 6
    {Op::convolution, {6}, 9, 3, 1, false}, {Op::norm, {7}}, {Op::convolution, {3}, 9, 1, 2, false}, {Op::norm, {9}},
    {Op::add, {8, 10}},                     {Op::relu, {11}},                                               // 12
    {Op::convolution, {12}, 9, 3, 1, false}, {Op::norm, {13}}, {Op::add, {12, 14}}, {Op::relu, {15}}, {Op::mean, {16}},
    {Op::dense, {17}, 4}};
// An inverted block: its sum has no activation, and a norm, a convolution and the sum read one value.
const std::vector<Node> INVERTED = {
    {Op::convolution, {0}, 5, 3, 1, false}, {Op::norm, {1}}, {Op::relu6, {2}},
    {Op::convolution, {3}, 10, 1, 1, false}, {Op::norm, {4}}, {Op::relu6, {5}},
    {Op::depthwise, {6}, 0, 5, 1, false}, {Op::norm, {7}}, {Op::relu6, {8}},
    {Op::convolution, {9}, 5, 1, 1, false}, {Op::norm, {10}}, {Op::add, {3, 11}},
    {Op::max_pool, {12}}, {Op::norm, {13}}, {Op::add, {13, 14}}, {Op::dense, {15}, 3}};
// Norms of the image, one right behind another's activation, of a value that others read, and of one pixel.
const std::vector<Node> NORMS = {
    {Op::norm, {0}}, {Op::hswish, {1}}, {Op::norm, {2}},  {Op::convolution, {3}, 4, 3, 1, false}, {Op::norm, {4}}, {Op::relu, {5}},
    {Op::add, {4, 6}}, {Op::mean, {7}}, {Op::norm, {8}},  {Op::hswish, {9}},                      {Op::dense, {10}, 3}};

// A depthwise block and a convolution that add their own inputs: their gradients are read where the sums' lie.
const std::vector<Node> STACK = {
    {Op::convolution, {0}, 9, 3, 1, false}, {Op::norm, {1}}, {Op::relu, {2}},
    {Op::depthwise, {3}, 0, 3, 1, false}, {Op::norm, {4}}, {Op::add, {3, 5}}, {Op::relu, {6}},
    {Op::convolution, {7}, 9, 3, 1, false}, {Op::norm, {8}}, {Op::add, {9, 7}}, {Op::relu, {10}},
    {Op::depthwise, {11}, 0, 3, 2, false}, {Op::norm, {12}}, {Op::dense, {13}, 3}};

// A value that two convolutions read besides the sum: it has one gradient from each.
const std::vector<Node> THREE_READERS = {
    {Op::convolution, {0}, 6, 3, 1, false}, {Op::norm, {1}}, {Op::relu, {2}},                           // 3
    {Op::depthwise, {3}, 0, 3, 1, false}, {Op::norm, {4}},                                              // 5
    {Op::depthwise, {3}, 0, 5, 1, false}, {Op::norm, {6}}, {Op::add, {7, 3}}, {Op::relu, {8}},          // 9
    {Op::convolution, {9}, 6, 5, 1, false}, {Op::norm, {10}}, {Op::add, {11, 5}}, {Op::dense, {12}, 3}};

// A value whose gradients come from a sum and, last, from a pool.
const std::vector<Node> POOLED_TOO = {
    {Op::convolution, {0}, 5, 3, 1, false}, {Op::norm, {1}}, {Op::relu, {2}},                                             // 3
    {Op::depthwise, {3}, 0, 3, 1, false}, {Op::max_pool, {3}}, {Op::norm, {4}}, {Op::add, {6, 3}}, {Op::relu, {7}},       // 8
    {Op::depthwise, {8}, 0, 3, 1, false}, {Op::norm, {9}}, {Op::max_pool, {10}}, {Op::add, {5, 11}}, {Op::dense, {12}, 3}};

// A convolution without a bias in front of a pool; a depthwise one, and a sum.
const std::vector<Node> UNBIASED_POOL = {{Op::convolution, {0}, 5, 5, 1, false}, {Op::relu, {1}}, {Op::max_pool, {2}},
                                         {Op::dense, {3}, 3}};
const std::vector<Node> POOLED_SUM = {{Op::depthwise, {0}, 0, 3}, {Op::relu, {1}}, {Op::max_pool, {2}},
                                      {Op::convolution, {3}, 3, 3}, {Op::add, {3, 4}}, {Op::relu, {5}}, {Op::max_pool, {6}},
                                      {Op::dense, {7}, 3}};
// Norms that no convolution behind them takes in: it has a bias, or a stride, or others read what the norm does.
const std::vector<Node> NOT_FOLDED = {
    {Op::convolution, {0}, 5, 3, 1, false}, {Op::norm, {1}}, {Op::convolution, {2}, 6, 1}, {Op::relu, {3}}, {Op::norm, {4}},
    {Op::convolution, {5}, 6, 1, 2, false}, {Op::norm, {6}}, {Op::convolution, {7}, 6, 1, 1, false}, {Op::add, {6, 8}},
    {Op::dense, {9}, 3}};

// Norms that the 1x1 convolutions behind them take in: of the image, in front of a ReLU, and of another norm, whose sum keeps
// the first one's shift from being lost in its mean.
const std::vector<Node> FOLDED = {
    {Op::norm, {0}},                      {Op::convolution, {1}, 5, 1, 1, false}, {Op::relu, {2}},                          // 3
    {Op::convolution, {3}, 6, 3, 1, false}, {Op::norm, {4}}, {Op::convolution, {5}, 9, 1, 1, false}, {Op::relu, {6}},       // 7
    {Op::depthwise, {7}, 0, 3, 1, false}, {Op::norm, {8}}, {Op::convolution, {9}, 7, 1, 1, false}, {Op::norm, {10}},        // 11
    {Op::add, {10, 11}},                  {Op::relu, {12}},                       {Op::dense, {13}, 3}};
// Blocks that add their own inputs, without norms; the last sum has no border, its input has one.
const std::vector<Node> PLAIN_RESIDUAL = {
    {Op::convolution, {0}, 5, 3}, {Op::relu, {1}}, {Op::convolution, {2}, 6, 5}, {Op::relu, {3}}, {Op::convolution, {4}, 5, 5},
    {Op::add, {5, 2}},            {Op::relu, {6}}, {Op::convolution, {7}, 6, 5}, {Op::relu, {8}}, {Op::convolution, {9}, 5, 1},
    {Op::add, {10, 7}},           {Op::relu, {11}}, {Op::dense, {12}, 3}};

const std::vector<Fit> FITS = {
    {chain({conv(16), POOL, conv(32), POOL, dense(10)}), 12, 12, 1, 21, 8},  // the report's network on small images
    {chain({conv(7), POOL, conv(9), POOL, dense(3)}), 11, 13, 3, 13, 5},     // odd sizes and channels
    {chain({conv(5, 5), conv(17), MEAN, dense(4)}), 8, 9, 2, 9, 9},          // one batch; nothing pooled but by the mean
    {chain({conv(3, 7), conv(8, 1), POOL, conv(6, 5), POOL, dense(5)}), 10, 10, 1, 10, 3},  // batches below their parts
    {chain({POOL, conv(33), POOL, POOL, dense(2)}), 17, 16, 1, 6, 4},        // a pool of the image, and of a pool
    {chain({conv(7), AVERAGE, conv(9), POOL, AVERAGE, dense(3)}), 9, 11, 3, 11, 5},  // averages of odd sizes
    {chain({AVERAGE, conv(5, 5), AVERAGE, dense(3)}), 9, 10, 4, 9, 4},       // an average of the image
    {chain({dense(10)}), 9, 9, 1, 50, 33},                                   // groups of 8 and what is left of them
    {chain({MEAN, dense(3)}), 8, 8, 4, 7, 7},
    {chain({conv(4), MEAN, conv(5), dense(3)}), 6, 6, 1, 9, 4},              // a mean with a border around it
    {chain({conv(8), POOL, dense(10)}), 8, 8, 1, 17, 8, 300},                // logits whose exponentials overflow
    {BRANCHES, 9, 8, 2, 13, 6},
    {SHARED, 8, 7, 1, 12, 5},
    {OF_THE_IMAGE, 7, 6, 3, 11, 4},
    {TWO_READERS, 8, 7, 3, 11, 4},
    {WITHOUT_BIASES, 6, 7, 2, 9, 4},
    {EVEN, 6, 8, 1, 13, 5},
    {normed({conv(6), conv(9), conv(7), dense(3)}), 8, 6, 2, 37, 18},        // and under norms
    {chain({conv(9, 3, 2), dw(5), {Op::relu6}, conv(17, 1, 3), dw(3, 2), {Op::hswish}, dense(4)}), 13, 11, 2, 17, 7},
    {chain({dw(7, 4), conv(4, 7, 4), dense(3)}), 6, 9, 4, 9, 1},             // strides beyond the map; batches of one image
    {normed({conv(8), dw(3), conv(9, 1), POOL, dw(5, 2), conv(17, 1), MEAN, dense(5)}), 9, 10, 1, 45, 20},
    {normed({conv(7, 3, 2), dw(3), conv(5, 1), dense(3)}, Op::hswish), 8, 9, 3, 22, 7},  // a last batch of one image
    {normed({conv(6), AVERAGE, conv(33, 5), dense(4)}, Op::relu6), 7, 6, 2, 9, 3},       // batches below their parts
    {normed({conv(5), MEAN, conv(6, 1), dense(3)}), 5, 5, 1, 9, 4},          // one value per channel in the last batch
    {normed({MEAN, conv(6, 1), dense(3)}), 5, 5, 4, 9, 1},                   // and in all
    {RESIDUAL, 9, 8, 3, 26, 12},
    {INVERTED, 8, 7, 2, 18, 9},
    {NORMS, 6, 7, 3, 21, 8},
    {STACK, 7, 6, 2, 20, 7},
    {THREE_READERS, 6, 7, 2, 14, 7},
    {POOLED_TOO, 7, 6, 1, 12, 6},
    {chain({conv(5, 3, 2), POOL, dense(3)}), 9, 12, 2, 11, 5},
    {UNBIASED_POOL, 9, 8, 2, 11, 5},
    {POOLED_SUM, 9, 12, 3, 11, 5},
    {NOT_FOLDED, 7, 6, 2, 14, 7},
    {FOLDED, 7, 6, 2, 20, 9},
    {PLAIN_RESIDUAL, 6, 7, 2, 11, 5},
};

struct Recipe {
  std::string what;
  Learning learning = {};
  bool weighted = false, taught = false, seen = false;  // has image weights, a teacher, views
};

const std::vector<Recipe> RECIPES = {
    {"Adam with decay", {.weight_decay = 5}},
    {"SGD", {.optimizer = Optimizer::sgd}},
    {"SGD with decay", {.optimizer = Optimizer::sgd, .weight_decay = 5}},
    {"an average", {.ema = 0.4}},  // less than its first decays, and more
    {"smoothed labels", {.label_smoothing = 0.2}},
    {"image weights", {}, true},
    {"a teacher", {.temperature = 3, .labels = 0.3}, false, true},
    {"views", {}, false, false, true},
    {"all", {Optimizer::adam, 5, 0.1, 0.9, 2, 0.2}, true, true, true},
    {"all with SGD", {Optimizer::sgd, 5, 0.1, 0.2, 4, 0.6}, true, true, true},
};

const std::vector<Fit> RECIPE_FITS = {
    {chain({conv(7), POOL, conv(9), POOL, dense(3)}), 11, 13, 3, 13, 5},
    {normed({conv(6), dw(5), conv(9, 1), MEAN, dense(5)}), 8, 6, 2, 23, 10},
};

const PixelTable TABLE(0, 255);
constexpr double LEARNING_RATE = 0.002;
constexpr int EPOCHS = 2;
// Adam divides by the root of the second moment: a gradient near zero, which is all rounding, moves its weight as far
// as any other, so the weights' movement agrees less closely than the gradients do.
constexpr double MOVEMENT_TOLERANCE = 1e-3;

std::string describe(const Fit& fit) {
  const std::map<Op, std::string> words{{Op::convolution, "conv"}, {Op::depthwise, "dw"},      {Op::norm, "norm"},
                                        {Op::relu, "relu"},        {Op::relu6, "relu6"},       {Op::hswish, "hswish"},
                                        {Op::max_pool, "pool"},    {Op::average_pool, "avg"},  {Op::mean, "mean"},
                                        {Op::add, "add"},          {Op::dense, "dense"}};
  std::string text = "fit ";
  for (const Node& node : fit.nodes) {
    text += words.at(node.op);
    if (node.channels) text += std::to_string(node.channels);
    if (node.kernel) text += "k", text += std::to_string(node.kernel);
    if (node.stride > 1) text += "s", text += std::to_string(node.stride);
    for (const int input : node.inputs) text += ',', text += std::to_string(input);
    text += " ";
  }
  return text + "of " + std::to_string(fit.images) + " images " + std::to_string(fit.height) + "x" +
         std::to_string(fit.width) + "x" + std::to_string(fit.channels) + " in batches of " + std::to_string(fit.batch);
}

struct Data {
  std::vector<std::uint8_t> pixels;
  std::vector<std::int64_t> labels;
  std::vector<std::vector<std::int64_t>> orders;  // of each epoch; some of the images, as in a split
  std::vector<std::vector<float>> weights, statistics;  // the first
  std::vector<int> sizes;                         // of batches
  std::vector<double> rates;
  // By a recipe alone:
  std::vector<float> image_weights;
  std::vector<View> views;                        // of an epoch's images in order, of every epoch
  std::vector<float> teacher;                     // the same

  Epoch epoch(std::size_t number) const {
    return {orders[number].data(), sizes, rates.data(), views.empty() ? nullptr : views.data(),
            teacher.empty() ? nullptr : teacher.data()};
  }
};

View drawn_view(Random& random) {
  constexpr std::int32_t pixel = 1 << 16;
  View v{random.coin() ? pixel : -pixel, 0, random.between(-2, 8) * pixel, 0, pixel, random.between(-2, 2) * pixel,
         256, 0, 0, 0, 0};
  if (random.coin()) v.b = random.between(-pixel / 4, pixel / 4), v.gain = random.between(128, 512), v.side = 3;
  return v;
}

// What a recipe needs beside a fit's data; its rates are not all the same.
void add_recipe(const Recipe& recipe, int classes, Data& data) {
  Random random(11);
  for (std::size_t b = 0; b < data.rates.size(); ++b) data.rates[b] *= b % 2 == 0 ? 1 : 0.25;
  if (recipe.weighted)
    for (std::size_t i = 0; i < data.labels.size(); ++i) data.image_weights.push_back(1 + random.fraction() * 0.9f);
  for (std::size_t i = 0; i < data.orders[0].size(); ++i) {
    if (recipe.seen) data.views.push_back(drawn_view(random));
    if (!recipe.taught) continue;
    float mass = 0;
    for (int c = 0; c < classes; ++c) data.teacher.push_back(1.1f + random.fraction()), mass += data.teacher.back();
    for (int c = 0; c < classes; ++c) data.teacher[data.teacher.size() - 1 - std::size_t(c)] /= mass;
  }
}

Data make_data(const Fit& fit, const Plan& plan) {
  Random random(std::uint64_t(fit.images * 100 + fit.batch));
  Data data;
  const int all = fit.images + 3;
  for (int i = 0; i < all * fit.height * fit.width * fit.channels; ++i) {
    const int pixel = random.between(-200, 311);  // many at both ends of the range
    data.pixels.push_back(std::uint8_t(std::clamp(pixel, 0, 255)));
  }
  for (int i = 0; i < all; ++i) data.labels.push_back(random.between(0, fit.nodes.back().channels - 1));
  for (int epoch = 0; epoch < EPOCHS; ++epoch) {
    std::vector<std::int64_t> order;
    for (int i = 0; i < all; ++i) order.push_back(i);
    for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random.next() % (i + 1)]);
    order.resize(std::size_t(fit.images));
    data.orders.push_back(order);
  }
  for (int left = fit.images; left > 0; left -= fit.batch) {
    data.sizes.push_back(std::min(left, fit.batch));
    data.rates.push_back(LEARNING_RATE);
  }
  const std::vector<std::size_t> sizes = plan.parameters.array_sizes();
  const auto add = [&](float middle, float bound) {
    std::vector<float> array;
    while (array.size() < sizes[data.weights.size()]) array.push_back(middle + bound * random.fraction());
    data.weights.push_back(array);
  };
  for (std::size_t n = 0; n < fit.nodes.size(); ++n) {
    const Node& node = fit.nodes[n];
    if (arrays_of(node) == 0) continue;
    const std::size_t outputs = std::size_t(plan.values[n + 1].channels), size = sizes[data.weights.size()];
    const float bound = node.op == Op::norm ? 0.5f : fit.size / std::sqrt(float(size) / float(outputs));
    add(node.op == Op::norm ? 1 : 0, bound);
    if (arrays_of(node) == 2) add(0, bound);
  }
  for (const std::size_t size : plan.statistics.array_sizes()) {
    data.statistics.emplace_back();
    for (std::size_t i = 0; i < size; ++i) data.statistics.back().push_back(1 + 0.5f * random.fraction());
  }
  return data;
}

std::vector<const float*> pointers(const std::vector<std::vector<float>>& arrays) {
  std::vector<const float*> found;
  for (const auto& array : arrays) found.push_back(array.data());
  return found;
}

Arrays doubles(const std::vector<std::vector<float>>& arrays) {
  Arrays found;
  for (const auto& array : arrays) found.emplace_back(array.begin(), array.end());
  return found;
}

std::vector<double> flat(const Arrays& arrays) {
  std::vector<double> values;
  for (const auto& array : arrays) values.insert(values.end(), array.begin(), array.end());
  return values;
}

// The core's flat array in PyTorch's order; its padding must be zero still.
std::vector<double> flat(const Parameters& parameters, const Buffer<float>& core, Findings& findings, const std::string& what) {
  std::vector<std::vector<float>> arrays;
  std::vector<float*> to;
  for (const std::size_t size : parameters.array_sizes()) arrays.emplace_back(size);
  for (auto& array : arrays) to.push_back(array.data());
  parameters.scatter(core.data(), to);
  std::vector<float> again(parameters.size());
  parameters.gather(pointers(arrays), again.data());
  findings.unless(again.empty() || std::memcmp(again.data(), core.data(), again.size() * sizeof(float)) == 0,
                  what + "'s padding is not zero");
  return flat(doubles(arrays));
}

std::vector<double> minus(std::vector<double> a, const std::vector<double>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
  return a;
}

bool same_bits(const Buffer<float>& a, const Buffer<float>& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

void unless_equal(const std::string& what, const Score& got, const Score& want, Findings& findings) {
  findings.unless(got.images == want.images, what + " counts " + std::to_string(got.images) + " images");
  findings.unless(got.correct == want.correct,
                  what + " counts " + std::to_string(got.correct) + " correct, not " + std::to_string(want.correct));
  findings.unless_close(what + "'s loss", std::vector{got.loss}, std::vector{want.loss}, TOLERANCE);
}

// Scores and logits by the core and the naive trainer, with the weights of each.
void check_answers(const Plan& plan, Evaluator& evaluator, const Images& images, const std::vector<std::int64_t>& rows,
                   const Buffer<float>& parameters, Naive& naive, Findings& findings) {
  const std::size_t classes = std::size_t(plan.classes());
  std::vector<std::int64_t> confusion(classes * classes);
  const Score got = evaluator.evaluate(parameters.data(), rows.data(), rows.size(), confusion.data());
  unless_equal("evaluation", got, naive.evaluate(rows), findings);
  std::vector<float> logits(rows.size() * classes);
  Runner runner(plan, TABLE, 3);
  runner.load(parameters.data());
  for (int call = 0; call < 2; ++call)  // the second time on the memory of the first
    runner.run({images.pixels, images.image_bytes, rows.data(), rows.size()},
               [&](std::size_t i, const float* z) { std::copy(z, z + classes, logits.data() + i * classes); });
  std::vector<double> expected;
  std::vector<std::int64_t> counts(confusion.size());
  for (const std::int64_t row : rows) {
    const std::vector<double> z = naive.logits(row);
    expected.insert(expected.end(), z.begin(), z.end());
    ++counts[std::size_t(images.labels[row]) * classes + std::size_t(std::max_element(z.begin(), z.end()) - z.begin())];
  }
  findings.unless_close("the logits", logits, expected, TOLERANCE);
  findings.unless(confusion == counts, "the confusion counts are others");
}

Findings check(const Kernels& k, const Fit& fit, const Recipe& recipe = {"plain"}) {
  Findings findings;
  const Plan plan(k, fit.nodes, fit.height, fit.width, fit.channels);
  Data data = make_data(fit, plan);
  if (recipe.what != "plain") add_recipe(recipe, plan.classes(), data);
  const Images images{data.pixels.data(), data.labels.data(), std::size_t(fit.height) * fit.width * fit.channels};
  const Arrays start = doubles(data.weights);
  Naive naive(fit.nodes, images, fit.height, fit.width, fit.channels, start, doubles(data.statistics), recipe.learning,
              data.image_weights);
  std::vector<std::unique_ptr<Trainer>> trainers;
  for (const int threads : {1, 2, 4}) {
    const float* const image_weights = data.image_weights.empty() ? nullptr : data.image_weights.data();
    trainers.push_back(std::make_unique<Trainer>(plan, images, image_weights, TABLE, recipe.learning, threads));
    for (const auto& [layout, values] : trainers.back()->arrays()) {
      if (&values == &trainers.back()->parameters || &values == &trainers.back()->average)
        layout.gather(pointers(data.weights), values.data());
      if (&values == &trainers.back()->statistics || &values == &trainers.back()->average_statistics)
        layout.gather(pointers(data.statistics), values.data());
    }
  }
  std::optional<Evaluator> evaluator;  // one for all epochs
  if (!plan.has_norms()) evaluator.emplace(plan, images, TABLE, 3);
  Trainer& one = *trainers[0];
  for (std::size_t number = 0; number < data.orders.size(); ++number) {
    const Epoch epoch = data.epoch(number);
    const Score got = one.train_epoch(epoch);
    unless_equal("training", got, naive.train_epoch(epoch), findings);
    if (evaluator) check_answers(plan, *evaluator, images, data.orders[0], one.parameters, naive, findings);
    for (std::size_t t = 1; t < trainers.size(); ++t) {
      const Score other = trainers[t]->train_epoch(epoch);
      findings.unless(other.loss == got.loss && other.correct == got.correct, "the score depends on the threads");
    }
  }
  const std::vector<double> weights = flat(plan.parameters, one.parameters, findings, "the weights");
  for (std::size_t s = 0; s < one.slots.size(); ++s) {
    const std::string slot = "the optimizer's slot " + std::to_string(s);
    findings.unless_close(slot, flat(plan.parameters, one.slots[s], findings, slot), flat(naive.slots[s]), TOLERANCE);
  }
  findings.unless_close("the weights' movement", minus(weights, flat(start)), minus(flat(naive.parameters), flat(start)),
                        MOVEMENT_TOLERANCE);
  findings.unless_close("the statistics", flat(plan.statistics, one.statistics, findings, "the statistics"),
                        flat(naive.statistics), TOLERANCE);
  if (recipe.learning.ema > 0) {
    findings.unless_close("the average's movement",
                          minus(flat(plan.parameters, one.average, findings, "the average"), flat(start)),
                          minus(flat(naive.average), flat(start)), MOVEMENT_TOLERANCE);
    findings.unless_close("the average of the statistics",
                          flat(plan.statistics, one.average_statistics, findings, "the average of the statistics"),
                          flat(naive.average_statistics), TOLERANCE);
  }
  for (const auto& other : trainers) {
    const auto arrays = one.arrays(), others = other->arrays();
    bool same = other->step == one.step;
    for (std::size_t a = 0; a < arrays.size(); ++a) same = same && same_bits(arrays[a].values, others[a].values);
    findings.unless(same, "the fit depends on the threads");
  }
  return findings;
}

}  // namespace

void test_training(Report& report) {
  for (const Kernels* k : runnable_kernels())
    for (const Fit& fit : FITS) report.add(k->name, describe(fit), check(*k, fit));
  for (const Kernels* k : runnable_kernels())
    for (const Fit& fit : RECIPE_FITS)
      for (const Recipe& recipe : RECIPES) report.add(k->name, recipe.what + ": " + describe(fit), check(*k, fit, recipe));
}

}  // namespace gossamer::tests
