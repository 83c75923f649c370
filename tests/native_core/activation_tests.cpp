// Activations where nothing takes them in, and the sum of two maps. Maps of one shape differ in their borders.
//
// A case is a value in a table: to add one, write a line in MAPS.
#include "cases.h"

namespace gossamer::tests {
namespace {

struct MapCase {
  int height, width, channels;
  int border = 0;  // of one map; the others' are larger
};

const MapCase MAPS[] = {{28, 28, 1}, {3, 3, 17}, {1, 1, 64}, {7, 5, 3, 2}, {1, 9, 65, 1}};

void draw(Random& random, MapCase& c) {
  c = {random.between(1, 17), random.between(1, 17), random.pick(WIDTHS), random.between(0, 2)};
}

std::string describe(const MapCase& c) {
  return "activations and sum " + size_of(c.height, c.width, c.channels) + ", border " + std::to_string(c.border);
}

Findings check(const Kernels& k, const Kernels& reference, const MapCase& c, Random& random) {
  Findings findings;
  const int stride = round_up(c.channels, k.lanes);
  const Map x{c.height, c.width, c.channels, stride, c.border};
  const Map y{c.height, c.width, c.channels, stride, (c.border + 1) % 3};
  const Map z{c.height, c.width, c.channels, stride, (c.border + 2) % 3};
  const Buffer<float> in = activations_map(random, x), dy = filled_map(random, y, Values::fractions, UNWRITTEN);
  const Buffer<float> diverged = with_a_nan(random, x, in);

  for (const Activation activation : ALL_ACTIVATIONS) {
    const std::string name = ACTIVATION_NAMES[int(activation)];
    const double near = activation == Activation::hswish ? TOLERANCE : 0;  // the others only copy
    Guarded out(y.size()), expected(y.size()), dx(x.size()), expected_dx(x.size());
    k.activation_forward(x, y, activation, in.data(), out.data());
    reference.activation_forward(x, y, activation, in.data(), expected.data());
    findings.unless_close(name, inside(y, out.data()), inside(y, expected.data()), near);
    findings.unless(is_border_untouched(y, out.data()), name + " wrote to the border");
    findings.unless(is_padding_zero(y, out.data()), name + "'s padding is not zero");
    k.activation_forward(x, y, activation, diverged.data(), out.data());
    findings.unless(lost(inside(y, out.data())) == lost(inside(x, diverged.data())), "a NaN is lost in " + name);
    k.activation_backward(x, y, activation, in.data(), dy.data(), dx.data());
    reference.activation_backward(x, y, activation, in.data(), dy.data(), expected_dx.data());
    findings.unless_close(name + "'s dx", inside(x, dx.data()), inside(x, expected_dx.data()), near);
    findings.unless(is_padding_zero(x, dx.data()), "the padding of " + name + "'s dx is not zero");
    findings.unless(out.intact() && dx.intact(), name + " wrote past an end");
  }

  Guarded sum(z.size()), expected(z.size()), dx(x.size()), expected_dx(x.size());
  k.add_forward(x, y, z, in.data(), dy.data(), sum.data());
  reference.add_forward(x, y, z, in.data(), dy.data(), expected.data());
  findings.unless_close("sum", inside(z, sum.data()), inside(z, expected.data()), 0);
  findings.unless(is_border_untouched(z, sum.data()), "the sum wrote to the border");
  findings.unless(is_padding_zero(z, sum.data()), "the sum's padding is not zero");
  k.add_backward(x, y, dy.data(), dx.data());
  reference.add_backward(x, y, dy.data(), expected_dx.data());
  findings.unless_close("the sum's dx", inside(x, dx.data()), inside(x, expected_dx.data()), 0);
  findings.unless(sum.intact() && dx.intact(), "the sum wrote past an end");
  return findings;
}

}  // namespace

void test_activations(const Kernels& k, const Kernels& reference, int shapes, Report& report) {
  test(k, reference, MAPS, shapes, report);
}

}  // namespace gossamer::tests
