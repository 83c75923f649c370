#include "steps.h"

namespace gossamer {

namespace {

class AveragePool final : public Step {
 public:
  AveragePool(const Kernels& kernels, const Map& x, const Map& y, int input, int output)
      : Step({input}, output), kernels_(kernels), x_(x), y_(y) {}

  void forward(const Work& w, const float*) const override { kernels_.average_pool_forward(x_, y_, w.x[0], w.y); }
  void backward(const Work& w, const float*, float*) const override {
    if (w.dx[0] != nullptr) kernels_.average_pool_backward(x_, y_, w.dy, w.dx[0]);
  }

 private:
  const Kernels& kernels_;
  const Map x_, y_;
};

}  // namespace

std::unique_ptr<Step> average_pool_step(const Kernels& kernels, const Map& x, const Map& y, int input, int output) {
  return std::make_unique<AveragePool>(kernels, x, y, input, output);
}

}  // namespace gossamer
