// The kernels, as a table of functions: one table an instruction set, and one of plain reference loops.
#pragma once

#include "shapes.h"

namespace gossamer {

// Adam's constants for one step (Kingma and Ba 2015, Algorithm 1, in PyTorch's order of operations).
struct AdamStep {
  float step_size;         // learning rate / (1 - beta1^t)
  float root_correction;   // sqrt(1 - beta2^t)
  float keep;              // what decoupled weight decay leaves of a weight before the step
};

// The same of gradient descent with Nesterov's momentum, as PyTorch writes it.
struct SgdStep {
  float rate;
  float keep;
};

// Floats that a filter's kernels work with.
struct FilterSizes {
  std::size_t packed, totals, scratch;
};

// What a filter's backward pass reads.
struct FilterData {
  const float *x, *dy, *weights, *packed;
};

// What a norm multiplies and adds, by channel.
struct NormVectors {
  const float *scale, *shift;   // forward
  const float *mean;            // of the batch
  const float *slope, *offset;  // back
};

struct Kernels {
  const char* name;
  int lanes;  // floats per vector; strides of maps are multiples of it

  // Weights in the form that conv_forward reads; once per step. packed_size and scratch_size are in floats.
  std::size_t (*packed_size)(const Conv&);
  void (*pack)(const Conv&, const float* weights, float* packed);
  std::size_t (*scratch_size)(const Conv&);

  // y = max(0, pool(conv(x) + bias)); indices[pixel of y][y.stride] = the argmax in its window,
  // 0 to 3 row by row, the first of equals; not kept if `indices` is null. A sum that is NaN wins its window.
  // Borders of y are left alone.
  void (*conv_forward)(const Conv&, const float* x, const float* packed, const float* bias, float* y,
                       std::int32_t* indices, float* scratch);
  // Given dy, the gradient with respect to y: adds to d_weights and d_bias; writes dx unless it is null.
  void (*conv_backward)(const Conv&, const float* x, const float* y, const std::int32_t* indices, const float* dy,
                        const float* weights, float* d_weights, float* d_bias, float* dx, float* scratch);

  // A convolution without a pool, y = conv(x) + bias + added, or max(0, that); bias, added and d_bias may be null. Back, from the
  // gradient with respect to that sum: adds to d_weights, or to the totals of all images, which filter_finish() adds to d_weights;
  // adds to d_bias; writes dx unless it is null, with `summand`, a map as x, unless that is.
  FilterSizes (*filter_sizes)(const Filter&);
  void (*filter_pack)(const Filter&, const float* weights, float* packed);
  void (*filter_forward)(const Filter&, const float* x, const float* packed, const float* bias, const float* added, float* y,
                         float* scratch);
  void (*filter_backward)(const Filter&, const FilterData&, float* d_weights, float* d_bias, float* totals,
                          const float* summand, float* dx, float* scratch);
  void (*filter_finish)(const Filter&, const float* totals, float* d_weights);
  // The same of a depthwise one, whose scratch holds a padded_y().
  void (*depthwise_forward)(const Filter&, const float* x, const float* weights, const float* bias, const float* added, float* y);
  void (*depthwise_backward)(const Filter&, const float* x, const float* dy, const float* weights, float* d_weights,
                             float* d_bias, const float* summand, float* dx, float* scratch);

  // Batch norm, a vector of y.stride floats per quantity. Of one image: the mean of each channel and the sum of its squared
  // deviations. Then y = activation(scale x + shift + added); `added` is null where nothing is. Back in two steps: dy becomes
  // the gradient dz with respect to the activation's argument, the sums of dz and of dz (x - mean) are written; then
  // dx = scale dz + slope x + offset.
  void (*moments)(const Map& x, const float* in, float* mean, float* deviation);
  void (*norm_forward)(const Norm&, const float* x, const float* added, const NormVectors&, float* y);
  void (*norm_sums)(const Norm&, const float* x, const float* added, const NormVectors&, float* dy, float* sum,
                    float* product);
  void (*norm_backward)(const Norm&, const float* x, const NormVectors&, const float* dz, float* dx);

  // An activation where nothing takes it in; back from its input.
  void (*activation_forward)(const Map& x, const Map& y, Activation, const float* in, float* out);
  void (*activation_backward)(const Map& x, const Map& y, Activation, const float* in, const float* dy, float* dx);

  // The sum of two maps; and its gradient to one of them, which differs from dy in its layout alone.
  void (*add_forward)(const Map& a, const Map& b, const Map& y, const float* in_a, const float* in_b, float* out);
  void (*add_backward)(const Map& x, const Map& y, const float* dy, float* dx);

  // The max-pool where no convolution precedes it.
  void (*max_pool_forward)(const Map& x, const Map& y, const float* in, float* out, std::int32_t* indices);
  void (*max_pool_backward)(const Map& x, const Map& y, const float* dy, const std::int32_t* indices, float* dx);

  // The mean of each 2x2 window, stride 2.
  void (*average_pool_forward)(const Map& x, const Map& y, const float* in, float* out);
  void (*average_pool_backward)(const Map& x, const Map& y, const float* dy, float* dx);

  // The mean over all positions.
  void (*mean_forward)(const Map& x, const float* in, float* out);
  void (*mean_backward)(const Map& x, const float* dy, float* dx);

  // Logits z[n][classes] of n inputs x[n][inputs]; and back from dz.
  void (*dense_forward)(const Dense&, int n, const float* weights, const float* bias, const float* x, float* z);
  void (*dense_backward)(const Dense&, int n, const float* weights, const float* x, const float* dz,
                         float* d_weights, float* d_bias, float* dx);

  // One step over n parameters; `gradient` may lie in several parts, which are added up in order.
  void (*adam)(std::size_t n, const AdamStep&, int parts, std::size_t part_stride, const float* gradient, float* weights,
               float* first_moment, float* second_moment);
  void (*sgd)(std::size_t n, const SgdStep&, int parts, std::size_t part_stride, const float* gradient, float* weights,
              float* velocity);
  // The moving average takes in `share` of where the n values are now.
  void (*average)(std::size_t n, float share, const float* values, float* average);

  // Nothing but `rounds` rounds of multiply-adds, for the peak; returns how many, and what they add up to in `sum`.
  std::int64_t (*multiply_adds)(std::int64_t rounds, float* sum);
};

}  // namespace gossamer
