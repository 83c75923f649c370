// What the tests of single kernels share: a case's values, the maps that they lie in, and the run over a table of cases and
// over random ones.
//
// Cases of small integers, zeros or ones have sums that are exact in single precision whatever their order, Winograd's
// quarters included: there a kernel must give the reference's very bits, and its index in every tie of a pool.
#pragma once

#include <algorithm>
#include <cstring>

#include "check.h"
#include "kernels.h"

namespace gossamer::tests {

enum class Values { fractions, integers, zeros, ones };
constexpr const char* NAMES[] = {"fractions", "integers", "zeros", "ones"};
constexpr Values ALL_VALUES[] = {Values::fractions, Values::integers, Values::zeros, Values::ones};
constexpr int WIDTHS[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65};  // about every vector's edge

inline double tolerance(Values values) { return values == Values::fractions ? TOLERANCE : 0; }

// Whether a 3x3 convolution to so many outputs goes by Winograd's F(4x4, 3x3), whose thirds no float holds exactly.
inline bool takes_large_tiles(int height, int width) {
  const auto tiles = [&](int side) { return (height + side - 1) / side * ((width + side - 1) / side); };
  return 4 * 36 * tiles(4) <= 3 * 16 * tiles(2);
}

inline int round_up(int n, int to) { return (n + to - 1) / to * to; }

inline float value(Random& random, Values values) {
  return values == Values::fractions ? random.fraction() : float(random.between(-3, 3));
}

// n values; of zeros or ones, what is not an activation is integers.
inline Buffer<float> filled(Random& random, std::size_t n, Values values) {
  Buffer<float> buffer(n);
  for (std::size_t i = 0; i < n; ++i) buffer[i] = value(random, values);
  return buffer;
}

template <class Visit>  // visit(i, j, c) of every value of a map
void each(const Map& map, Visit visit) {
  for (int i = 0; i < map.height; ++i)
    for (int j = 0; j < map.width; ++j)
      for (int c = 0; c < map.channels; ++c) visit(i, j, c);
}

// A map of values: channels beyond the last are zero; the border is what the reader expects there.
template <class Value>
Buffer<float> map_of(const Map& map, float border, Value value) {
  Buffer<float> buffer(map.size());
  for (std::size_t i = 0; i < map.size(); ++i) buffer[i] = border;
  for (int i = 0; i < map.height; ++i) std::fill_n(buffer.data() + map.at(i, 0), map.width * map.stride, 0.0f);
  each(map, [&](int i, int j, int c) { buffer[std::size_t(map.at(i, j) + c)] = value(); });
  return buffer;
}

inline Buffer<float> filled_map(Random& random, const Map& map, Values values, float border) {
  return map_of(map, border, [&] {
    return values == Values::zeros ? 0.0f : values == Values::ones ? 1.0f : value(random, values);
  });
}

constexpr Activation ALL_ACTIVATIONS[] = {Activation::none, Activation::relu, Activation::relu6, Activation::hswish};
constexpr const char* ACTIVATION_NAMES[] = {"no activation", "relu", "relu6", "hswish"};

// What activations tell apart: numbers from -9 to 9, many of them where an activation bends.
inline Buffer<float> activations_map(Random& random, const Map& map) {
  constexpr float bends[] = {-3, 0, 3, 6};
  return map_of(map, UNWRITTEN, [&] { return random.between(0, 2) == 0 ? random.pick(bends) : 9 * random.fraction(); });
}

inline std::vector<float> inside(const Map& map, const float* data) {
  std::vector<float> values;
  each(map, [&](int i, int j, int c) { values.push_back(data[map.at(i, j) + c]); });
  return values;
}

inline std::vector<float> inside(const Map& map, const std::int32_t* indices) {
  std::vector<float> values;
  for (int n = 0; n < map.pixels(); ++n)
    for (int c = 0; c < map.channels; ++c) values.push_back(float(indices[std::ptrdiff_t(n) * map.stride + c]));
  return values;
}

// NaN as 1, all else as 0.
inline std::vector<float> lost(std::vector<float> values) {
  for (float& v : values) v = std::isnan(v) ? 1.0f : 0.0f;
  return values;
}

inline Buffer<float> copy(const Buffer<float>& values) {
  Buffer<float> copied(values.size());
  std::memcpy(copied.data(), values.data(), values.size() * sizeof(float));
  return copied;
}

// The map with a NaN somewhere, as a fit that diverges has them.
inline Buffer<float> with_a_nan(Random& random, const Map& map, const Buffer<float>& values) {
  Buffer<float> diverged = copy(values);
  diverged[std::size_t(map.at(random.between(0, map.height - 1), random.between(0, map.width - 1)) +
                       random.between(0, map.channels - 1))] = std::numeric_limits<float>::quiet_NaN();
  return diverged;
}

inline bool is_border_untouched(const Map& map, const float* data) {
  for (int i = -map.border; i < map.height + map.border; ++i)
    for (int j = -map.border; j < map.width + map.border; ++j)
      if (i < 0 || i >= map.height || j < 0 || j >= map.width)
        for (int c = 0; c < map.stride; ++c)
          if (!is_unwritten(data[map.at(i, j) + c])) return false;
  return true;
}

inline bool is_padding_zero(const Map& map, const float* data) {
  for (int i = 0; i < map.height; ++i)
    for (int j = 0; j < map.width; ++j)
      for (int c = map.channels; c < map.stride; ++c)
        if (data[map.at(i, j) + c] != 0) return false;
  return true;
}

inline std::string size_of(int height, int width, int channels) {
  return std::to_string(height) + "x" + std::to_string(width) + "x" + std::to_string(channels);
}

// Runs the cases of a table, then `shapes` random ones, by their draw(), check() and describe().
template <class Case, std::size_t n>
void test(const Kernels& k, const Kernels& reference, const Case (&cases)[n], int shapes, Report& report) {
  Random random(n);
  for (const Case& c : cases) report.add(k.name, describe(c), check(k, reference, c, random));
  for (int drawn = 0; drawn < shapes; ++drawn) {
    Case c;
    draw(random, c);
    report.add(k.name, describe(c), check(k, reference, c, random));
  }
}

using Test = void(const Kernels&, const Kernels& reference, int shapes, Report&);
Test test_convolutions, test_filters, test_pools, test_activations, test_norms, test_dense_layers, test_optimizers;

}  // namespace gossamer::tests
