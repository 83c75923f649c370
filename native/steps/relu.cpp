#include "steps.h"

namespace gossamer {

namespace {

class Relu final : public Step {
 public:
  Relu(const Kernels& kernels, const Map& x, const Map& y, int input, int output)
      : Step({input}, output), kernels_(kernels), x_(x), y_(y) {}

  void forward(const Work& w, const float*) const override { kernels_.relu_forward(x_, y_, w.x[0], w.y); }
  void backward(const Work& w, const float*, float*) const override {
    if (w.dx[0] != nullptr) kernels_.relu_backward(x_, y_, w.y, w.dy, w.dx[0]);
  }

 private:
  const Kernels& kernels_;
  const Map x_, y_;
};

}  // namespace

std::unique_ptr<Step> relu_step(const Kernels& kernels, const Map& x, const Map& y, int input, int output) {
  return std::make_unique<Relu>(kernels, x, y, input, output);
}

}  // namespace gossamer
