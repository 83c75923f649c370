// Batch norm's kernels: an image's moments; the norm with the sum and the activation behind it; and back.
//
// A case is a value in a table: to add one, write a line in NORMS.
#include "cases.h"

namespace gossamer::tests {
namespace {

struct NormCase {
  int height, width, channels;
  Activation activation;
  bool added;
  Values values = Values::fractions;
  int border = 0;  // of one map; the others' are larger
};

const NormCase NORMS[] = {
    {28, 28, 16, Activation::relu, false},
    {14, 14, 36, Activation::relu, true},
    {1, 1, 65, Activation::none, true, Values::integers, 1},
    {5, 3, 48, Activation::hswish, true, Values::fractions, 2},
    {7, 1, 129, Activation::relu6, false, Values::integers},  // more vectors than a block has
    {3, 9, 1, Activation::none, false, Values::ones},
};

void draw(Random& random, NormCase& c) {
  c = {random.between(1, 17), random.between(1, 17), random.pick(WIDTHS), random.pick(ALL_ACTIVATIONS), random.coin(),
       random.pick(ALL_VALUES), random.between(0, 2)};
}

std::string describe(const NormCase& c) {
  return "norm " + size_of(c.height, c.width, c.channels) + ", " + ACTIVATION_NAMES[int(c.activation)] +
         (c.added ? " behind a sum" : "") + ", " + NAMES[int(c.values)] + ", border " + std::to_string(c.border);
}

Findings check(const Kernels& k, const Kernels& reference, const NormCase& c, Random& random) {
  Findings findings;
  const int stride = round_up(c.channels, k.lanes);
  const auto map = [&](int more) { return Map{c.height, c.width, c.channels, stride, (c.border + more) % 3}; };
  const Norm s{map(0), map(1), map(2), c.activation};
  const double near = c.activation == Activation::hswish ? TOLERANCE : tolerance(c.values);
  const Buffer<float> in = filled_map(random, s.x, c.values, UNWRITTEN);
  const Buffer<float> other = filled_map(random, s.added, c.values, UNWRITTEN);
  const float* const added = c.added ? other.data() : nullptr;
  const std::size_t channels = std::size_t(stride);

  Guarded mean(channels), deviation(channels), expected_mean(channels, 0), expected_deviation(channels, 0);
  k.moments(s.x, in.data(), mean.data(), deviation.data());
  reference.moments(s.x, in.data(), expected_mean.data(), expected_deviation.data());
  findings.unless_close("mean", mean.values(), expected_mean.values(), TOLERANCE, 0.1);
  if (c.values == Values::fractions || c.values == Values::integers)
    findings.unless_close("deviation", deviation.values(), expected_deviation.values(), TOLERANCE);
  else  // all values equal their mean, which is rounded
    for (const float d : deviation.values()) findings.unless(d <= 1e-12f * float(s.x.pixels()), "equal values deviate");

  std::vector<Buffer<float>> vectors;  // zero in the padding
  for (int v = 0; v < 5; ++v) {
    vectors.emplace_back(channels);
    for (int o = 0; o < c.channels; ++o) vectors.back()[std::size_t(o)] = value(random, c.values);
  }
  const NormVectors v{vectors[0].data(), vectors[1].data(), vectors[2].data(), vectors[3].data(), vectors[4].data()};
  Guarded out(s.y.size()), expected(s.y.size());
  k.norm_forward(s, in.data(), added, v, out.data());
  reference.norm_forward(s, in.data(), added, v, expected.data());
  findings.unless_close("y", inside(s.y, out.data()), inside(s.y, expected.data()), near);
  findings.unless(is_border_untouched(s.y, out.data()), "wrote to y's border");
  findings.unless(is_padding_zero(s.y, out.data()), "y's padding is not zero");
  const Buffer<float> diverged = with_a_nan(random, s.x, in);
  Guarded got(s.y.size());
  k.norm_forward(s, diverged.data(), added, v, got.data());
  findings.unless(lost(inside(s.y, got.data())) == lost(inside(s.x, diverged.data())), "a NaN is lost in y");

  const Buffer<float> dy = filled_map(random, s.y, c.values == Values::fractions ? c.values : Values::integers, UNWRITTEN);
  Buffer<float> dz = copy(dy), expected_dz = copy(dy);
  Guarded sum(channels), product(channels), expected_sum(channels, 0), expected_product(channels, 0);
  k.norm_sums(s, in.data(), added, v, dz.data(), sum.data(), product.data());
  reference.norm_sums(s, in.data(), added, v, expected_dz.data(), expected_sum.data(), expected_product.data());
  findings.unless_close("dz", inside(s.y, dz.data()), inside(s.y, expected_dz.data()), near);
  findings.unless(is_padding_zero(s.y, dz.data()), "dz's padding is not zero");
  findings.unless_close("the sum of dz", sum.values(), expected_sum.values(), near, 1);
  findings.unless_close("the sum of products", product.values(), expected_product.values(), near, 1);

  Guarded dx(s.x.size()), expected_dx(s.x.size());
  k.norm_backward(s, in.data(), v, expected_dz.data(), dx.data());
  reference.norm_backward(s, in.data(), v, expected_dz.data(), expected_dx.data());
  findings.unless_close("dx", inside(s.x, dx.data()), inside(s.x, expected_dx.data()), near);
  findings.unless(is_padding_zero(s.x, dx.data()), "dx's padding is not zero");
  findings.unless(mean.intact() && deviation.intact() && out.intact() && sum.intact() && product.intact() && dx.intact(),
                  "a kernel wrote past an end");
  return findings;
}

}  // namespace

void test_norms(const Kernels& k, const Kernels& reference, int shapes, Report& report) {
  test(k, reference, NORMS, shapes, report);
}

}  // namespace gossamer::tests
