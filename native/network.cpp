#include "network.h"

#include <algorithm>

namespace gossamer {

template <class Int>
static Int round_up(Int n, Int to) {
  return (n + to - 1) / to * to;
}

Network::Network(const Kernels& k, const std::vector<Layer>& layers, int height, int width, int channels) : kernels(k) {
  constexpr std::size_t block = 16;  // parameters begin at a multiple of it, so that every vector width divides them
  const auto border = [&](std::size_t next) {  // what the layer that reads a map needs around it
    return next < layers.size() && layers[next].kind == Layer::Kind::convolution ? (layers[next].kernel - 1) / 2 : 0;
  };
  const auto place = [&](std::size_t n) {
    const std::size_t at = parameters;
    parameters += round_up(n, block);
    return at;
  };
  image = {height, width, channels, channels, border(0)};
  Map x = image;
  for (std::size_t i = 0; i + 1 < layers.size(); ++i) {
    const Layer& layer = layers[i];
    Stage stage{};
    stage.kind = layer.kind;
    stage.x = x;
    bool pool = layer.kind == Layer::Kind::pool;
    int out = x.channels;
    if (layer.kind == Layer::Kind::convolution) {
      out = layer.channels;
      pool = i + 2 < layers.size() && layers[i + 1].kind == Layer::Kind::pool;
      if (pool) ++i;
    }
    stage.y = {pool ? x.height / 2 : x.height, pool ? x.width / 2 : x.width, out, round_up(out, k.lanes), border(i + 1)};
    if (layer.kind == Layer::Kind::mean) stage.y.height = stage.y.width = 1;
    if (layer.kind == Layer::Kind::convolution) {
      stage.conv = {x, stage.y, layer.kernel, pool, stages.empty()};
      stage.weights = place(stage.conv.weights());
      stage.bias = place(std::size_t(stage.y.stride));
    }
    stages.push_back(stage);
    x = stage.y;
  }
  dense.kind = Layer::Kind::dense;
  dense.x = x;
  dense.dense = {round_up(int(x.size()), k.lanes), layers.back().channels};
  dense.weights = place(std::size_t(dense.dense.inputs) * dense.dense.classes);
  dense.bias = place(std::size_t(dense.dense.classes));
}

// Visits (array, place in it, place in the flat array) of every parameter.
template <class Visit>
void Network::each_parameter(Visit visit) const {
  std::size_t array = 0;
  for (const Stage& stage : stages) {
    if (stage.kind != Layer::Kind::convolution) continue;
    const Conv& s = stage.conv;
    std::size_t n = 0;
    for (int o = 0; o < s.y.channels; ++o)
      for (int c = 0; c < s.x.channels; ++c)
        for (int t = 0; t < s.taps(); ++t) visit(array, n++, stage.weights + s.weight_at(o, c, t));
    for (int o = 0; o < s.y.channels; ++o) visit(array + 1, std::size_t(o), stage.bias + o);
    array += 2;
  }
  std::size_t n = 0;
  for (int k = 0; k < dense.dense.classes; ++k)
    for (int c = 0; c < dense.x.channels; ++c)
      for (int i = 0; i < dense.x.height; ++i)
        for (int j = 0; j < dense.x.width; ++j)
          visit(array, n++, dense.weights + std::size_t(k) * dense.dense.inputs + dense.x.at(i, j) + c);
  for (int k = 0; k < dense.dense.classes; ++k) visit(array + 1, std::size_t(k), dense.bias + k);
}

void Network::gather(const std::vector<const float*>& arrays, float* flat) const {
  std::fill(flat, flat + parameters, 0.0f);
  each_parameter([&](std::size_t array, std::size_t from, std::size_t to) { flat[to] = arrays[array][from]; });
}

void Network::scatter(const float* flat, const std::vector<float*>& arrays) const {
  each_parameter([&](std::size_t array, std::size_t to, std::size_t from) { arrays[array][to] = flat[from]; });
}

std::vector<std::size_t> Network::array_sizes() const {
  std::vector<std::size_t> sizes;
  each_parameter([&](std::size_t array, std::size_t, std::size_t) {
    sizes.resize(std::max(sizes.size(), array + 1));
    ++sizes[array];
  });
  return sizes;
}

}  // namespace gossamer
