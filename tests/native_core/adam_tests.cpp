// Steps of Adam.
#include "cases.h"

namespace gossamer::tests {
namespace {

// Adam's step at time t over parts that lie apart.
Findings check(const Kernels& k, const Kernels& reference, Random& random, std::string& shape) {
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

}  // namespace

void test_adam(const Kernels& k, const Kernels& reference, int steps, Report& report) {
  Random random(1);
  for (int drawn = 0; drawn < steps; ++drawn) {
    std::string shape;
    const Findings findings = check(k, reference, random, shape);
    report.add(k.name, shape, findings);
  }
}

}  // namespace gossamer::tests
