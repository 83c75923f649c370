// The reference kernels: the obvious loops, in double precision, rounded once at the end. They are what the
// vector kernels are tested against, and run any network, slowly.
#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels.h"

namespace gossamer::reference {

// One output of the convolution before its bias.
static double output(const Conv& s, const float* x, const float* weights, int o, int i, int j) {
  double sum = 0;
  for (int ky = 0; ky < s.kernel; ++ky)
    for (int kx = 0; kx < s.kernel; ++kx)
      for (int c = 0; c < s.x.channels; ++c)
        sum += double(x[s.x.at(i + ky - s.half(), j + kx - s.half()) + c]) *
               weights[s.weight_at(o, c, ky * s.kernel + kx)];
  return sum;
}

static std::size_t packed_size(const Conv& s) { return s.weights(); }
static void pack(const Conv& s, const float* weights, float* packed) {
  std::copy(weights, weights + s.weights(), packed);
}
static std::size_t scratch_size(const Conv&) { return 0; }

static void conv_forward(const Conv& s, const float* x, const float* packed, const float* bias, float* y,
                         std::int32_t* indices, float*) {
  for (int i = 0; i < s.y.height; ++i)
    for (int j = 0; j < s.y.width; ++j)
      for (int o = 0; o < s.y.channels; ++o) {
        double best = output(s, x, packed, o, 2 * i, 2 * j);
        int index = 0;
        for (int p = 1; p < 4; ++p) {
          const double other = output(s, x, packed, o, 2 * i + p / 2, 2 * j + p % 2);
          if (other > best || std::isnan(other)) best = other, index = p;  // NaN wins
        }
        const double sum = best + bias[o];
        y[s.y.at(i, j) + o] = float(std::max(sum, 0.0));
        if (indices != nullptr) indices[(std::ptrdiff_t(i) * s.y.width + j) * s.y.stride + o] = index;
      }
}

static void conv_backward(const Conv& s, const float* x, const float* y, const std::int32_t* indices, const float* dy,
                          const float* weights, float* d_weights, float* d_bias, float* dx, float*) {
  std::vector<double> dw(s.weights()), db(s.y.channels), dxs(dx == nullptr ? 0 : s.x.size());
  for (int i = 0; i < s.y.height; ++i)
    for (int j = 0; j < s.y.width; ++j)
      for (int o = 0; o < s.y.channels; ++o) {
        if (!(y[s.y.at(i, j) + o] > 0)) continue;
        const double g = dy[s.y.at(i, j) + o];
        const int index = indices[(std::ptrdiff_t(i) * s.y.width + j) * s.y.stride + o];
        const int top = 2 * i + index / 2 - s.half(), left = 2 * j + index % 2 - s.half();
        db[o] += g;
        for (int ky = 0; ky < s.kernel; ++ky)
          for (int kx = 0; kx < s.kernel; ++kx)
            for (int c = 0; c < s.x.channels; ++c) {
              const std::ptrdiff_t at = s.x.at(top + ky, left + kx) + c;
              const std::size_t w = s.weight_at(o, c, ky * s.kernel + kx);
              dw[w] += g * x[at];
              if (dx != nullptr) dxs[at] += g * weights[w];
            }
      }
  for (std::size_t k = 0; k < dw.size(); ++k) d_weights[k] += float(dw[k]);
  for (std::size_t o = 0; o < db.size(); ++o) d_bias[o] += float(db[o]);
  if (dx != nullptr) std::transform(dxs.begin(), dxs.end(), dx, [](double d) { return float(d); });
}

template <class Visit>  // visit(i, j, c) of every float of a map but its border and padding
static void each(const Map& map, Visit visit) {
  for (int i = 0; i < map.height; ++i)
    for (int j = 0; j < map.width; ++j)
      for (int c = 0; c < map.channels; ++c) visit(i, j, c);
}

// visit(input's place, weight's place) of every product in an output of a filter.
template <class Visit>
static void each_product(const Filter& s, bool depthwise, int o, int i, int j, Visit visit) {
  for (int ky = 0; ky < s.kernel; ++ky)
    for (int kx = 0; kx < s.kernel; ++kx)
      for (int c = depthwise ? o : 0; c < (depthwise ? o + 1 : s.x.channels); ++c) {
        const int tap = ky * s.kernel + kx;
        visit(s.x.at(s.stride * i + ky - s.half(), s.stride * j + kx - s.half()) + c,
              depthwise ? std::size_t(tap) * s.x.stride + c : s.weight_at(o, c, tap));
      }
}

static void forward(const Filter& s, bool depthwise, const float* x, const float* weights, const float* bias, const float* added,
                    float* y) {
  each(s.y, [&](int i, int j, int o) {
    double sum = bias == nullptr ? 0 : bias[o];
    if (added != nullptr) sum += added[s.added.at(i, j) + o];
    each_product(s, depthwise, o, i, j, [&](std::ptrdiff_t at, std::size_t w) { sum += double(x[at]) * weights[w]; });
    y[s.y.at(i, j) + o] = float(s.relu && sum < 0 ? 0 : sum);
  });
}

static void backward(const Filter& s, bool depthwise, const float* x, const float* dy, const float* weights, float* d_weights,
                     float* d_bias, const float* summand, float* dx) {
  const std::size_t n = depthwise ? std::size_t(s.taps()) * s.x.stride : s.weights();
  std::vector<double> dw(n), db(s.y.channels), dxs(s.x.size());
  each(s.y, [&](int i, int j, int o) {
    const double g = dy[s.y.at(i, j) + o];
    db[o] += g;
    each_product(s, depthwise, o, i, j, [&](std::ptrdiff_t at, std::size_t w) {
      dw[w] += g * x[at];
      dxs[at] += g * weights[w];
    });
  });
  for (std::size_t k = 0; k < n; ++k) d_weights[k] += float(dw[k]);
  for (std::size_t o = 0; d_bias != nullptr && o < db.size(); ++o) d_bias[o] += float(db[o]);
  if (dx == nullptr) return;
  each(s.x, [&](int i, int j, int c) {
    const std::ptrdiff_t at = s.x.at(i, j) + c;
    dx[at] = float(dxs[at] + (summand == nullptr ? 0 : summand[at]));
  });
}

static FilterSizes filter_sizes(const Filter& s) { return {s.weights(), 0, 0}; }
static void filter_pack(const Filter& s, const float* weights, float* packed) {
  std::copy(weights, weights + s.weights(), packed);
}
static void filter_forward(const Filter& s, const float* x, const float* packed, const float* bias, const float* added, float* y,
                           float*) {
  forward(s, false, x, packed, bias, added, y);
}
static void filter_backward(const Filter& s, const FilterData& data, float* d_weights, float* d_bias, float*,
                            const float* summand, float* dx, float*) {
  backward(s, false, data.x, data.dy, data.weights, d_weights, d_bias, summand, dx);
}
static void filter_finish(const Filter&, const float*, float*) {}
static void depthwise_forward(const Filter& s, const float* x, const float* weights, const float* bias, const float* added,
                              float* y) {
  forward(s, true, x, weights, bias, added, y);
}
static void depthwise_backward(const Filter& s, const float* x, const float* dy, const float* weights, float* d_weights,
                               float* d_bias, const float* summand, float* dx, float*) {
  backward(s, true, x, dy, weights, d_weights, d_bias, summand, dx);
}

static double activated(Activation a, double x) {
  switch (a) {
    case Activation::none: return x;
    case Activation::relu: return x < 0 ? 0 : x;
    case Activation::relu6: return x < 0 ? 0 : x > 6 ? 6 : x;
    case Activation::hswish: return x * activated(Activation::relu6, x + 3) / 6;
  }
  return x;
}

static double slope(Activation a, double x) {
  switch (a) {
    case Activation::none: return 1;
    case Activation::relu: return x > 0;
    case Activation::relu6: return x > 0 && x < 6;
    case Activation::hswish: return x <= -3 ? 0 : x < 3 ? x / 3 + 0.5 : 1;
  }
  return 1;
}

static void activation_forward(const Map& x, const Map& y, Activation a, const float* in, float* out) {
  each(x, [&](int i, int j, int c) { out[y.at(i, j) + c] = float(activated(a, in[x.at(i, j) + c])); });
}

static void activation_backward(const Map& x, const Map& y, Activation a, const float* in, const float* dy, float* dx) {
  each(x, [&](int i, int j, int c) {
    dx[x.at(i, j) + c] = float(slope(a, in[x.at(i, j) + c]) * dy[y.at(i, j) + c]);
  });
}

static void moments(const Map& x, const float* in, float* mean, float* deviation) {
  std::vector<double> sum(x.channels), squares(x.channels);
  each(x, [&](int i, int j, int c) { sum[c] += in[x.at(i, j) + c] / double(x.pixels()); });
  each(x, [&](int i, int j, int c) { squares[c] += (in[x.at(i, j) + c] - sum[c]) * (in[x.at(i, j) + c] - sum[c]); });
  for (int c = 0; c < x.channels; ++c) mean[c] = float(sum[c]), deviation[c] = float(squares[c]);
}

// The argument of the activation behind a norm.
static double inner(const Norm& s, const float* x, const float* added, const NormVectors& v, int i, int j, int c) {
  const double normed = double(x[s.x.at(i, j) + c]) * v.scale[c] + v.shift[c];
  return added == nullptr ? normed : normed + added[s.added.at(i, j) + c];
}

static void norm_forward(const Norm& s, const float* x, const float* added, const NormVectors& v, float* y) {
  each(s.x, [&](int i, int j, int c) {
    y[s.y.at(i, j) + c] = float(activated(s.activation, inner(s, x, added, v, i, j, c)));
  });
}

static void norm_sums(const Norm& s, const float* x, const float* added, const NormVectors& v, float* dy, float* sum,
                      float* product) {
  std::vector<double> sums(s.x.channels), products(s.x.channels);
  each(s.x, [&](int i, int j, int c) {
    float& d = dy[s.y.at(i, j) + c];
    d = float(slope(s.activation, inner(s, x, added, v, i, j, c)) * d);
    sums[c] += d;
    products[c] += d * (double(x[s.x.at(i, j) + c]) - v.mean[c]);
  });
  for (int c = 0; c < s.x.channels; ++c) sum[c] = float(sums[c]), product[c] = float(products[c]);
}

static void norm_backward(const Norm& s, const float* x, const NormVectors& v, const float* dz, float* dx) {
  each(s.x, [&](int i, int j, int c) {
    dx[s.x.at(i, j) + c] =
        float(double(v.scale[c]) * dz[s.y.at(i, j) + c] + (double(v.slope[c]) * x[s.x.at(i, j) + c] + v.offset[c]));
  });
}

static void add_forward(const Map& a, const Map& b, const Map& y, const float* in_a, const float* in_b, float* out) {
  each(y, [&](int i, int j, int c) { out[y.at(i, j) + c] = in_a[a.at(i, j) + c] + in_b[b.at(i, j) + c]; });
}

static void add_backward(const Map& x, const Map& y, const float* dy, float* dx) {
  each(x, [&](int i, int j, int c) { dx[x.at(i, j) + c] = dy[y.at(i, j) + c]; });
}

static void max_pool_forward(const Map& x, const Map& y, const float* in, float* out, std::int32_t* indices) {
  for (int i = 0; i < y.height; ++i)
    for (int j = 0; j < y.width; ++j)
      for (int c = 0; c < x.channels; ++c) {
        int index = 0;
        for (int p = 1; p < 4; ++p) {
          const float other = in[x.at(2 * i + p / 2, 2 * j + p % 2) + c];
          if (other > in[x.at(2 * i + index / 2, 2 * j + index % 2) + c] || std::isnan(other)) index = p;
        }
        out[y.at(i, j) + c] = in[x.at(2 * i + index / 2, 2 * j + index % 2) + c];
        if (indices != nullptr) indices[(std::ptrdiff_t(i) * y.width + j) * y.stride + c] = index;
      }
}

static void max_pool_backward(const Map& x, const Map& y, const float* dy, const std::int32_t* indices, float* dx) {
  std::fill(dx, dx + x.size(), 0.0f);
  for (int i = 0; i < y.height; ++i)
    for (int j = 0; j < y.width; ++j)
      for (int c = 0; c < y.channels; ++c) {
        const int index = indices[(std::ptrdiff_t(i) * y.width + j) * y.stride + c];
        dx[x.at(2 * i + index / 2, 2 * j + index % 2) + c] = dy[y.at(i, j) + c];
      }
}

static void average_pool_forward(const Map& x, const Map& y, const float* in, float* out) {
  each(y, [&](int i, int j, int c) {
    double sum = 0;
    for (int p = 0; p < 4; ++p) sum += in[x.at(2 * i + p / 2, 2 * j + p % 2) + c];
    out[y.at(i, j) + c] = float(sum / 4);
  });
}

static void average_pool_backward(const Map& x, const Map& y, const float* dy, float* dx) {
  std::fill(dx, dx + x.size(), 0.0f);
  each(y, [&](int i, int j, int c) {
    for (int p = 0; p < 4; ++p) dx[x.at(2 * i + p / 2, 2 * j + p % 2) + c] = dy[y.at(i, j) + c] / 4;
  });
}

static void mean_forward(const Map& x, const float* in, float* out) {
  for (int c = 0; c < x.channels; ++c) {
    double sum = 0;
    for (int i = 0; i < x.height; ++i)
      for (int j = 0; j < x.width; ++j) sum += in[x.at(i, j) + c];
    out[c] = float(sum / x.pixels());
  }
}

static void mean_backward(const Map& x, const float* dy, float* dx) {
  std::fill(dx, dx + x.size(), 0.0f);
  for (int i = 0; i < x.height; ++i)
    for (int j = 0; j < x.width; ++j)
      for (int c = 0; c < x.channels; ++c) dx[x.at(i, j) + c] = dy[c] / float(x.pixels());
}

static void dense_forward(const Dense& s, int n, const float* weights, const float* bias, const float* x, float* z) {
  for (int i = 0; i < n; ++i)
    for (int c = 0; c < s.classes; ++c) {
      double sum = bias[c];
      for (int f = 0; f < s.inputs; ++f)
        sum += double(weights[std::ptrdiff_t(c) * s.inputs + f]) * x[std::ptrdiff_t(i) * s.inputs + f];
      z[std::ptrdiff_t(i) * s.classes + c] = float(sum);
    }
}

static void dense_backward(const Dense& s, int n, const float* weights, const float* x, const float* dz,
                           float* d_weights, float* d_bias, float* dx) {
  for (int c = 0; c < s.classes; ++c) {
    double bias = 0;
    for (int i = 0; i < n; ++i) bias += dz[std::ptrdiff_t(i) * s.classes + c];
    d_bias[c] += float(bias);
    for (int f = 0; f < s.inputs; ++f) {
      double sum = 0;
      for (int i = 0; i < n; ++i)
        sum += double(dz[std::ptrdiff_t(i) * s.classes + c]) * x[std::ptrdiff_t(i) * s.inputs + f];
      d_weights[std::ptrdiff_t(c) * s.inputs + f] += float(sum);
    }
  }
  for (int i = 0; i < n; ++i)
    for (int f = 0; f < s.inputs; ++f) {
      double sum = 0;
      for (int c = 0; c < s.classes; ++c)
        sum += double(dz[std::ptrdiff_t(i) * s.classes + c]) * weights[std::ptrdiff_t(c) * s.inputs + f];
      dx[std::ptrdiff_t(i) * s.inputs + f] = float(sum);
    }
}

static void adam(std::size_t n, const AdamStep& step, int parts, std::size_t part_stride, const float* gradient,
                 float* weights, float* first_moment, float* second_moment) {
  for (std::size_t i = 0; i < n; ++i) {
    double g = 0;
    for (int p = 0; p < parts; ++p) g += gradient[p * part_stride + i];
    const double m = 0.9 * first_moment[i] + 0.1 * g, v = 0.999 * second_moment[i] + 0.001 * g * g;
    first_moment[i] = float(m);
    second_moment[i] = float(v);
    weights[i] = float(double(weights[i]) * step.keep) -
                 float(step.step_size * m / (std::sqrt(v) / step.root_correction + 1e-8));
  }
}

static void sgd(std::size_t n, const SgdStep& step, int parts, std::size_t part_stride, const float* gradient,
                float* weights, float* velocity) {
  for (std::size_t i = 0; i < n; ++i) {
    double g = 0;
    for (int p = 0; p < parts; ++p) g += gradient[p * part_stride + i];
    const double u = 0.9 * velocity[i] + g;
    velocity[i] = float(u);
    weights[i] = float(double(weights[i]) * step.keep - step.rate * (g + 0.9 * u));
  }
}

static void average(std::size_t n, float share, const float* values, float* average) {
  for (std::size_t i = 0; i < n; ++i) average[i] = float(average[i] + share * (double(values[i]) - average[i]));
}

static std::int64_t multiply_adds(std::int64_t rounds, float* sum) {
  const double factor = 0.5 + *sum, term = 1.0 - *sum;
  double chain = 0;
  for (std::int64_t r = 0; r < rounds; ++r) chain = chain * factor + term;
  *sum += float(chain);
  return rounds;
}

extern const Kernels kernels;
const Kernels kernels = {
    .name = "reference",
    .lanes = 1,
    .packed_size = packed_size,
    .pack = pack,
    .scratch_size = scratch_size,
    .conv_forward = conv_forward,
    .conv_backward = conv_backward,
    .filter_sizes = filter_sizes,
    .filter_pack = filter_pack,
    .filter_forward = filter_forward,
    .filter_backward = filter_backward,
    .filter_finish = filter_finish,
    .depthwise_forward = depthwise_forward,
    .depthwise_backward = depthwise_backward,
    .moments = moments,
    .norm_forward = norm_forward,
    .norm_sums = norm_sums,
    .norm_backward = norm_backward,
    .activation_forward = activation_forward,
    .activation_backward = activation_backward,
    .add_forward = add_forward,
    .add_backward = add_backward,
    .max_pool_forward = max_pool_forward,
    .max_pool_backward = max_pool_backward,
    .average_pool_forward = average_pool_forward,
    .average_pool_backward = average_pool_backward,
    .mean_forward = mean_forward,
    .mean_backward = mean_backward,
    .dense_forward = dense_forward,
    .dense_backward = dense_backward,
    .adam = adam,
    .sgd = sgd,
    .average = average,
    .multiply_adds = multiply_adds,
};

}  // namespace gossamer::reference
