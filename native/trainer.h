// Trains a network by Adam on images in memory, on one thread or several with the same result bit for bit.
#pragma once

#include <memory>

#include "runner.h"

namespace gossamer {

struct Images {
  const std::uint8_t* pixels;  // (N, H, W, C)
  const std::int64_t* labels;  // (N,)
  std::size_t image_bytes;
};

struct Score {
  std::int64_t images = 0, correct = 0;
  double loss = 0;  // mean cross entropy in nats
};

class Trainer {
 public:
  // Training uses four of the threads at most, evaluation all of them.
  Trainer(const Plan& plan, const Images& images, const PixelTable& table, double learning_rate, int batch, int threads);

  Score train_epoch(const std::int64_t* order, std::size_t n);
  // Adds to `confusion` (classes, classes), by true and predicted class, unless that is null.
  Score evaluate(const std::int64_t* rows, std::size_t n, std::int64_t* confusion = nullptr);

  Buffer<float> parameters, first_moment, second_moment;
  std::int64_t step = 0;

 private:
  struct Result {  // of one image
    float loss;
    int predicted;
  };
  void gradient_of_part(int part, const std::int64_t* rows, int batch, Pass& pass);

  const Plan& plan_;
  const Images images_;
  const PixelTable table_;
  double learning_rate_;
  int batch_, threads_;
  std::vector<std::unique_ptr<Pass>> passes_;  // one per thread
  Buffer<float> gradients_;                    // one per part
  std::vector<Result> results_;
  Runner runner_;                              // of evaluation
};

}  // namespace gossamer
