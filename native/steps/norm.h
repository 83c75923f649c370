// Batch norm with the sum and the activation behind it (Ioffe and Szegedy 2015, Algorithm 1). Its statistics are the whole batch's: of
// every part they are counted image by image, in double, and merged in the parts' order, so that threads change no bit.
#pragma once

#include "../kernels.h"
#include "../parameters.h"
#include "../step.h"

namespace gossamer {

// Values of each channel counted so far: how many, their mean, and the sum of their squared deviations.
struct Moments {
  explicit Moments(std::size_t channels = 0) : mean(channels), deviation(channels) {}
  void clear();
  // Takes others in (Chan, Golub and LeVeque 1979): `n` of each channel.
  template <class Number>
  void add(double n, const Number* mean, const Number* deviation);

  double count = 0;
  std::vector<double> mean, deviation;
};

// The sums of dz and of dz (x - mean), by channel.
struct NormSums {
  explicit NormSums(std::size_t channels = 0) : dz(channels), product(channels) {}
  void clear();
  void add(const NormSums&);

  std::vector<double> dz, product;
};

class NormStep : public Step {
 public:
  // The second of two inputs is what is added.
  NormStep(const Kernels& kernels, const Norm&, Parameters& parameters, Parameters& statistics,
           std::vector<int> inputs, int output);

  std::size_t packed_size() const override { return std::size_t(VECTORS) * norm.x.stride; }
  bool leaves_gradient() const override { return inputs.size() == 2 && norm.added.border == norm.y.border; }
  std::size_t scratch_size() const override { return 2 * std::size_t(norm.x.stride); }
  std::size_t channels() const { return std::size_t(norm.x.channels); }

  // An image's part of the statistics.
  void count(const Work&, Moments&) const;
  // Once all images are counted: what forward() multiplies and adds, into `packed`.
  virtual void normalize(const Moments& batch, const float* parameters, float* packed) const;
  void forward(const Work&, const float* parameters) const override;
  // The same of the gradient: an image's part of the sums, and what backward() needs once they are all there. Of dy, it makes
  // the gradient with respect to the activation's argument, which is what backward() takes.
  virtual void count_back(const Work&, NormSums&) const;
  // Whether count_back() writes dx[0] and backward() completes it; else that is left alone until then, and dy is kept.
  virtual bool goes_back_in_two() const { return false; }
  // Of a part, once all its images are counted: what only then can be added to the sums and the gradient.
  virtual void conclude_back(const float* /*parameters*/, const float* /*packed*/, float* /*totals*/, NormSums&,
                             float* /*gradient*/) const {}
  void normalize_back(const Moments& batch, const NormSums& sums, float* packed) const;
  void backward(const Work&, const float* parameters, float* gradient) const override;
  // A part's gradient with respect to the norm's own parameters.
  void add_gradient(const NormSums& part, const float* packed, float* gradient) const;
  // Moves the running mean and variance; one value per channel says nothing about them.
  void update(const Moments& batch, float* statistics) const;

  const Norm norm;

 protected:
  enum { SCALE, SHIFT, MEAN, SLOPE, OFFSET, INVERSE, VECTORS };  // vectors in `packed`; INVERSE: 1 / standard deviation
  NormVectors vectors(const float* packed) const;

  const Kernels& kernels_;

 private:
  const std::size_t weight_, bias_, running_mean_, running_variance_;
};

}  // namespace gossamer
