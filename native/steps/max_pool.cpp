#include "steps.h"

namespace gossamer {

namespace {

class MaxPool final : public Step {
 public:
  MaxPool(const Kernels& kernels, const Map& x, const Map& y, int input, int output)
      : Step({input}, output), kernels_(kernels), x_(x), y_(y) {}

  std::size_t indices() const override { return std::size_t(y_.pixels()) * y_.stride; }
  void forward(const Work& w, const float*) const override { kernels_.max_pool_forward(x_, y_, w.x[0], w.y, w.indices); }
  void backward(const Work& w, const float*, float*) const override {
    if (w.dx[0] != nullptr) kernels_.max_pool_backward(x_, y_, w.dy, w.indices, w.dx[0]);
  }

 private:
  const Kernels& kernels_;
  const Map x_, y_;
};

}  // namespace

std::unique_ptr<Step> max_pool_step(const Kernels& kernels, const Map& x, const Map& y, int input, int output) {
  return std::make_unique<MaxPool>(kernels, x, y, input, output);
}

}  // namespace gossamer
