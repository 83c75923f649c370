// Steps of the optimizers, and of the moving average.
#include "cases.h"

namespace gossamer::tests {
namespace {

// The step at time t over parts of a gradient that lie apart, from weights of a size of their own.
struct Case {
  std::size_t n, apart;
  int parts, t;
  float keep;
  Buffer<float> gradient;
  float size;          // of the gradient
  bool from_zero;      // then the weights are the step itself
};

Case drawn_case(Random& random) {
  constexpr float sizes[] = {1, 1e-4f, 1e-8f};  // down to where the 1e-8 in Adam's denominator counts
  Case c{16 * std::size_t(random.between(1, 20)), 0, random.between(1, 5), random.between(1, 50),
         random.coin() ? 1.0f : 0.75f, Buffer<float>(), random.pick(sizes), random.coin()};
  c.apart = c.n + 16 * std::size_t(random.between(0, 2));
  c.gradient = filled(random, c.apart * std::size_t(c.parts), Values::fractions);
  for (std::size_t i = 0; i < c.gradient.size(); ++i) c.gradient[i] *= c.size;
  return c;
}

std::string describe(const Case& c) {
  return std::to_string(c.n) + " x " + std::to_string(c.parts) + " parts, step " + std::to_string(c.t);
}

// What a kernel works on, and the same for the reference.
struct Pair {
  Guarded found, expected;
  template <class Value>
  Pair(std::size_t n, Value value) : found(n), expected(n) {
    for (std::size_t i = 0; i < n; ++i) found.data()[i] = expected.data()[i] = value();
  }
  void compare(const std::string& what, Findings& findings) {
    findings.unless_close(what, found.values(), expected.values(), TOLERANCE);
    findings.unless(found.intact(), what + " written past an end");
  }
};

Findings check_adam(const Kernels& k, const Kernels& reference, Random& random, std::string& shape) {
  Findings findings;
  Case c = drawn_case(random);
  shape = "adam " + describe(c);
  const AdamStep step{float(0.01 / (1 - std::pow(0.9, c.t))), float(std::sqrt(1 - std::pow(0.999, c.t))), c.keep};
  Pair weights(c.n, [&] { return c.from_zero ? 0 : random.fraction(); });
  // a first moment over a second one of nearly nothing would only magnify the rounding
  const float begun = random.coin() ? c.size : 0;
  Pair first(c.n, [&] { return begun * random.fraction(); });
  Pair second(c.n, [&] { return begun * begun * (0.1f + std::abs(random.fraction())); });
  k.adam(c.n, step, c.parts, c.apart, c.gradient.data(), weights.found.data(), first.found.data(), second.found.data());
  reference.adam(c.n, step, c.parts, c.apart, c.gradient.data(), weights.expected.data(), first.expected.data(),
                 second.expected.data());
  weights.compare("weights", findings);
  first.compare("the first moment", findings);
  second.compare("the second moment", findings);
  return findings;
}

Findings check_sgd(const Kernels& k, const Kernels& reference, Random& random, std::string& shape) {
  Findings findings;
  Case c = drawn_case(random);
  shape = "sgd " + describe(c);
  const SgdStep step{0.05f, c.keep};
  Pair weights(c.n, [&] { return c.from_zero ? 0 : random.fraction(); });
  Pair velocity(c.n, [&] { return c.size * random.fraction(); });
  k.sgd(c.n, step, c.parts, c.apart, c.gradient.data(), weights.found.data(), velocity.found.data());
  reference.sgd(c.n, step, c.parts, c.apart, c.gradient.data(), weights.expected.data(), velocity.expected.data());
  weights.compare("weights", findings);
  velocity.compare("the velocity", findings);
  return findings;
}

Findings check_average(const Kernels& k, const Kernels& reference, Random& random, std::string& shape) {
  Findings findings;
  const std::size_t n = 16 * std::size_t(random.between(1, 20));
  constexpr float shares[] = {0.9f, 0.5f, 1e-2f, 1e-4f};
  const float share = random.pick(shares);
  shape = "average of " + std::to_string(n);
  const Buffer<float> values = filled(random, n, Values::fractions);
  const bool from_zero = random.coin();  // then the average is the share itself
  Pair average(n, [&] { return from_zero ? 0 : random.fraction(); });
  k.average(n, share, values.data(), average.found.data());
  reference.average(n, share, values.data(), average.expected.data());
  average.compare("the average", findings);
  return findings;
}

}  // namespace

void test_optimizers(const Kernels& k, const Kernels& reference, int steps, Report& report) {
  Random random(1);
  for (int drawn = 0; drawn < steps; ++drawn)
    for (const auto check : {check_adam, check_sgd, check_average}) {
      std::string shape;
      const Findings findings = check(k, reference, random, shape);
      report.add(k.name, shape, findings);
    }
}

}  // namespace gossamer::tests
