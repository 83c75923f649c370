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
        double best = output(s, x, packed, o, s.step() * i, s.step() * j);
        int index = 0;
        for (int p = 1; s.pool && p < 4; ++p) {
          const double other = output(s, x, packed, o, 2 * i + p / 2, 2 * j + p % 2);
          if (other > best || std::isnan(other)) best = other, index = p;  // NaN wins
        }
        const double sum = best + bias[o];
        y[s.y.at(i, j) + o] = float(s.relu ? std::max(sum, 0.0) : sum);
        if (s.pool && indices != nullptr)
          indices[(std::ptrdiff_t(i) * s.y.width + j) * s.y.stride + o] = index;
      }
}

static void conv_backward(const Conv& s, const float* x, const float* y, const std::int32_t* indices, const float* dy,
                          const float* weights, float* d_weights, float* d_bias, float* dx, float*) {
  std::vector<double> dw(s.weights()), db(s.y.channels), dxs(dx == nullptr ? 0 : s.x.size());
  for (int i = 0; i < s.y.height; ++i)
    for (int j = 0; j < s.y.width; ++j)
      for (int o = 0; o < s.y.channels; ++o) {
        if (s.relu && !(y[s.y.at(i, j) + o] > 0)) continue;
        const double g = dy[s.y.at(i, j) + o];
        const int index = s.pool ? indices[(std::ptrdiff_t(i) * s.y.width + j) * s.y.stride + o] : 0;
        const int top = s.step() * i + index / 2 - s.half(), left = s.step() * j + index % 2 - s.half();
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

static void relu_forward(const Map& x, const Map& y, const float* in, float* out) {
  each(x, [&](int i, int j, int c) {
    const float value = in[x.at(i, j) + c];
    out[y.at(i, j) + c] = value < 0 ? 0 : value;
  });
}

static void relu_backward(const Map& x, const Map& y, const float* out, const float* dy, float* dx) {
  each(x, [&](int i, int j, int c) {
    dx[x.at(i, j) + c] = out[y.at(i, j) + c] > 0 ? dy[y.at(i, j) + c] : 0;
  });
}

static void add_forward(const Map& a, const Map& b, const Map& y, const float* in_a, const float* in_b, float* out) {
  each(y, [&](int i, int j, int c) { out[y.at(i, j) + c] = in_a[a.at(i, j) + c] + in_b[b.at(i, j) + c]; });
}

static void add_backward(const Map& x, const Map& y, const float* dy, float* dx) {
  each(x, [&](int i, int j, int c) { dx[x.at(i, j) + c] = dy[y.at(i, j) + c]; });
}

static void pool_forward(const Map& x, const Map& y, const float* in, float* out, std::int32_t* indices) {
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

static void pool_backward(const Map& x, const Map& y, const float* dy, const std::int32_t* indices, float* dx) {
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
    weights[i] -= float(step.step_size * m / (std::sqrt(v) / step.root_correction + 1e-8));
  }
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
    "reference", 1,
    packed_size, pack, scratch_size, conv_forward, conv_backward,
    relu_forward, relu_backward, add_forward, add_backward,
    pool_forward, pool_backward, average_pool_forward, average_pool_backward, mean_forward, mean_backward,
    dense_forward, dense_backward, adam, multiply_adds,
};

}  // namespace gossamer::reference
