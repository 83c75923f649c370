// The pools and the mean, where no convolution takes them in.
//
// A case is a value in a table: to add one, write a line in POOLS.
#include "cases.h"

namespace gossamer::tests {
namespace {

struct Pool {
  int height, width, channels;
  Values values = Values::fractions;
  int border = 0;  // of input and output
};

const Pool POOLS[] = {
    {28, 28, 1}, {3, 3, 17, Values::ones}, {2, 2, 64, Values::zeros}, {7, 5, 3}, {2, 9, 65, Values::integers, 2},
};

void draw(Random& random, Pool& c) {
  c = {random.between(2, 17), random.between(2, 17), random.pick(WIDTHS), random.pick(ALL_VALUES), random.between(0, 2)};
}

std::string describe(const Pool& c) {
  return "pools and mean " + size_of(c.height, c.width, c.channels) + ", " + NAMES[int(c.values)] + ", border " +
         std::to_string(c.border);
}

Findings check(const Kernels& k, const Kernels& reference, const Pool& c, Random& random) {
  Findings findings;
  const int stride = round_up(c.channels, k.lanes);
  const Map x{c.height, c.width, c.channels, stride, c.border};
  const Map y{c.height / 2, c.width / 2, c.channels, stride, c.border};
  const Map mean{1, 1, c.channels, stride, 0};
  const Buffer<float> in = filled_map(random, x, c.values, UNWRITTEN);
  const std::size_t outputs = std::size_t(y.pixels()) * y.stride;

  Guarded out(y.size()), indices(outputs), expected(y.size()), expected_indices(outputs);
  k.max_pool_forward(x, y, in.data(), out.data(), indices.indices());
  reference.max_pool_forward(x, y, in.data(), expected.data(), expected_indices.indices());
  findings.unless_close("maximum", inside(y, out.data()), inside(y, expected.data()), 0);  // it only copies
  findings.unless_close("indices", inside(y, indices.indices()), inside(y, expected_indices.indices()), 0);
  findings.unless(is_border_untouched(y, out.data()), "the maximum wrote to the border");
  findings.unless(is_padding_zero(y, out.data()), "the maximum's padding is not zero");
  findings.unless(out.intact() && indices.intact(), "max_pool_forward wrote past an end");

  const Buffer<float> diverged = with_a_nan(random, x, in);
  Guarded got(y.size()), want(y.size());
  k.max_pool_forward(x, y, diverged.data(), got.data(), nullptr);
  reference.max_pool_forward(x, y, diverged.data(), want.data(), nullptr);
  findings.unless(lost(inside(y, got.data())) == lost(inside(y, want.data())), "a NaN is lost in the maximum");

  const Buffer<float> dy = filled_map(random, y, Values::fractions, UNWRITTEN);
  Guarded dx(x.size()), expected_dx(x.size());
  k.max_pool_backward(x, y, dy.data(), indices.indices(), dx.data());
  const std::vector<std::int32_t> argmax(indices.indices(), indices.indices() + outputs);
  reference.max_pool_backward(x, y, dy.data(), argmax.data(), expected_dx.data());
  findings.unless_close("the maximum's dx", inside(x, dx.data()), inside(x, expected_dx.data()), 0);
  findings.unless(is_padding_zero(x, dx.data()), "the padding of the maximum's dx is not zero");

  Guarded averaged(y.size()), d_averaged(x.size());
  k.average_pool_forward(x, y, in.data(), averaged.data());
  reference.average_pool_forward(x, y, in.data(), expected.data());
  findings.unless_close("average", inside(y, averaged.data()), inside(y, expected.data()), tolerance(c.values));
  findings.unless(is_border_untouched(y, averaged.data()), "the average wrote to the border");
  findings.unless(is_padding_zero(y, averaged.data()), "the average's padding is not zero");
  k.average_pool_backward(x, y, dy.data(), d_averaged.data());
  reference.average_pool_backward(x, y, dy.data(), expected_dx.data());
  findings.unless_close("the average's dx", inside(x, d_averaged.data()), inside(x, expected_dx.data()), 0);
  findings.unless(is_padding_zero(x, d_averaged.data()), "the padding of the average's dx is not zero");
  findings.unless(dx.intact() && averaged.intact() && d_averaged.intact(), "a pool wrote past an end");

  Guarded average(mean.size()), expected_average(mean.size()), spread(x.size()), expected_spread(x.size());
  k.mean_forward(x, in.data(), average.data());
  reference.mean_forward(x, in.data(), expected_average.data());
  findings.unless_close("mean", inside(mean, average.data()), inside(mean, expected_average.data()), TOLERANCE);
  findings.unless(is_padding_zero(mean, average.data()), "the mean's padding is not zero");
  const Buffer<float> d_mean = filled_map(random, mean, Values::fractions, 0);
  k.mean_backward(x, d_mean.data(), spread.data());
  reference.mean_backward(x, d_mean.data(), expected_spread.data());
  findings.unless_close("the mean's dx", inside(x, spread.data()), inside(x, expected_spread.data()), TOLERANCE);
  findings.unless(is_padding_zero(x, spread.data()), "the padding of the mean's dx is not zero");
  findings.unless(average.intact() && spread.intact(), "the mean wrote past an end");
  return findings;
}

}  // namespace

void test_pools(const Kernels& k, const Kernels& reference, int shapes, Report& report) {
  test(k, reference, POOLS, shapes, report);
}

}  // namespace gossamer::tests
