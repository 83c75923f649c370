// Every vector kernel that this machine can run, against the reference kernels: no Python, no framework.
//
// A case is a value in a table. To add one, write a line in CONVOLUTIONS, POOLS or DENSES below; each kernel then runs
// it, as it runs the random cases that `draw` makes by the thousand. Whole fits are cases of training_tests.cpp.
//
//   kernel_tests [shapes]   random shapes of each operation, 2000 unless said
//
// Cases of small integers, zeros or ones have sums that are exact in single precision whatever their order, Winograd's
// quarters included: there a kernel must give the reference's very bits, and its index in every tie of a pool.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "check.h"
#include "dispatch.h"

namespace gossamer::tests {
namespace {

enum class Values { fractions, integers, zeros, ones };
constexpr const char* NAMES[] = {"fractions", "integers", "zeros", "ones"};
constexpr Values ALL_VALUES[] = {Values::fractions, Values::integers, Values::zeros, Values::ones};

struct Convolution {
  int height, width, in, out, kernel;
  bool pool, image;
  Values values = Values::fractions;
  int border = 0;  // of the output
  bool relu = true;
};

struct Pool {  // and the average, the mean, the ReLU and the addition, over the same map
  int height, width, channels;
  bool image;
  Values values = Values::fractions;
  int border = 0;  // of input and output
};

struct DenseLayer {
  int inputs, classes, images;  // the inputs are rounded up to whole vectors
  Values values = Values::fractions;
};

const Convolution CONVOLUTIONS[] = {
    {28, 28, 1, 16, 3, true, true},                         // the report's first layer
    {14, 14, 16, 32, 3, true, false},                       // and its second
    {28, 28, 1, 16, 3, true, true, Values::ones},           // saturated pixels: every window is a tie
    {28, 28, 1, 16, 3, true, true, Values::zeros},          // an empty image
    {14, 14, 16, 32, 3, true, false, Values::ones},         // the same for Winograd
    {29, 27, 3, 17, 3, true, true, Values::integers, 1},    // an odd image in color
    {29, 31, 9, 33, 3, true, false, Values::integers, 3},   // several bands of Winograd tiles, the last one short
    {3, 105, 8, 8, 3, true, false},                         // a row longer than Winograd's tiles at once
    {2, 2, 1, 1, 3, true, false},                           // one window
    {1, 1, 1, 1, 7, false, false},                          // a kernel that is nearly all border
    {1, 9, 7, 65, 1, false, false},                         // more than 64 channels in a mask
    {9, 8, 65, 129, 3, true, false, Values::integers},      // three masks
    {12, 12, 4, 8, 5, true, false}, {13, 10, 3, 9, 7, true, true},
    {9, 10, 5, 19, 3, false, false, Values::fractions, 1, false},  // without a ReLU
};

const Pool POOLS[] = {
    {28, 28, 1, true}, {3, 3, 17, false, Values::ones}, {2, 2, 64, false, Values::zeros}, {7, 5, 3, true},
};

const DenseLayer DENSES[] = {
    {1568, 10, 8}, {1, 2, 1}, {49, 1000, 3}, {65, 7, 17, Values::integers}, {784, 10, 5, Values::zeros},
};

constexpr int WIDTHS[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65};  // about every vector's edge

void draw(Random& random, Convolution& c) {
  do {
    const bool image = random.between(0, 3) == 0, pool = random.coin();
    constexpr int kernels[] = {1, 3, 3, 3, 5, 7};
    c = {random.between(1, 17),
         random.between(1, 17),
         image ? random.between(1, 4) : random.pick(WIDTHS),
         random.pick(WIDTHS),
         random.pick(kernels),
         pool,
         image,
         random.pick(ALL_VALUES),
         random.between(0, 3),
         pool || random.coin()};
    if (pool) c.height = std::max(c.height, 2), c.width = std::max(c.width, 2);
  } while (c.height * c.width * c.kernel * c.kernel * c.in * c.out > 1 << 20);  // keeps the reference quick
}

void draw(Random& random, Pool& c) {
  const bool image = random.between(0, 3) == 0;
  c = {random.between(2, 17), random.between(2, 17), image ? random.between(1, 4) : random.pick(WIDTHS), image,
       random.pick(ALL_VALUES), random.between(0, 2)};
}

void draw(Random& random, DenseLayer& c) {
  c = {random.between(1, 400), random.between(1, 65), random.between(1, 17), random.pick(ALL_VALUES)};
}

int round_up(int n, int to) { return (n + to - 1) / to * to; }

float value(Random& random, Values values) {
  return values == Values::fractions ? random.fraction() : float(random.between(-3, 3));
}

// n values; of zeros or ones, what is not an activation is integers.
Buffer<float> filled(Random& random, std::size_t n, Values values) {
  Buffer<float> buffer(n);
  for (std::size_t i = 0; i < n; ++i) buffer[i] = value(random, values);
  return buffer;
}

// A map as a network makes it: channels beyond the last are zero; the border is what the reader expects there.
Buffer<float> filled_map(Random& random, const Map& map, Values values, float border) {
  Buffer<float> buffer(map.size());
  for (std::size_t i = 0; i < map.size(); ++i) buffer[i] = border;
  for (int i = 0; i < map.height; ++i)
    for (int j = 0; j < map.width; ++j)
      for (int c = 0; c < map.stride; ++c)
        buffer[std::size_t(map.at(i, j) + c)] = c >= map.channels         ? 0.0f
                                                : values == Values::zeros ? 0.0f
                                                : values == Values::ones  ? 1.0f
                                                                          : value(random, values);
  return buffer;
}

std::vector<float> inside(const Map& map, const float* data) {
  std::vector<float> values;
  for (int i = 0; i < map.height; ++i)
    for (int j = 0; j < map.width; ++j) values.insert(values.end(), data + map.at(i, j), data + map.at(i, j) + map.channels);
  return values;
}

std::vector<float> inside(const Map& map, const std::int32_t* indices) {
  std::vector<float> values;
  for (int n = 0; n < map.pixels(); ++n)
    for (int c = 0; c < map.channels; ++c) values.push_back(float(indices[std::ptrdiff_t(n) * map.stride + c]));
  return values;
}

// NaN as 1, all else as 0.
std::vector<float> lost(std::vector<float> values) {
  for (float& v : values) v = std::isnan(v) ? 1.0f : 0.0f;
  return values;
}

// The map with a NaN somewhere, as a fit that diverges has them.
Buffer<float> with_a_nan(Random& random, const Map& map, const Buffer<float>& values) {
  Buffer<float> copy(values.size());
  std::memcpy(copy.data(), values.data(), values.size() * sizeof(float));
  copy[std::size_t(map.at(random.between(0, map.height - 1), random.between(0, map.width - 1)) +
                   random.between(0, map.channels - 1))] = std::numeric_limits<float>::quiet_NaN();
  return copy;
}

bool is_border_untouched(const Map& map, const float* data) {
  for (int i = -map.border; i < map.height + map.border; ++i)
    for (int j = -map.border; j < map.width + map.border; ++j)
      if (i < 0 || i >= map.height || j < 0 || j >= map.width)
        for (int c = 0; c < map.stride; ++c)
          if (!is_unwritten(data[map.at(i, j) + c])) return false;
  return true;
}

bool is_padding_zero(const Map& map, const float* data) {
  for (int i = 0; i < map.height; ++i)
    for (int j = 0; j < map.width; ++j)
      for (int c = map.channels; c < map.stride; ++c)
        if (data[map.at(i, j) + c] != 0) return false;
  return true;
}

double tolerance(Values values) { return values == Values::fractions ? TOLERANCE : 0; }

std::string describe(const Convolution& c) {
  return "convolution " + std::to_string(c.height) + "x" + std::to_string(c.width) + "x" + std::to_string(c.in) + " to " +
         std::to_string(c.out) + ", kernel " + std::to_string(c.kernel) + (c.pool ? ", pooled" : c.relu ? "" : ", without a ReLU") +
         (c.image ? ", of an image" : "") + ", " + NAMES[int(c.values)] + ", border " + std::to_string(c.border);
}

std::string describe(const Pool& c) {
  return "pools, mean, ReLU and sum " + std::to_string(c.height) + "x" + std::to_string(c.width) + "x" + std::to_string(c.channels) +
         (c.image ? ", of an image" : "") + ", " + NAMES[int(c.values)] + ", border " + std::to_string(c.border);
}

std::string describe(const DenseLayer& c) {
  return "dense " + std::to_string(c.images) + " x " + std::to_string(c.inputs) + " to " + std::to_string(c.classes) + ", " +
         NAMES[int(c.values)];
}

Findings check(const Kernels& k, const Kernels& reference, const Convolution& c, Random& random) {
  Findings findings;
  const Map x{c.height, c.width, c.in, c.image ? c.in : round_up(c.in, k.lanes), (c.kernel - 1) / 2};
  const Map y{c.pool ? c.height / 2 : c.height, c.pool ? c.width / 2 : c.width, c.out, round_up(c.out, k.lanes), c.border};
  const Conv s{x, y, c.kernel, c.pool, c.image, c.relu};
  const double near = tolerance(c.values);

  // Forward. The weights' padding is zero, as a network keeps it.
  const Buffer<float> in = filled_map(random, x, c.values, 0);
  Buffer<float> weights(s.weights()), bias(std::size_t(y.stride));
  for (int o = 0; o < c.out; ++o) {
    bias[std::size_t(o)] = value(random, c.values);
    for (int i = 0; i < c.in; ++i)
      for (int t = 0; t < s.taps(); ++t) weights[s.weight_at(o, i, t)] = value(random, c.values);
  }
  const std::size_t outputs = std::size_t(y.pixels()) * y.stride;
  const float junk = random.coin() ? UNWRITTEN : 1e6f;  // a ReLU makes 0 of NaN: that alone would hide what is read
  Guarded packed(k.packed_size(s), junk), scratch(k.scratch_size(s), junk), out(y.size()), indices(outputs);
  Guarded expected(y.size()), expected_indices(outputs);
  k.pack(s, weights.data(), packed.data());
  k.conv_forward(s, in.data(), packed.data(), bias.data(), out.data(), indices.indices(), scratch.data());
  reference.conv_forward(s, in.data(), weights.data(), bias.data(), expected.data(), expected_indices.indices(), nullptr);
  findings.unless_close("y", inside(y, out.data()), inside(y, expected.data()), near);
  findings.unless(is_border_untouched(y, out.data()), "wrote to y's border");
  findings.unless(is_padding_zero(y, out.data()), "y's padding is not zero");
  findings.unless(packed.intact() && scratch.intact() && out.intact() && indices.intact(), "forward wrote past an end");
  if (c.pool && near == 0)
    findings.unless_close("indices", inside(y, indices.indices()), inside(y, expected_indices.indices()), 0);
  if (c.pool && findings.text.empty()) {  // rounding may turn a near tie: then the other index's value is as good
    Conv whole = s;
    whole.pool = false;
    whole.y = {x.height, x.width, c.out, y.stride, 0};
    Guarded all(whole.y.size());
    reference.conv_forward(whole, in.data(), weights.data(), bias.data(), all.data(), nullptr, nullptr);
    std::vector<float> picked;
    bool valid = true;
    for (int i = 0; i < y.height; ++i)
      for (int j = 0; j < y.width; ++j)
        for (int o = 0; o < c.out; ++o) {
          const int index = indices.indices()[(std::ptrdiff_t(i) * y.width + j) * y.stride + o];
          valid = valid && index >= 0 && index < 4;
          picked.push_back(valid ? all.data()[whole.y.at(2 * i + index / 2, 2 * j + index % 2) + o] : UNWRITTEN);
        }
    findings.unless_close("the output at the index", picked, inside(y, expected.data()), near);
  }
  Guarded evaluated(y.size());
  k.conv_forward(s, in.data(), packed.data(), bias.data(), evaluated.data(), nullptr, scratch.data());
  findings.unless(std::memcmp(evaluated.data(), out.data(), y.size() * sizeof(float)) == 0, "y is another without indices");
  if (!c.image) {  // pixels are numbers
    const Buffer<float> diverged = with_a_nan(random, x, in);
    Guarded got(y.size()), want(y.size());
    k.conv_forward(s, diverged.data(), packed.data(), bias.data(), got.data(), expected_indices.indices(), scratch.data());
    reference.conv_forward(s, diverged.data(), weights.data(), bias.data(), want.data(), nullptr, nullptr);
    findings.unless(lost(inside(y, got.data())) == lost(inside(y, want.data())), "a NaN is lost in y");
  }
  if (!findings.text.empty()) return findings;  // what follows reads y and indices

  // Back, from the forward's own y and indices; the gradients' sums go on from what is there already.
  const Buffer<float> dy = filled_map(random, y, c.values == Values::fractions ? c.values : Values::integers, UNWRITTEN);
  Guarded d_weights(s.weights()), d_bias(std::size_t(y.stride)), dx(x.size());
  Guarded expected_weights(s.weights()), expected_bias(std::size_t(y.stride)), expected_dx(x.size());
  for (Guarded* each : {&d_weights, &expected_weights}) std::memcpy(each->data(), weights.data(), s.weights() * sizeof(float));
  for (Guarded* each : {&d_bias, &expected_bias}) std::memcpy(each->data(), bias.data(), y.stride * sizeof(float));
  const bool with_dx = !c.image && random.between(0, 3) != 0;
  Guarded scratch_back(k.scratch_size(s), junk);
  k.conv_backward(s, in.data(), out.data(), indices.indices(), dy.data(), weights.data(), d_weights.data(), d_bias.data(),
                  with_dx ? dx.data() : nullptr, scratch_back.data());
  std::vector<std::int32_t> argmax(indices.indices(), indices.indices() + outputs);
  reference.conv_backward(s, in.data(), out.data(), argmax.data(), dy.data(), weights.data(), expected_weights.data(),
                          expected_bias.data(), with_dx ? expected_dx.data() : nullptr, nullptr);
  findings.unless_close("d_weights", d_weights.values(), expected_weights.values(), near);
  findings.unless_close("d_bias", d_bias.values(), expected_bias.values(), near);
  if (with_dx) findings.unless_close("dx", inside(x, dx.data()), inside(x, expected_dx.data()), near);
  findings.unless(d_weights.intact() && d_bias.intact() && dx.intact() && scratch_back.intact(),
                  "backward wrote past an end");
  return findings;
}

Findings check(const Kernels& k, const Kernels& reference, const Pool& c, Random& random) {
  Findings findings;
  const Map x{c.height, c.width, c.channels, c.image ? c.channels : round_up(c.channels, k.lanes), c.border};
  const Map y{c.height / 2, c.width / 2, c.channels, round_up(c.channels, k.lanes), c.border};
  const Map mean{1, 1, c.channels, y.stride, 0};
  const Buffer<float> in = filled_map(random, x, c.values, UNWRITTEN);
  const std::size_t outputs = std::size_t(y.pixels()) * y.stride;

  Guarded out(y.size()), indices(outputs), expected(y.size()), expected_indices(outputs);
  k.pool_forward(x, y, in.data(), out.data(), indices.indices());
  reference.pool_forward(x, y, in.data(), expected.data(), expected_indices.indices());
  findings.unless_close("pooled", inside(y, out.data()), inside(y, expected.data()), 0);  // it only copies
  findings.unless_close("indices", inside(y, indices.indices()), inside(y, expected_indices.indices()), 0);
  findings.unless(is_border_untouched(y, out.data()), "wrote to the border");
  findings.unless(out.intact() && indices.intact(), "pool_forward wrote past an end");

  const Buffer<float> diverged = with_a_nan(random, x, in);
  Guarded got(y.size()), want(y.size());
  k.pool_forward(x, y, diverged.data(), got.data(), nullptr);
  reference.pool_forward(x, y, diverged.data(), want.data(), nullptr);
  findings.unless(lost(inside(y, got.data())) == lost(inside(y, want.data())), "a NaN is lost in the pool");

  const Buffer<float> dy = filled_map(random, y, Values::fractions, UNWRITTEN);
  Guarded dx(x.size()), expected_dx(x.size());
  k.pool_backward(x, y, dy.data(), expected_indices.indices(), dx.data());
  reference.pool_backward(x, y, dy.data(), expected_indices.indices(), expected_dx.data());
  findings.unless_close("pool's dx", inside(x, dx.data()), inside(x, expected_dx.data()), 0);

  Guarded averaged(y.size()), d_averaged(x.size());
  k.average_pool_forward(x, y, in.data(), averaged.data());
  reference.average_pool_forward(x, y, in.data(), expected.data());
  findings.unless_close("averaged", inside(y, averaged.data()), inside(y, expected.data()), tolerance(c.values));
  findings.unless(is_border_untouched(y, averaged.data()), "the average wrote to the border");
  k.average_pool_backward(x, y, dy.data(), d_averaged.data());
  reference.average_pool_backward(x, y, dy.data(), expected_dx.data());
  findings.unless_close("average's dx", inside(x, d_averaged.data()), inside(x, expected_dx.data()), 0);
  findings.unless(averaged.intact() && d_averaged.intact(), "the average wrote past an end");

  Guarded average(mean.size()), expected_average(mean.size()), spread(x.size()), expected_spread(x.size());
  k.mean_forward(x, in.data(), average.data());
  reference.mean_forward(x, in.data(), expected_average.data());
  findings.unless_close("mean", inside(mean, average.data()), inside(mean, expected_average.data()), TOLERANCE);
  const Buffer<float> d_mean = filled_map(random, mean, Values::fractions, 0);
  k.mean_backward(x, d_mean.data(), spread.data());
  reference.mean_backward(x, d_mean.data(), expected_spread.data());
  findings.unless_close("mean's dx", inside(x, spread.data()), inside(x, expected_spread.data()), TOLERANCE);
  findings.unless(dx.intact() && average.intact() && spread.intact(), "a kernel wrote past an end");

  // The same shape in another layout: of another border, and of whole vectors where x is an image's.
  const Map z{c.height, c.width, c.channels, y.stride, (c.border + 1) % 3};
  Guarded rectified(z.size()), sum(z.size()), d_rectified(x.size()), d_summand(x.size()), expected_z(z.size());
  k.relu_forward(x, z, in.data(), rectified.data());
  reference.relu_forward(x, z, in.data(), expected_z.data());
  findings.unless_close("relu", inside(z, rectified.data()), inside(z, expected_z.data()), 0);
  k.relu_forward(x, z, diverged.data(), sum.data());
  reference.relu_forward(x, z, diverged.data(), expected_z.data());
  findings.unless(lost(inside(z, sum.data())) == lost(inside(z, expected_z.data())), "a NaN is lost in the ReLU");
  const Buffer<float> other = filled_map(random, z, c.values, UNWRITTEN), dz = filled_map(random, z, c.values, UNWRITTEN);
  k.relu_backward(x, z, rectified.data(), dz.data(), d_rectified.data());
  reference.relu_backward(x, z, rectified.data(), dz.data(), expected_dx.data());
  findings.unless_close("relu's dx", inside(x, d_rectified.data()), inside(x, expected_dx.data()), 0);
  k.add_forward(x, z, z, in.data(), other.data(), sum.data());
  reference.add_forward(x, z, z, in.data(), other.data(), expected_z.data());
  findings.unless_close("sum", inside(z, sum.data()), inside(z, expected_z.data()), 0);
  k.add_backward(x, z, dz.data(), d_summand.data());
  reference.add_backward(x, z, dz.data(), expected_dx.data());
  findings.unless_close("sum's dx", inside(x, d_summand.data()), inside(x, expected_dx.data()), 0);
  findings.unless(is_border_untouched(z, rectified.data()) && is_border_untouched(z, sum.data()), "wrote to the border");
  findings.unless(rectified.intact() && sum.intact() && d_rectified.intact() && d_summand.intact(),
                  "the ReLU or the sum wrote past an end");
  return findings;
}

Findings check(const Kernels& k, const Kernels& reference, const DenseLayer& c, Random& random) {
  Findings findings;
  const Dense s{round_up(c.inputs, k.lanes), c.classes};
  const double near = tolerance(c.values);
  const std::size_t weights = std::size_t(s.inputs) * s.classes, inputs = std::size_t(s.inputs) * c.images;
  const Buffer<float> w = filled(random, weights, c.values), bias = filled(random, std::size_t(s.classes), c.values);
  const Buffer<float> x = filled_map(random, {c.images, 1, s.inputs, s.inputs, 0}, c.values, 0);
  const std::size_t outputs = std::size_t(c.images) * s.classes;

  Guarded z(outputs), expected_z(outputs);
  k.dense_forward(s, c.images, w.data(), bias.data(), x.data(), z.data());
  reference.dense_forward(s, c.images, w.data(), bias.data(), x.data(), expected_z.data());
  findings.unless_close("z", z.values(), expected_z.values(), near);

  const Buffer<float> dz = filled(random, outputs, c.values);
  Guarded dw(weights), db(std::size_t(s.classes)), dx(inputs);
  Guarded expected_dw(weights), expected_db(std::size_t(s.classes)), expected_dx(inputs);
  for (Guarded* each : {&dw, &expected_dw}) std::memcpy(each->data(), w.data(), weights * sizeof(float));
  for (Guarded* each : {&db, &expected_db}) std::memcpy(each->data(), bias.data(), s.classes * sizeof(float));
  k.dense_backward(s, c.images, w.data(), x.data(), dz.data(), dw.data(), db.data(), dx.data());
  reference.dense_backward(s, c.images, w.data(), x.data(), dz.data(), expected_dw.data(), expected_db.data(),
                           expected_dx.data());
  findings.unless_close("d_weights", dw.values(), expected_dw.values(), near);
  findings.unless_close("d_bias", db.values(), expected_db.values(), near);
  findings.unless_close("dx", dx.values(), expected_dx.values(), near);
  findings.unless(z.intact() && dw.intact() && db.intact() && dx.intact(), "dense wrote past an end");
  return findings;
}

// Adam's step at time t over parts that lie apart.
Findings check_adam(const Kernels& k, const Kernels& reference, Random& random, std::string& shape) {
  Findings findings;
  const std::size_t n = 16 * std::size_t(random.between(1, 20)), apart = n + 16 * std::size_t(random.between(0, 2));
  const int parts = random.between(1, 5), t = random.between(1, 50);
  shape = "adam " + std::to_string(n) + " x " + std::to_string(parts) + " parts, step " + std::to_string(t);
  constexpr float sizes[] = {1, 1e-4f, 1e-8f};  // down to where the 1e-8 in Adam's denominator counts
  const float size = random.pick(sizes);
  Buffer<float> gradient = filled(random, apart * parts, Values::fractions);
  for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] *= size;
  const AdamStep step{float(0.01 / (1 - std::pow(0.9, t))), float(std::sqrt(1 - std::pow(0.999, t)))};
  const bool from_zero = random.coin();  // then the weights are the step itself
  Guarded weights(n), first(n), second(n), expected_weights(n), expected_first(n), expected_second(n);
  for (std::size_t i = 0; i < n; ++i) {
    weights.data()[i] = expected_weights.data()[i] = from_zero ? 0 : random.fraction();
    // a first moment over a second one of nearly nothing would only magnify the rounding
    const float begun = random.coin() ? size : 0;
    first.data()[i] = expected_first.data()[i] = begun * random.fraction();
    second.data()[i] = expected_second.data()[i] = begun * begun * (0.1f + std::abs(random.fraction()));
  }
  k.adam(n, step, parts, apart, gradient.data(), weights.data(), first.data(), second.data());
  reference.adam(n, step, parts, apart, gradient.data(), expected_weights.data(), expected_first.data(),
                 expected_second.data());
  findings.unless_close("weights", weights.values(), expected_weights.values(), TOLERANCE);
  findings.unless_close("the first moment", first.values(), expected_first.values(), TOLERANCE);
  findings.unless_close("the second moment", second.values(), expected_second.values(), TOLERANCE);
  findings.unless(weights.intact() && first.intact() && second.intact(), "adam wrote past an end");
  return findings;
}

template <class Case, std::size_t n>
void test(const Kernels& k, const Kernels& reference, const Case (&cases)[n], int shapes, Report& report) {
  Random random(n);
  for (const Case& c : cases) report.add(k.name, describe(c), check(k, reference, c, random));
  for (int drawn = 0; drawn < shapes; ++drawn) {
    Case c;
    draw(random, c);
    report.add(k.name, describe(c), check(k, reference, c, random));
  }
}

}  // namespace
}  // namespace gossamer::tests

int main(int count, char** arguments) {
  using namespace gossamer;
  using namespace gossamer::tests;
  const int shapes = count > 1 ? std::atoi(arguments[1]) : 2000;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // what was found is seen even if a kernel crashes
  const Kernels& reference = *find_kernels("reference");
  Report report;
  std::printf("kernels:");
  for (const Kernels* k : runnable_kernels()) std::printf(" %s", k->name);
  std::printf("; %d random shapes of each operation\n", shapes);
  for (const Kernels* k : runnable_kernels()) {
    if (k == &reference) continue;  // the tests of training check it against loops of their own
    test(*k, reference, CONVOLUTIONS, shapes, report);
    test(*k, reference, POOLS, shapes, report);
    test(*k, reference, DENSES, shapes, report);
    Random random(1);
    for (int drawn = 0; drawn < shapes; ++drawn) {
      std::string shape;
      const Findings findings = check_adam(*k, reference, random, shape);
      report.add(k->name, shape, findings);
    }
  }
  test_training(report);
  return report.finish();
}
