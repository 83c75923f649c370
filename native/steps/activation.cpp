#include "steps.h"

namespace gossamer {

namespace {

class ActivationStep final : public Step {
 public:
  ActivationStep(const Kernels& kernels, const Map& x, const Map& y, Activation activation, int input, int output)
      : Step({input}, output), kernels_(kernels), x_(x), y_(y), activation_(activation) {}

  void forward(const Work& w, const float*) const override {
    kernels_.activation_forward(x_, y_, activation_, w.x[0], w.y);
  }
  void backward(const Work& w, const float*, float*) const override {
    if (w.dx[0] != nullptr) kernels_.activation_backward(x_, y_, activation_, w.x[0], w.dy, w.dx[0]);
  }

 private:
  const Kernels& kernels_;
  const Map x_, y_;
  const Activation activation_;
};

}  // namespace

std::unique_ptr<Step> activation_step(const Kernels& kernels, const Map& x, const Map& y, Activation activation, int input,
                                      int output) {
  return std::make_unique<ActivationStep>(kernels, x, y, activation, input, output);
}

}  // namespace gossamer
