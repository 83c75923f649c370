// Training as a textbook has it: node by node, one image at a time, in double precision, on arrays in PyTorch's order. It
// shares nothing with the core but the graph of a network, so that no mistake is made in both.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "graph.h"
#include "trainer.h"

namespace gossamer::tests {

struct Volume {
  int channels, height, width;
  std::vector<double> values{};
  Volume(int c, int h, int w) : channels(c), height(h), width(w), values(std::size_t(c) * h * w) {}
  double& at(int c, int i, int j) { return values[(std::size_t(c) * height + i) * width + j]; }
};

using Arrays = std::vector<std::vector<double>>;  // weight, bias, weight, bias, ...

class Naive {
 public:
  Naive(std::vector<Node> nodes, const Images& images, int height, int width, int channels, const Arrays& weights)
      : parameters(weights),
        first(zeros()),
        second(zeros()),
        nodes_(std::move(nodes)),
        images_(images),
        height_(height),
        width_(width),
        channels_(channels) {}

  Score train_epoch(const std::vector<std::int64_t>& order, double learning_rate, int batch) {
    Score score;
    for (std::size_t from = 0; from < order.size(); from += std::size_t(batch)) {
      const std::size_t end = std::min(order.size(), from + std::size_t(batch));
      Arrays gradient = zeros();
      for (std::size_t i = from; i < end; ++i) learn(order[i], 1.0 / double(end - from), &gradient, score);
      adam(gradient, learning_rate);
    }
    score.loss /= double(score.images);
    return score;
  }

  Score evaluate(const std::vector<std::int64_t>& rows) {
    Score score;
    for (const std::int64_t row : rows) learn(row, 0, nullptr, score);
    score.loss /= double(score.images);
    return score;
  }

  std::vector<double> logits(std::int64_t row) { return forward(row).back().values; }

  Arrays parameters, first, second;

 private:
  Arrays zeros() const {
    Arrays all = parameters;
    for (auto& array : all) std::fill(array.begin(), array.end(), 0.0);
    return all;
  }

  std::vector<Volume> forward(std::int64_t row) {
    Volume image(channels_, height_, width_);
    const std::uint8_t* pixel = images_.pixels + std::size_t(row) * images_.image_bytes;
    for (int i = 0; i < height_; ++i)
      for (int j = 0; j < width_; ++j)
        for (int c = 0; c < channels_; ++c) image.at(c, i, j) = *pixel++ / 255.0;
    std::vector<Volume> values{image};
    std::size_t array = 0;
    for (const Node& node : nodes_) {
      Volume& x = values[std::size_t(node.inputs[0])];
      Volume y(node.channels, 1, 1);
      switch (node.op) {
        case Op::convolution:
          y = Volume(node.channels, x.height, x.width);
          each_product(node, x, [&](int o, int i, int j, std::size_t w, double& in) {
            y.at(o, i, j) += parameters[array][w] * in;
          });
          for (std::size_t n = 0; n < y.values.size(); ++n)
            y.values[n] += parameters[array + 1][n / (std::size_t(y.height) * y.width)];
          array += 2;
          break;
        case Op::relu:
          y = x;
          for (double& value : y.values) value = std::max(0.0, value);
          break;
        case Op::max_pool:
          y = Volume(x.channels, x.height / 2, x.width / 2);
          each_window(x, y, [&](double& in, double& out) { out = in; });
          break;
        case Op::average_pool:
          y = Volume(x.channels, x.height / 2, x.width / 2);
          each_pooled(x, y, [](double& in, double& out) { out += in / 4; });
          break;
        case Op::mean:
          y = Volume(x.channels, 1, 1);
          for (std::size_t n = 0; n < x.values.size(); ++n)
            y.values[n / (x.height * x.width)] += x.values[n] / (x.height * x.width);
          break;
        case Op::add:
          y = x;
          for (std::size_t n = 0; n < y.values.size(); ++n) y.values[n] += values[std::size_t(node.inputs[1])].values[n];
          break;
        case Op::dense:
          for (std::size_t o = 0; o < y.values.size(); ++o) {
            y.values[o] = parameters[array + 1][o];
            for (std::size_t n = 0; n < x.values.size(); ++n)
              y.values[o] += parameters[array][o * x.values.size() + n] * x.values[n];
          }
      }
      values.push_back(y);
    }
    return values;
  }

