// Runs a network: its logits for images, on as many threads as it is given, which change no bit.
#pragma once

#include <functional>
#include <memory>

#include "pass.h"

namespace gossamer {

// Some of the images in memory: those of `rows`, or the first n if that is null.
struct Selection {
  const std::uint8_t* pixels;  // (N, H, W, C)
  std::size_t image_bytes;
  const std::int64_t* rows;
  std::size_t n;

  const std::uint8_t* image(std::size_t i) const {
    return pixels + (rows == nullptr ? i : std::size_t(rows[i])) * image_bytes;
  }
};

class Runner {
 public:
  Runner(const Plan& plan, const PixelTable& table, int threads);

  // Takes the parameters that run() uses; they must outlive it.
  void load(const float* parameters);

  // Calls answer(i, logits) for every image i of the selection, from any thread.
  void run(const Selection& images, const std::function<void(std::size_t, const float*)>& answer);

 private:
  const Plan& plan_;
  const PixelTable table_;
  const std::size_t threads_;
  const float* parameters_ = nullptr;
  struct Worker {
    Pass pass;
    bool loaded;
  };
  std::vector<std::unique_ptr<Worker>> workers_;  // one per thread that has been needed
};

}  // namespace gossamer
