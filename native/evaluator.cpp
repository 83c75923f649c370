#include "evaluator.h"

#include <vector>

namespace gossamer {

Score Evaluator::evaluate(const float* parameters, const std::int64_t* rows, std::size_t n, std::int64_t* confusion) {
  const int classes = plan_.classes();
  std::vector<Result> results(n);
  runner_.load(parameters);
  runner_.run({images_.pixels, images_.image_bytes, rows, n}, [&](std::size_t i, const float* z) {
    results[i] = answer(z, classes, images_.labels[rows[i]], 0, nullptr);
  });
  Score score;
  score.images = std::int64_t(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::int64_t label = images_.labels[rows[i]];
    score.loss += results[i].loss;
    score.correct += results[i].predicted == label;
    if (confusion != nullptr) ++confusion[label * classes + results[i].predicted];
  }
  score.loss /= double(n);
  return score;
}

}  // namespace gossamer
