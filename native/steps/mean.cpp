#include "steps.h"

namespace gossamer {

namespace {

// The kernels take the output without its border: it has one if a convolution reads it.
class Mean final : public Step {
 public:
  Mean(const Kernels& kernels, const Map& x, const Map& y, int input, int output)
      : Step({input}, output), kernels_(kernels), x_(x), pixel_(y.at(0, 0)) {}

  void forward(const Work& w, const float*) const override { kernels_.mean_forward(x_, w.x[0], w.y + pixel_); }
  void backward(const Work& w, const float*, float*) const override {
    if (w.dx[0] != nullptr) kernels_.mean_backward(x_, w.dy + pixel_, w.dx[0]);
  }

 private:
  const Kernels& kernels_;
  const Map x_;
  const std::ptrdiff_t pixel_;
};

}  // namespace

std::unique_ptr<Step> mean_step(const Kernels& kernels, const Map& x, const Map& y, int input, int output) {
  return std::make_unique<Mean>(kernels, x, y, input, output);
}

}  // namespace gossamer
