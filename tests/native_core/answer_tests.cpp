// What is minimized, and its gradient, against the formulas in double precision; and where logits diverge.
#include <functional>
#include <numeric>

#include "check.h"
#include "score.h"

namespace gossamer::tests {
namespace {

struct Case {
  std::string what;
  Learning learning;
  float weight;
  bool teacher;
};

const std::vector<Case> CASES = {
    {"plain", {}, 1, false},
    {"smoothed", {.label_smoothing = 0.2}, 1, false},
    {"weighted", {}, 2.5f, false},
    {"without weight", {}, 0, false},
    {"taught", {.temperature = 3}, 1, true},
    {"taught beside labels", {.temperature = 2, .labels = 0.3}, 1, true},
    {"by labels alone", {.temperature = 2, .labels = 1}, 1, true},
    {"by all", {.label_smoothing = 0.1, .temperature = 4, .labels = 0.6}, 0.5f, true},
};

std::vector<double> log_softmax(const std::vector<float>& z, double temperature) {
  const double top = *std::max_element(z.begin(), z.end());
  double sum = 0;
  for (const float each : z) sum += std::exp((each - top) / temperature);
  std::vector<double> found;
  for (const float each : z) found.push_back((each - top) / temperature - std::log(sum));
  return found;
}

// A loss and its gradient with respect to the logits.
std::pair<double, std::vector<double>> expected(const Case& c, const std::vector<float>& z, std::size_t label,
                                                const std::vector<float>& teacher) {
  const std::size_t classes = z.size();
  const double smoothing = c.learning.label_smoothing, t = c.learning.temperature;
  const double labels = c.teacher ? c.learning.labels : 1;
  const std::vector<double> plain = log_softmax(z, 1), soft = log_softmax(z, t);
  double hard = 0, apart = 0;
  std::vector<double> gradient;
  for (std::size_t i = 0; i < classes; ++i) {
    const double wanted = (i == label) * (1 - smoothing) + smoothing / double(classes);
    hard -= wanted * plain[i];
    gradient.push_back(c.weight * labels * (std::exp(plain[i]) - wanted));
    if (!c.teacher) continue;
    const double p = teacher[i];
    if (p > 0) apart += p * (std::log(p) - soft[i]);
    gradient[i] += c.weight * (1 - labels) * t * (std::exp(soft[i]) - p);
  }
  return {c.weight * (labels * hard + (1 - labels) * t * t * apart), gradient};
}

Findings check(const Case& c, Random& random) {
  Findings findings;
  const int classes = random.between(2, 40);
  constexpr float sizes[] = {0.1f, 4, 300};  // up to where exponentials overflow
  const float size = random.pick(sizes), scale = 1 / float(random.between(1, 64));
  std::vector<float> z, teacher, d(std::size_t(classes), UNWRITTEN);
  for (int i = 0; i < classes; ++i) {
    z.push_back(size * random.fraction());
    teacher.push_back(std::max(0.0f, random.fraction()));  // half of them are 0
  }
  teacher[0] += 0.1f;
  const float mass = std::accumulate(teacher.begin(), teacher.end(), 0.0f);
  for (float& p : teacher) p /= mass;
  const std::size_t label = std::size_t(random.between(0, classes - 1));
  const Target target{std::int64_t(label), c.weight, c.teacher ? teacher.data() : nullptr};
  const Result found = answer(c.learning, target, z.data(), classes, scale, d.data());
  const auto [loss, gradient] = expected(c, z, label, teacher);
  std::vector<double> scaled;
  for (const double each : gradient) scaled.push_back(scale * each);
  // rounding is one of the logits, which differ by up to twice their size
  findings.unless_close("the loss", std::vector{found.loss}, std::vector{loss}, TOLERANCE, std::max(1.0f, size) * c.weight);
  findings.unless_close("the gradient", d, scaled, TOLERANCE, scale * c.weight);
  findings.unless(found.predicted == int(std::max_element(z.begin(), z.end()) - z.begin()), "another class is predicted");
  if (c.what == "plain") {
    std::vector<float> bits(std::size_t(classes), UNWRITTEN);
    const Result same = answer(z.data(), classes, std::int64_t(label), scale, bits.data());
    findings.unless(same.loss == found.loss && bits == d, "plain cross entropy has other bits");
  }
  return findings;
}

// A fit that diverges must show it, and go on.
Findings check_diverged(const Case& c, Random& random) {
  Findings findings;
  constexpr float NANS = std::numeric_limits<float>::quiet_NaN(), INFINITE = std::numeric_limits<float>::infinity();
  const std::vector<std::vector<float>> all = {{1, NANS, 2},
                                              {NANS, NANS, NANS},
                                              {INFINITE, 0, 1},
                                              {INFINITE, INFINITE, INFINITE},
                                              {-INFINITE, -INFINITE, -INFINITE}};
  const std::vector<float> teacher = {0.5f, 0.25f, 0.25f};
  for (const std::vector<float>& z : all) {
    std::vector<float> d(3);
    const Target target{random.between(0, 2), c.weight, c.teacher ? teacher.data() : nullptr};
    const Result found = answer(c.learning, target, z.data(), 3, 1, d.data());
    findings.unless(std::isnan(found.loss), "the loss does not show it");
    findings.unless(std::all_of(d.begin(), d.end(), [](float f) { return std::isnan(f); }), "the gradient does not show it");
    findings.unless(found.predicted >= 0 && found.predicted < 3, "a class that there is not");
  }
  return findings;
}

}  // namespace

void test_answers(int answers, Report& report) {
  Random random(3);
  for (const Case& c : CASES) {
    for (int drawn = 0; drawn < answers; ++drawn) report.add("answers", c.what, check(c, random));
    report.add("answers that diverged", c.what, check_diverged(c, random));
  }
}

}  // namespace gossamer::tests