  // One image's cross entropy, and its gradient times `scale` added to `gradient`.
  void learn(std::int64_t row, double scale, Arrays* gradient, Score& score) {
    std::vector<Volume> values = forward(row);
    const std::vector<double>& z = values.back().values;
    const std::size_t label = std::size_t(images_.labels[row]);
    const double top = *std::max_element(z.begin(), z.end());
    double sum = 0;
    for (const double each : z) sum += std::exp(each - top);
    score.images += 1;
    score.loss += std::log(sum) + top - z[label];
    score.correct += std::size_t(std::max_element(z.begin(), z.end()) - z.begin()) == label;
    if (gradient == nullptr) return;

    std::vector<Volume> gradients;  // with respect to each value, the sum of what its readers give it
    for (const Volume& value : values) gradients.emplace_back(value.channels, value.height, value.width);
    for (std::size_t o = 0; o < z.size(); ++o)
      gradients.back().values[o] = scale * (std::exp(z[o] - top) / sum - (o == label));
    std::size_t array = parameters.size();
    for (std::size_t l = nodes_.size(); l-- > 0;) {
      const Node& node = nodes_[l];
      Volume& x = values[std::size_t(node.inputs[0])];
      Volume &dx = gradients[std::size_t(node.inputs[0])], &dy = gradients[l + 1];
      switch (node.op) {
        case Op::dense:
          array -= 2;
          for (std::size_t o = 0; o < dy.values.size(); ++o) {
            (*gradient)[array + 1][o] += dy.values[o];
            for (std::size_t n = 0; n < x.values.size(); ++n) {
              (*gradient)[array][o * x.values.size() + n] += dy.values[o] * x.values[n];
              dx.values[n] += dy.values[o] * parameters[array][o * x.values.size() + n];
            }
          }
          break;
        case Op::mean: {
          const std::size_t pixels = std::size_t(x.height) * x.width;
          for (std::size_t n = 0; n < x.values.size(); ++n) dx.values[n] += dy.values[n / pixels] / double(pixels);
          break;
        }
        case Op::max_pool:
          each_window(x, dy, [&](double& in, double& out) { dx.values[std::size_t(&in - x.values.data())] += out; });
          break;
        case Op::average_pool:
          each_pooled(dx, dy, [](double& in, double& out) { in += out / 4; });
          break;
        case Op::relu:
          for (std::size_t n = 0; n < dy.values.size(); ++n)
            if (x.values[n] > 0) dx.values[n] += dy.values[n];
          break;
        case Op::add:
          for (const int input : node.inputs)
            for (std::size_t n = 0; n < dy.values.size(); ++n) gradients[std::size_t(input)].values[n] += dy.values[n];
          break;
        case Op::convolution:
          array -= 2;
          for (std::size_t n = 0; n < dy.values.size(); ++n)
            (*gradient)[array + 1][n / (std::size_t(dy.height) * dy.width)] += dy.values[n];
          each_product(node, x, [&](int o, int i, int j, std::size_t w, double& in) {
            (*gradient)[array][w] += dy.at(o, i, j) * in;
            dx.values[std::size_t(&in - x.values.data())] += dy.at(o, i, j) * parameters[array][w];
          });
      }
    }
  }

  // visit(output channel, row, column, weight's place, input) of every product in a convolution; padding has none.
  template <class Visit>
  static void each_product(const Node& node, Volume& x, Visit visit) {
    const int kernel = node.kernel, half = (kernel - 1) / 2;
    for (int o = 0; o < node.channels; ++o)
      for (int i = 0; i < x.height; ++i)
        for (int j = 0; j < x.width; ++j)
          for (int c = 0; c < x.channels; ++c)
            for (int ky = 0; ky < kernel; ++ky)
              for (int kx = 0; kx < kernel; ++kx) {
                const int top = i + ky - half, left = j + kx - half;
                if (top < 0 || top >= x.height || left < 0 || left >= x.width) continue;
                visit(o, i, j, ((std::size_t(o) * x.channels + c) * kernel + ky) * kernel + kx, x.at(c, top, left));
              }
  }

  // visit(the window's first largest input, its output) of every window of a pool.
  template <class Visit>
  static void each_window(Volume& x, Volume& y, Visit visit) {
    for (int c = 0; c < y.channels; ++c)
      for (int i = 0; i < y.height; ++i)
        for (int j = 0; j < y.width; ++j) {
          double* best = &x.at(c, 2 * i, 2 * j);
          for (double* other : {&x.at(c, 2 * i, 2 * j + 1), &x.at(c, 2 * i + 1, 2 * j), &x.at(c, 2 * i + 1, 2 * j + 1)})
            if (*other > *best) best = other;
          visit(*best, y.at(c, i, j));
        }
  }

  // visit(input, its window's output) of every input that is in a window of a pool.
  template <class Visit>
  static void each_pooled(Volume& x, Volume& y, Visit visit) {
    for (int c = 0; c < y.channels; ++c)
      for (int i = 0; i < 2 * y.height; ++i)
        for (int j = 0; j < 2 * y.width; ++j) visit(x.at(c, i, j), y.at(c, i / 2, j / 2));
  }

  void adam(const Arrays& gradient, double learning_rate) {
    ++step_;
    const double bias1 = 1 - std::pow(0.9, step_), bias2 = 1 - std::pow(0.999, step_);
    for (std::size_t a = 0; a < parameters.size(); ++a)
      for (std::size_t n = 0; n < parameters[a].size(); ++n) {
        const double g = gradient[a][n];
        first[a][n] = 0.9 * first[a][n] + 0.1 * g;
        second[a][n] = 0.999 * second[a][n] + 0.001 * g * g;
        parameters[a][n] -= learning_rate / bias1 * first[a][n] / (std::sqrt(second[a][n] / bias2) + 1e-8);
      }
  }

  std::vector<Node> nodes_;
  Images images_;
  int height_, width_, channels_;
  int step_ = 0;
};

}  // namespace gossamer::tests
