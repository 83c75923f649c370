// Trains a network on images in memory, on one thread or several with the same result bit for bit.
#pragma once

#include <functional>
#include <memory>

#include "learning.h"
#include "pass.h"
#include "score.h"

namespace gossamer {

// The batches of an epoch: `sizes` add up to its n images, and what is by image stands in their order.
struct Epoch {
  const std::int64_t* rows;        // (n,)
  std::vector<int> sizes;          // of the batches
  const double* rates;             // their learning rates
  const View* views = nullptr;     // (n,); null: images as they are
  const float* teacher = nullptr;  // (n, classes) probabilities at the teacher's temperature; null: none
};

class Trainer {
 public:
  // It uses four of the threads at most. `image_weights` (N,) multiply the images' shares of the loss; null: 1 each.
  Trainer(const Plan& plan, const Images& images, const float* image_weights, const PixelTable& table,
          const Learning& learning, int threads);

  Score train_epoch(const Epoch& epoch);

  Buffer<float> parameters;
  Buffer<float> statistics;  // the norms' running means and variances
  std::vector<Buffer<float>> slots;           // what the optimizer keeps of every parameter
  Buffer<float> average, average_statistics;  // the moving averages, where they are kept
  std::int64_t step = 0;

  // All of these arrays in this order, with how each is laid out.
  struct Array {
    const Parameters& layout;
    Buffer<float>& values;
  };
  std::vector<Array> arrays();

 private:
  struct Batch {
    const std::int64_t* rows;
    const View* views;
    const float* teacher;
    int size;
  };
  Seen seen(const Batch&, int i) const;
  void make_room(int batch);
  // Of one thread, which waits for the others by `wait`; the gradient of every part is its own.
  void gradients_of(const Batch&, int thread, const std::function<void()>& wait);
  void gradient_of_part(int part, const Batch&, Pass&);
  void gradients_by_segments(const Batch&, int thread, const std::function<void()>& wait);
  void answer_logits(const Batch&, int from, int n, const float* z, float* d);
  Moments merged_moments(std::size_t segment) const;
  // A thread's share of step number `number`.
  void update(int thread, double rate, std::int64_t number);

  const Plan& plan_;
  const Images images_;
  const float* image_weights_;
  const PixelTable table_;
  const Learning learning_;
  int threads_;
  std::vector<std::unique_ptr<Pass>> passes_;  // one per thread; under norms one per part, whose images it keeps
  Buffer<float> gradients_;                    // one per part
  std::vector<Result> results_;
};

}  // namespace gossamer
