#include "kernel_times.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>

#include "pass.h"
#include "steps/convolution.h"
#include "steps/filter.h"
#include "steps/folded_norm.h"

namespace gossamer {

namespace {

constexpr int IMAGES = GROUP;  // so that they lie in the same caches as a Pass's
constexpr int PARTS = 4;       // of a batch's gradient, as in trainer.cpp

using Random = std::minstd_rand;

// The least seconds of work(image) over several tries.
template <class Work>
double least_seconds(Work work) {
  using Clock = std::chrono::steady_clock;
  constexpr double TRY_SECONDS = 0.001;
  double best = 1e9;
  int rounds = 1;
  for (int tries = 0; tries < 8;) {
    const Clock::time_point start = Clock::now();
    for (int r = 0; r < rounds; ++r)
      for (int i = 0; i < IMAGES; ++i) work(i);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (seconds < TRY_SECONDS)
      rounds *= 2;
    else
      best = std::min(best, seconds / (rounds * IMAGES)), ++tries;
  }
  return best;
}

Buffer<float> fractions(std::size_t n, Random& random) {
  Buffer<float> buffer(n);
  std::uniform_real_distribution<float> between(-0.1f, 0.1f);
  for (std::size_t i = 0; i < n; ++i) buffer[i] = between(random);
  return buffer;
}

std::vector<Buffer<float>> maps_of(const Map& map, Random& random) {
  std::vector<Buffer<float>> maps;
  for (int i = 0; i < IMAGES; ++i) maps.push_back(fractions(map.size(), random));
  return maps;
}

// A map's channels: above 0 with probability `positive`, else 0 as a ReLU leaves them; and 0 in border and padding.
Buffer<float> activations(const Map& map, double positive, Random& random) {
  Buffer<float> buffer(map.size());
  std::uniform_real_distribution<double> chance(0, 1);
  for (int i = 0; i < map.height; ++i)
    for (int j = 0; j < map.width; ++j)
      for (int c = 0; c < map.channels; ++c)
        if (chance(random) < positive) buffer[map.at(i, j) + c] = float(chance(random)) + 0.01f;
  return buffer;
}

Buffer<std::int32_t> random_indices(const Map& map, Random& random) {
  Buffer<std::int32_t> buffer(std::size_t(map.pixels()) * map.stride);
  for (std::size_t i = 0; i < buffer.size(); ++i) buffer[i] = std::int32_t(random() >> 8 & 3);
  return buffer;
}

// How often the weights between two channels are used for so many outputs, all together: those of a kernel once per output,
// Winograd's, which are more, once per tile.
double uses(std::size_t weights, int kernel, int height, int width) {
  const int side = int(std::lround(std::sqrt(double(weights)))), tile = side > kernel ? side - 2 : 1;
  return double(weights) * ((height + tile - 1) / tile) * ((width + tile - 1) / tile);
}

void time_convolution(const Kernels& k, const Conv& s, int number, double positive, std::vector<KernelTime>& times) {
  Random random(1);
  std::vector<Buffer<float>> x, y, dy;
  std::vector<Buffer<std::int32_t>> indices;
  for (int i = 0; i < IMAGES; ++i) {
    x.push_back(activations(s.x, s.image ? 1 : positive, random));
    y.push_back(activations(s.y, positive, random));
    dy.push_back(fractions(s.y.size(), random));
    indices.push_back(random_indices(s.y, random));
  }
  const Buffer<float> weights = fractions(s.weights(), random), bias = fractions(std::size_t(s.y.stride), random);
  Buffer<float> packed(k.packed_size(s)), scratch(k.scratch_size(s)), out(s.y.size()), dx(s.x.size());
  Buffer<float> d_weights(s.weights()), d_bias(std::size_t(s.y.stride));
  Buffer<std::int32_t> found(std::size_t(s.y.pixels()) * s.y.stride);
  const std::string name = "convolution " + std::to_string(number) + ", ";

  const std::size_t weights_of_one = packed.size() / (std::size_t(s.x.channels) * s.y.stride);
  const double forward =
      double(s.x.channels) * s.y.channels * uses(weights_of_one, s.kernel, 2 * s.y.height, 2 * s.y.width);
  const double back = positive * s.y.pixels() * s.y.channels * s.x.channels * s.taps();
  k.pack(s, weights.data(), packed.data());
  for (std::int32_t* kept : {found.data(), static_cast<std::int32_t*>(nullptr)})
    times.push_back({name + (kept != nullptr ? "forward" : "forward, evaluation"), least_seconds([&](int i) {
                       k.conv_forward(s, x[i].data(), packed.data(), bias.data(), out.data(), kept, scratch.data());
                     }),
                     forward, false});
  times.push_back({name + (s.image ? "weight gradient" : "backward"), least_seconds([&](int i) {
                     k.conv_backward(s, x[i].data(), y[i].data(), indices[i].data(), dy[i].data(), weights.data(),
                                     d_weights.data(), d_bias.data(), s.image ? nullptr : dx.data(), scratch.data());
                   }),
                   s.image ? back : 2 * back, false});
  times.push_back({name + "packing the weights",
                   least_seconds([&](int) { k.pack(s, weights.data(), packed.data()); }), 0, true});
}

void time_filter(const Kernels& k, const Filter& s, bool depthwise, int number, std::vector<KernelTime>& times) {
  Random random(1);
  const std::vector<Buffer<float>> x = maps_of(s.x, random), dy = maps_of(s.y, random);
  const std::size_t size = depthwise ? std::size_t(s.taps()) * s.x.stride : s.weights();
  const Buffer<float> weights = fractions(size, random);
  const FilterSizes sizes = depthwise ? FilterSizes{0, 0, s.padded_y().size()} : k.filter_sizes(s);
  Buffer<float> packed(sizes.packed), totals(sizes.totals), scratch(sizes.scratch);
  Buffer<float> out(s.y.size()), dx(s.x.size()), d_weights(size);
  const std::string name = (depthwise ? "depthwise " : "filter ") + std::to_string(number) + ", ";
  const bool winograd = sizes.totals > 0;
  const std::size_t weights_of_one = winograd ? sizes.totals / (std::size_t(s.y.channels) * s.x.stride) : s.taps();
  const double work = double(s.y.channels) * (depthwise ? 1 : s.x.channels) * uses(weights_of_one, s.kernel, s.y.height, s.y.width);
  const auto back = [&](int i, float* to) {
    if (depthwise)
      k.depthwise_backward(s, x[i].data(), dy[i].data(), weights.data(), d_weights.data(), nullptr, nullptr, to, scratch.data());
    else
      k.filter_backward(s, {x[i].data(), dy[i].data(), weights.data(), packed.data()}, d_weights.data(), nullptr,
                        totals.data(), nullptr, to, scratch.data());
  };
  if (!depthwise) k.filter_pack(s, weights.data(), packed.data());
  times.push_back({name + "forward", least_seconds([&](int i) {
                     if (depthwise)
                       k.depthwise_forward(s, x[i].data(), weights.data(), nullptr, nullptr, out.data());
                     else
                       k.filter_forward(s, x[i].data(), packed.data(), nullptr, nullptr, out.data(), scratch.data());
                   }),
                   work, false});
  times.push_back({name + "weight gradient", least_seconds([&](int i) { back(i, nullptr); }), work, false});
  if (!s.image)
    times.push_back({name + "backward", least_seconds([&](int i) { back(i, dx.data()); }), 2 * work, false});
}

void time_norm(const Kernels& k, const Norm& s, bool adds, int number, std::vector<KernelTime>& times) {
  Random random(1);
  const std::vector<Buffer<float>> x = maps_of(s.x, random), added = maps_of(s.added, random);
  std::vector<Buffer<float>> dy;
  for (int i = 0; i < IMAGES; ++i) dy.emplace_back(s.y.size());  // zeros: what is multiplied again and again stays a number
  const Buffer<float> vectors = fractions(5 * std::size_t(s.x.stride), random);
  const auto vector = [&](int which) { return vectors.data() + which * s.x.stride; };
  const NormVectors v{vector(0), vector(1), vector(2), vector(3), vector(4)};
  Buffer<float> out(s.y.size()), dx(s.x.size()), sum(std::size_t(s.x.stride)), product(std::size_t(s.x.stride));
  const std::string name = "norm " + std::to_string(number) + ", ";
  const auto summand = [&](int i) { return adds ? added[i].data() : nullptr; };
  const auto add = [&](const char* what, auto work) { times.push_back({name + what, least_seconds(work), 0, false}); };
  add("moments", [&](int i) { k.moments(s.x, x[i].data(), sum.data(), product.data()); });
  add("forward", [&](int i) { k.norm_forward(s, x[i].data(), summand(i), v, out.data()); });
  add("sums", [&](int i) { k.norm_sums(s, x[i].data(), summand(i), v, dy[i].data(), sum.data(), product.data()); });
  add("backward", [&](int i) { k.norm_backward(s, x[i].data(), v, dy[i].data(), dx.data()); });
}

void time_dense(const Kernels& k, const Dense& s, double positive, std::vector<KernelTime>& times) {
  Random random(1);
  const Map map{1, IMAGES, s.inputs, s.inputs, 0};
  const Buffer<float> x = activations(map, positive, random);
  const Buffer<float> weights = fractions(std::size_t(s.inputs) * s.classes, random);
  const Buffer<float> bias = fractions(s.classes, random), dz = fractions(std::size_t(IMAGES) * s.classes, random);
  Buffer<float> z(dz.size()), dx(x.size()), d_weights(weights.size()), d_bias(s.classes);
  const double work = double(s.inputs) * s.classes;
  times.push_back({"dense, forward", least_seconds([&](int) {
                                       k.dense_forward(s, IMAGES, weights.data(), bias.data(), x.data(), z.data());
                                     }) / IMAGES,
                   work, false});
  times.push_back({"dense, backward", least_seconds([&](int) {
                                        k.dense_backward(s, IMAGES, weights.data(), x.data(), dz.data(),
                                                         d_weights.data(), d_bias.data(), dx.data());
                                      }) / IMAGES,
                   2 * work, false});
}

void time_adam(const Kernels& k, std::size_t parameters, std::vector<KernelTime>& times) {
  Random random(1);
  const Buffer<float> gradient = fractions(PARTS * parameters, random);
  Buffer<float> weights = fractions(parameters, random), first(parameters), second(parameters);
  times.push_back({"Adam", least_seconds([&](int) {
                     k.adam(parameters, {0.001f, 1, 1}, PARTS, parameters, gradient.data(), weights.data(), first.data(),
                            second.data());
                   }),
                   0, true});
}

}  // namespace

std::vector<KernelTime> kernel_times(const Plan& plan, double positive) {
  std::vector<KernelTime> times;
  int convolutions = 0, filters = 0, depthwise = 0, norms = 0;
  for (const auto& step : plan.steps)
    if (const auto* const conv = dynamic_cast<const ConvolutionStep*>(step.get()))
      time_convolution(plan.kernels, conv->conv, ++convolutions, positive, times);
    else if (const auto* const filter = dynamic_cast<const FilterStep*>(step.get()))
      time_filter(plan.kernels, filter->filter, filter->depthwise, filter->depthwise ? ++depthwise : ++filters, times);
    else if (const auto* const folded = dynamic_cast<const FoldedNormStep*>(step.get()))
      time_filter(plan.kernels, folded->filter, false, ++filters, times);
    else if (const auto* const norm = dynamic_cast<const NormStep*>(step.get()))
      time_norm(plan.kernels, norm->norm, norm->inputs.size() == 2, ++norms, times);
  time_dense(plan.kernels, plan.head().dense, positive, times);
  time_adam(plan.kernels, plan.parameters.size(), times);
  return times;
}

}  // namespace gossamer
