// Trains a network by Adam on images in memory, on one thread or several with the same result bit for bit.
#pragma once

#include <functional>
#include <memory>

#include "pass.h"
#include "score.h"

namespace gossamer {

class Trainer {
 public:
  // It uses four of the threads at most.
  Trainer(const Plan& plan, const Images& images, const PixelTable& table, double learning_rate, int threads);

  // Trains on the images of `order`, in batches of `sizes`, which add up to all of them.
  Score train_epoch(const std::int64_t* order, const std::vector<int>& sizes);

  Buffer<float> parameters, first_moment, second_moment;
  Buffer<float> statistics;  // the norms' running means and variances
  std::int64_t step = 0;

 private:
  struct Batch {
    const std::int64_t* rows;
    int size;
  };
  void make_room(int batch);
  // Of one thread, which waits for the others by `wait`; the gradient of every part is its own.
  void gradients_of(const Batch&, int thread, const std::function<void()>& wait);
  void gradient_of_part(int part, const Batch&, Pass&);
  void gradients_by_segments(const Batch&, int thread, const std::function<void()>& wait);
  void answer_logits(const Batch&, int from, int n, const float* z, float* d);
  Moments merged_moments(std::size_t segment) const;

  const Plan& plan_;
  const Images images_;
  const PixelTable table_;
  double learning_rate_;
  int threads_;
  std::vector<std::unique_ptr<Pass>> passes_;  // one per thread; under norms one per part, whose images it keeps
  Buffer<float> gradients_;                    // one per part
  std::vector<Result> results_;
};

}  // namespace gossamer
