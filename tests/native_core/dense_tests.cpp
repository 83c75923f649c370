// Dense layers.
//
// A case is a value in a table: to add one, write a line in DENSES.
#include "cases.h"

namespace gossamer::tests {
namespace {

struct DenseLayer {
  int inputs, classes, images;  // the inputs are rounded up to whole vectors
  Values values = Values::fractions;
};

const DenseLayer DENSES[] = {
    {1568, 10, 8}, {1, 2, 1}, {49, 1000, 3}, {65, 7, 17, Values::integers}, {784, 10, 5, Values::zeros},
};

void draw(Random& random, DenseLayer& c) {
  c = {random.between(1, 400), random.between(1, 65), random.between(1, 17), random.pick(ALL_VALUES)};
}

std::string describe(const DenseLayer& c) {
  return "dense " + std::to_string(c.images) + " x " + std::to_string(c.inputs) + " to " + std::to_string(c.classes) + ", " +
         NAMES[int(c.values)];
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

}  // namespace

void test_dense_layers(const Kernels& k, const Kernels& reference, int shapes, Report& report) {
  test(k, reference, DENSES, shapes, report);
}

}  // namespace gossamer::tests
