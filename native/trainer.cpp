#include "trainer.h"

#include <algorithm>
#include <cmath>

#include "barrier.h"
#include "threads.h"

namespace gossamer {

// A batch is always split into so many parts, each with a gradient of its own, added up in order: the result does
// not depend on how many threads there are (of which more than this would be idle).
constexpr int PARTS = 4;

static int part_begin(int part, int batch) { return batch * part / PARTS; }

Trainer::Trainer(const Plan& plan, const Images& images, const float* image_weights, const PixelTable& table,
                 const Learning& learning, int threads)
    : parameters(plan.parameters.size()),
      statistics(plan.statistics.size()),
      average(learning.ema > 0 ? parameters.size() : 0),
      average_statistics(learning.ema > 0 ? statistics.size() : 0),
      plan_(plan),
      images_(images),
      image_weights_(image_weights),
      table_(table),
      learning_(learning),
      threads_(std::clamp(threads, 1, PARTS)),
      gradients_(PARTS * parameters.size()) {
  for (std::size_t slot = 0; slot < learning.slots(); ++slot) slots.emplace_back(parameters.size());
}

std::vector<Trainer::Array> Trainer::arrays() {
  std::vector<Array> all = {{plan_.parameters, parameters}, {plan_.statistics, statistics}};
  for (Buffer<float>& slot : slots) all.push_back({plan_.parameters, slot});
  if (learning_.ema > 0) {
    all.push_back({plan_.parameters, average});
    all.push_back({plan_.statistics, average_statistics});
  }
  return all;
}

Seen Trainer::seen(const Batch& batch, int i) const {
  return {images_.pixels + batch.rows[i] * images_.image_bytes, batch.views == nullptr ? nullptr : batch.views + i};
}

void Trainer::make_room(int batch) {
  if (!passes_.empty() && std::size_t(batch) <= results_.size()) return;
  results_.resize(std::size_t(batch));
  const int passes = plan_.has_norms() ? PARTS : threads_;
  const int kept = plan_.has_norms() ? (batch + PARTS - 1) / PARTS : GROUP;
  passes_.clear();
  std::vector<std::shared_ptr<Packed>> packed;
  for (int t = 0; t < threads_; ++t) packed.push_back(std::make_shared<Packed>());
  for (int p = 0; p < passes; ++p) passes_.push_back(std::make_unique<Pass>(plan_, kept, packed[std::size_t(p % threads_)]));
}

// Counts n answers of the batch, from image `from`, and fills the gradients `d` with respect to their logits.
void Trainer::answer_logits(const Batch& batch, int from, int n, const float* z, float* d) {
  const int classes = plan_.classes();
  const float scale = 1.0f / float(batch.size);
  for (int i = 0; i < n; ++i) {
    const std::int64_t row = batch.rows[from + i];
    const Target target{images_.labels[row], image_weights_ == nullptr ? 1 : image_weights_[row],
                        batch.teacher == nullptr ? nullptr : batch.teacher + std::ptrdiff_t(from + i) * classes};
    results_[from + i] = answer(learning_, target, z + i * classes, classes, scale, d + i * classes);
  }
}

void Trainer::gradient_of_part(int part, const Batch& batch, Pass& pass) {
  float* const gradient = gradients_.data() + part * plan_.parameters.size();
  const int end = part_begin(part + 1, batch.size);
  std::vector<float> d(std::size_t(GROUP) * plan_.classes());
  pass.begin();
  for (int from = part_begin(part, batch.size); from < end; from += GROUP) {
    const int n = std::min(GROUP, end - from);
    Seen images[GROUP];
    for (int i = 0; i < n; ++i) images[i] = seen(batch, from + i);
    answer_logits(batch, from, n, pass.forward(n, images, table_, parameters.data()), d.data());
    pass.backward(n, d.data(), parameters.data(), gradient);
  }
  pass.finish(gradient);
}

Moments Trainer::merged_moments(std::size_t segment) const {
  Moments all(passes_[0]->moments[segment].mean.size());
  for (const auto& pass : passes_) {
    const Moments& part = pass->moments[segment];
    all.add(part.count, part.mean.data(), part.deviation.data());
  }
  return all;
}

void Trainer::gradients_by_segments(const Batch& batch, int thread, const std::function<void()>& wait) {
  const auto each_part = [&](auto work) {
    for (int part = thread; part < PARTS; part += threads_) {
      const int from = part_begin(part, batch.size);
      work(*passes_[part], from, part_begin(part + 1, batch.size) - from, gradients_.data() + part * plan_.parameters.size());
    }
  };
  const std::size_t segments = plan_.segments.size();
  std::vector<Seen> images;
  for (int i = 0; i < batch.size; ++i) images.push_back(seen(batch, i));
  std::vector<Moments> moments(1);  // of the whole batch, by segment
  for (std::size_t s = 0; s < segments; ++s) {
    each_part([&](Pass& pass, int from, int n, float*) {
      if (s == 0) pass.begin();
      if (s > 0) pass.normalize(s, moments[s], parameters.data());
      pass.run_segment(s, n, images.data() + from, table_, parameters.data());
    });
    if (s + 1 == segments) break;
    wait();
    moments.push_back(merged_moments(s + 1));
    if (thread == 0) plan_.segments[s + 1].norm->update(moments.back(), statistics.data());
  }
  std::vector<float> d(results_.size() * plan_.classes());
  each_part([&](Pass& pass, int from, int n, float* gradient) {
    answer_logits(batch, from, n, pass.logits(n, parameters.data()), d.data());
    pass.logits_back(n, d.data(), parameters.data(), gradient);
  });
  for (std::size_t s = segments; s-- > 0;) {
    each_part([&](Pass& pass, int, int n, float* gradient) {
      pass.run_segment_back(s, n, parameters.data(), gradient);
      if (s == 0) pass.finish(gradient);
    });
    if (s == 0) break;
    wait();
    NormSums all(moments[s].mean.size());
    for (const auto& pass : passes_) all.add(pass->sums[s]);
    each_part([&](Pass& pass, int, int, float* gradient) { pass.normalize_back(s, moments[s], all, gradient); });
  }
}

void Trainer::gradients_of(const Batch& batch, int thread, const std::function<void()>& wait) {
  const std::size_t size = plan_.parameters.size();
  for (int part = thread; part < PARTS; part += threads_)
    std::fill_n(gradients_.data() + part * size, size, 0.0f);
  passes_[thread]->pack(parameters.data());
  if (!plan_.has_norms()) {
    for (int part = thread; part < PARTS; part += threads_) gradient_of_part(part, batch, *passes_[thread]);
  } else {
    gradients_by_segments(batch, thread, wait);
  }
}

void Trainer::update(int thread, double rate, std::int64_t number) {
  const Kernels& kernels = plan_.kernels;
  const std::size_t size = plan_.parameters.size(), blocks = size / Parameters::BLOCK;
  const std::size_t first = blocks * thread / threads_ * Parameters::BLOCK;
  const std::size_t last = blocks * (thread + 1) / threads_ * Parameters::BLOCK;
  const double t = double(number + 1);
  const auto step = [&](std::size_t begin, std::size_t end, float keep) {
    const float* const gradient = gradients_.data() + begin;
    float *const weights = parameters.data() + begin, *const slot = slots[0].data() + begin;
    if (learning_.optimizer == Optimizer::adam) {
      const AdamStep adam{float(rate / (1 - std::pow(0.9, t))), float(std::sqrt(1 - std::pow(0.999, t))), keep};
      kernels.adam(end - begin, adam, PARTS, size, gradient, weights, slot, slots[1].data() + begin);
    } else {
      kernels.sgd(end - begin, {float(rate), keep}, PARTS, size, gradient, weights, slot);
    }
  };
  if (learning_.weight_decay == 0) {
    step(first, last, 1);
  } else {
    for (const auto& [begin, end, kernel] : plan_.parameters.stretches())
      if (begin < last && first < end)
        step(std::max(begin, first), std::min(end, last), kernel ? float(1 - rate * learning_.weight_decay) : 1);
  }
  if (learning_.ema > 0) {
    const float share = float(1 - learning_.average_decay(number));
    kernels.average(last - first, share, parameters.data() + first, average.data() + first);
    if (thread == 0) kernels.average(statistics.size(), share, statistics.data(), average_statistics.data());
  }
}

Score Trainer::train_epoch(const Epoch& epoch) {
  make_room(*std::max_element(epoch.sizes.begin(), epoch.sizes.end()));
  Score score;
  Barrier together(threads_);
  on_threads(threads_, [&](int thread) {
    const std::function<void()> wait = [&] { together.arrive_and_wait(); };
    Batch batch{epoch.rows, epoch.views, epoch.teacher, 0};
    for (std::size_t b = 0; b < epoch.sizes.size(); ++b) {
      batch.size = epoch.sizes[b];
      gradients_of(batch, thread, wait);
      together.arrive_and_wait();
      if (thread == 0) {
        for (int i = 0; i < batch.size; ++i) {
          score.loss += results_[i].loss;
          score.correct += results_[i].predicted == images_.labels[batch.rows[i]];
        }
        score.images += batch.size;
      }
      update(thread, epoch.rates[b], step + std::int64_t(b));
      together.arrive_and_wait();
      batch.rows += batch.size;
      if (batch.views != nullptr) batch.views += batch.size;
      if (batch.teacher != nullptr) batch.teacher += std::ptrdiff_t(batch.size) * plan_.classes();
    }
  });
  step += std::int64_t(epoch.sizes.size());
  score.loss /= double(score.images);
  return score;
}

}  // namespace gossamer
