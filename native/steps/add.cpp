#include "steps.h"

namespace gossamer {

namespace {

class Add final : public Step {
 public:
  Add(const Kernels& kernels, const Map& a, const Map& b, const Map& y, int first, int second, int output)
      : Step({first, second}, output), kernels_(kernels), x_{a, b}, y_(y) {}

  void forward(const Work& w, const float*) const override { kernels_.add_forward(x_[0], x_[1], y_, w.x[0], w.x[1], w.y); }
  void backward(const Work& w, const float*, float*) const override {
    for (int k = 0; k < 2; ++k)
      if (w.dx[k] != nullptr) kernels_.add_backward(x_[k], y_, w.dy, w.dx[k]);
  }

 private:
  const Kernels& kernels_;
  const Map x_[2], y_;
};

}  // namespace

std::unique_ptr<Step> add_step(const Kernels& kernels, const Map& a, const Map& b, const Map& y, int first, int second,
                               int output) {
  return std::make_unique<Add>(kernels, a, b, y, first, second, output);
}

}  // namespace gossamer
