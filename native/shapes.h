// Shapes and memory layouts that every kernel, reference or vector, agrees on.
//
// H rows, W columns, C channels, K kernel. All maps are channels-last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace gossamer {

// An activation map with a border of zeros: channel c of pixel (i, j) stands at at(i, j) + c.
struct Map {
  int height, width, channels;
  int stride;  // floats per pixel: the channels, rounded up to whole vectors (not of an image that convolutions alone read)
  int border;  // zero pixels on every side, for the convolution that reads the map

  int row() const { return (width + 2 * border) * stride; }
  int pixels() const { return height * width; }
  std::size_t size() const { return std::size_t(height + 2 * border) * row(); }
  std::ptrdiff_t at(int i, int j) const { return std::ptrdiff_t(i + border) * row() + (j + border) * stride; }
};

// A K x K convolution of padding (K - 1) / 2 from x to y.
//
// Weights and their gradient lie where the weight gradient wants them: vectors run over the output channels
// if the input is an image, [K * K][C][y.stride], else over the input channels, [C_out][K * K][x.stride].
struct Convolution {
  Map x, y;
  int kernel;
  bool image;  // x is the image, its channels without padding

  int half() const { return (kernel - 1) / 2; }
  int taps() const { return kernel * kernel; }
  std::size_t weights() const {
    return image ? std::size_t(taps()) * x.channels * y.stride : std::size_t(y.channels) * taps() * x.stride;
  }
  std::size_t weight_at(int o, int c, int tap) const {
    return image ? (std::size_t(tap) * x.channels + c) * y.stride + o : (std::size_t(o) * taps() + tap) * x.stride + c;
  }
};

// One of stride 1 with bias, the ReLU that follows it, and the 2x2 max-pool of stride 2 behind both, which makes y (an odd last row
// or column is left out).
struct Conv : Convolution {};

// One without a pool: y = conv(x) + bias + added, where something is added, with the ReLU that follows if `relu`. The weights of a
// depthwise one are [K * K][x.stride].
struct Filter : Convolution {
  int stride;
  bool relu = false;
  Map added{};

  // Pixels around y that the gradient with respect to x reads, as zeros.
  int reach() const { return (half() + stride - 1) / stride; }
  Map padded_y() const { return {y.height, y.width, y.channels, y.stride, reach()}; }
  // The same of a 1x1 kernel as one long row, where nothing lies between the rows: longer rows make fuller blocks.
  Filter in_one_row() const {
    if (kernel > 1 || stride > 1 || x.border > 0 || y.border > 0 || added.border > 0) return *this;
    Filter row = *this;
    for (Map* map : {&row.x, &row.y, &row.added}) map->width *= map->height, map->height = 1;
    return row;
  }
};

enum class Activation { none, relu, relu6, hswish };

// y = activation(norm(x) + added), where something is added; of a batch norm.
struct Norm {
  Map x, y, added;
  Activation activation;
};

// A dense layer over `inputs` floats; weights are [classes][inputs].
struct Dense {
  int inputs, classes;
};

}  // namespace gossamer
