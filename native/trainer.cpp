#include "trainer.h"

#include <algorithm>
#include <cmath>

#include "barrier.h"
#include "threads.h"

namespace gossamer {

// A batch is always split into so many parts, each with a gradient of its own, added up in order: the result does
// not depend on how many threads there are (of which more than this would be idle).
constexpr int PARTS = 4;

Trainer::Trainer(const Plan& plan, const Images& images, const PixelTable& table, double learning_rate, int batch,
                 int threads)
    : parameters(plan.parameters.size()),
      first_moment(plan.parameters.size()),
      second_moment(plan.parameters.size()),
      plan_(plan),
      images_(images),
      table_(table),
      learning_rate_(learning_rate),
      batch_(batch),
      threads_(std::clamp(threads, 1, PARTS)),
      gradients_(PARTS * plan.parameters.size()),
      results_(std::size_t(batch)),
      runner_(plan, table, threads) {
  for (int t = 0; t < threads_; ++t) passes_.push_back(std::make_unique<Pass>(plan, true));
}

// Cross entropy of one image's logits from softmax, and its gradient times `scale` in `d` unless that is null.
static float cross_entropy(const float* z, int classes, std::int64_t label, float scale, float* d) {
  const float top = *std::max_element(z, z + classes);
  float sum = 0;
  for (int c = 0; c < classes; ++c) {
    const float e = std::exp(z[c] - top);
    if (d != nullptr) d[c] = e;
    sum += e;
  }
  if (d != nullptr) {
    for (int c = 0; c < classes; ++c) d[c] *= scale / sum;
    d[label] -= scale;
  }
  return std::log(sum) - (z[label] - top);
}

static int predicted_class(const float* z, int classes) { return int(std::max_element(z, z + classes) - z); }

void Trainer::gradient_of_part(int part, const std::int64_t* rows, int batch, Pass& pass) {
  float* const gradient = gradients_.data() + part * plan_.parameters.size();
  std::fill(gradient, gradient + plan_.parameters.size(), 0.0f);
  const int classes = plan_.classes(), end = batch * (part + 1) / PARTS;
  const float scale = 1.0f / float(batch);
  std::vector<float> d(std::size_t(GROUP) * classes);
  for (int from = batch * part / PARTS; from < end; from += GROUP) {
    const int n = std::min(GROUP, end - from);
    const std::uint8_t* pixels[GROUP];
    for (int i = 0; i < n; ++i) pixels[i] = images_.pixels + rows[from + i] * images_.image_bytes;
    const float* const z = pass.forward(n, pixels, table_, parameters.data());
    for (int i = 0; i < n; ++i) {
      const std::int64_t label = images_.labels[rows[from + i]];
      results_[from + i] = {cross_entropy(z + i * classes, classes, label, scale, d.data() + i * classes),
                            predicted_class(z + i * classes, classes)};
    }
    pass.backward(n, d.data(), parameters.data(), gradient);
  }
}

Score Trainer::train_epoch(const std::int64_t* order, std::size_t n) {
  Score score;
  Barrier together(threads_);
  const std::size_t blocks = plan_.parameters.size() / Parameters::BLOCK;
  on_threads(threads_, [&](int thread) {
    Pass& pass = *passes_[thread];
    for (std::size_t from = 0; from < n; from += batch_) {
      const int batch = int(std::min(std::size_t(batch_), n - from));
      pass.pack(parameters.data());
      for (int part = thread; part < PARTS; part += threads_) gradient_of_part(part, order + from, batch, pass);
      together.arrive_and_wait();
      if (thread == 0) {
        for (int i = 0; i < batch; ++i) {
          score.loss += results_[i].loss;
          score.correct += results_[i].predicted == images_.labels[order[from + i]];
        }
        score.images += batch;
      }
      const double t = double(step + std::int64_t(from / batch_) + 1);
      const AdamStep adam{float(learning_rate_ / (1 - std::pow(0.9, t))), float(std::sqrt(1 - std::pow(0.999, t)))};
      const std::size_t first = blocks * thread / threads_ * Parameters::BLOCK, last = blocks * (thread + 1) / threads_ * Parameters::BLOCK;
      plan_.kernels.adam(last - first, adam, PARTS, plan_.parameters.size(), gradients_.data() + first,
                            parameters.data() + first, first_moment.data() + first, second_moment.data() + first);
      together.arrive_and_wait();
    }
  });
  step += std::int64_t((n + batch_ - 1) / batch_);
  score.loss /= double(score.images);
  return score;
}

Score Trainer::evaluate(const std::int64_t* rows, std::size_t n, std::int64_t* confusion) {
  const int classes = plan_.classes();
  std::vector<Result> results(n);
  runner_.load(parameters.data());
  runner_.run({images_.pixels, images_.image_bytes, rows, n}, [&](std::size_t i, const float* z) {
    results[i] = {cross_entropy(z, classes, images_.labels[rows[i]], 0, nullptr), predicted_class(z, classes)};
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
