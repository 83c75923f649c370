// Training as a textbook has it: node by node, a batch of images at once, in double precision, on arrays in PyTorch's order.
// It shares nothing with the core but the graph of a network, so that no mistake is made in both.
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
  Volume like() const { return {channels, height, width}; }
  std::size_t pixels() const { return std::size_t(height) * width; }
  double& at(int c, int i, int j) { return values[(std::size_t(c) * height + i) * width + j]; }
};

using Arrays = std::vector<std::vector<double>>;

inline bool is_convolution(const Node& node) { return node.op == Op::convolution || node.op == Op::depthwise; }

// How many arrays a node has: weight and bias, or the weight alone.
inline std::size_t arrays_of(const Node& node) {
  if (is_convolution(node)) return node.bias ? 2 : 1;
  return node.op == Op::norm || node.op == Op::dense ? 2 : 0;
}

class Naive {
 public:
  // `image_weights` of all images, or none.
  Naive(std::vector<Node> nodes, const Images& images, int height, int width, int channels, const Arrays& weights,
        const Arrays& begun, const Learning& learning = {}, std::vector<float> image_weights = {})
      : parameters(weights),
        statistics(begun),
        slots(learning.slots(), zeros()),
        average(weights),
        average_statistics(begun),
        nodes_(std::move(nodes)),
        images_(images),
        image_(channels, height, width),
        learning_(learning),
        image_weights_(std::move(image_weights)) {
    std::size_t arrays = 0, norms = 0;
    for (const Node& node : nodes_) {
      arrays_.push_back(arrays);
      norms_.push_back(norms);
      arrays += arrays_of(node);
      norms += node.op == Op::norm ? 2 : 0;
    }
  }

  Score train_epoch(const Epoch& epoch) {
    Score score;
    std::size_t from = 0, batch = 0;
    for (const int size : epoch.sizes) {
      Shown shown;
      for (int i = 0; i < size; ++i, ++from) {
        shown.rows.push_back(epoch.rows[from]);
        if (epoch.views != nullptr) shown.views.push_back(epoch.views[from]);
        if (epoch.teacher != nullptr) shown.teacher.push_back(epoch.teacher + from * std::size_t(nodes_.back().channels));
      }
      update(gradient_of(shown, score), epoch.rates[batch++]);
    }
    score.loss /= double(score.images);
    return score;
  }

  // Plain cross entropy by the present weights.
  Score evaluate(const std::vector<std::int64_t>& rows) {
    Score score;
    for (const std::int64_t row : rows) {
      const std::vector<double> z = logits(row);
      score.images += 1;
      score.loss -= log_softmax(z, 1)[std::size_t(images_.labels[row])];
      score.correct += std::max_element(z.begin(), z.end()) - z.begin() == images_.labels[row];
    }
    score.loss /= double(score.images);
    return score;
  }

  std::vector<double> logits(std::int64_t row) { return forward({{row}, {}, {}}).back()[0].values; }

  Arrays parameters;
  Arrays statistics;  // running mean and running variance of each norm
  std::vector<Arrays> slots;
  Arrays average, average_statistics;

 private:
  using Batch = std::vector<Volume>;  // a value, of every image

  // The images of a batch; views and a teacher's probabilities of all or none.
  struct Shown {
    std::vector<std::int64_t> rows;
    std::vector<View> views{};
    std::vector<const float*> teacher{};
  };

  Arrays zeros() const {
    Arrays all = parameters;
    for (auto& array : all) std::fill(array.begin(), array.end(), 0.0);
    return all;
  }

  std::vector<Batch> forward(const Shown& shown) {
    std::vector<Batch> values(1);
    Viewer viewer(image_.height, image_.width, image_.channels);  // which has tests of its own
    for (std::size_t n = 0; n < shown.rows.size(); ++n) {
      Volume image = image_;
      const std::uint8_t* pixel = viewer({images_.pixels + std::size_t(shown.rows[n]) * images_.image_bytes,
                                          shown.views.empty() ? nullptr : &shown.views[n]});
      for (int i = 0; i < image.height; ++i)
        for (int j = 0; j < image.width; ++j)
          for (int c = 0; c < image.channels; ++c) image.at(c, i, j) = *pixel++ / 255.0;
      values[0].push_back(image);
    }
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      Batch made;
      if (nodes_[n].op == Op::norm)
        made = normalized(n, values[std::size_t(nodes_[n].inputs[0])]);
      else
        for (std::size_t i = 0; i < shown.rows.size(); ++i) made.push_back(value_of(n, values, i));
      values.push_back(made);
    }
    return values;
  }

  // What a node makes of image i.
  Volume value_of(std::size_t n, std::vector<Batch>& values, std::size_t i) {
    const Node& node = nodes_[n];
    Volume& x = values[std::size_t(node.inputs[0])][i];
    const std::vector<double>* const arrays = parameters.data() + arrays_[n];
    Volume y = x;
    switch (node.op) {
      case Op::convolution:
      case Op::depthwise:
        y = Volume(node.op == Op::depthwise ? x.channels : node.channels, (x.height - 1) / node.stride + 1,
                   (x.width - 1) / node.stride + 1);
        if (node.bias)
          for (std::size_t k = 0; k < y.values.size(); ++k) y.values[k] = arrays[1][k / y.pixels()];
        each_product(node, x, y, [&](double& in, double& out, std::size_t w) { out += arrays[0][w] * in; });
        break;
      case Op::relu:
      case Op::relu6:
      case Op::hswish:
        for (double& value : y.values) value = activated(node.op, value);
        break;
      case Op::max_pool:
        y = Volume(x.channels, x.height / 2, x.width / 2);
        each_window(x, y, [](double& in, double& out) { out = in; });
        break;
      case Op::average_pool:
        y = Volume(x.channels, x.height / 2, x.width / 2);
        each_pooled(x, y, [](double& in, double& out) { out += in / 4; });
        break;
      case Op::mean:
        y = Volume(x.channels, 1, 1);
        for (std::size_t k = 0; k < x.values.size(); ++k) y.values[k / x.pixels()] += x.values[k] / double(x.pixels());
        break;
      case Op::add:
        for (std::size_t k = 0; k < y.values.size(); ++k) y.values[k] += values[std::size_t(node.inputs[1])][i].values[k];
        break;
      case Op::dense:
        y = Volume(node.channels, 1, 1);
        for (std::size_t o = 0; o < y.values.size(); ++o) {
          y.values[o] = arrays[1][o];
          for (std::size_t k = 0; k < x.values.size(); ++k) y.values[o] += arrays[0][o * x.values.size() + k] * x.values[k];
        }
        break;
      case Op::norm:
        break;  // which needs the whole batch
    }
    return y;
  }

  // The gradient of a batch's mean loss.
  Arrays gradient_of(const Shown& shown, Score& score) {
    std::vector<Batch> values = forward(shown), gradients;  // with respect to each value, the sum of what its readers give it
    for (const Batch& value : values) {
      gradients.emplace_back();
      for (const Volume& each : value) gradients.back().push_back(each.like());
    }
    gradients.back() = answer(shown, values.back(), score);
    Arrays gradient = zeros();
    for (std::size_t n = nodes_.size(); n-- > 0;) {
      const std::size_t x = std::size_t(nodes_[n].inputs[0]);
      if (nodes_[n].op == Op::norm)
        normalized_back(n, values[x], gradients[n + 1], gradients[x], gradient.data() + arrays_[n]);
      else
        for (std::size_t i = 0; i < shown.rows.size(); ++i) back(n, values, gradients, i, gradient.data() + arrays_[n]);
    }
    return gradient;
  }

  // Hands the gradient of image i back through a node.
  void back(std::size_t n, std::vector<Batch>& values, std::vector<Batch>& gradients, std::size_t i,
            std::vector<double>* gradient) {
    const Node& node = nodes_[n];
    Volume& x = values[std::size_t(node.inputs[0])][i];
    Volume &dx = gradients[std::size_t(node.inputs[0])][i], &dy = gradients[n + 1][i];
    const std::vector<double>* const arrays = parameters.data() + arrays_[n];
    switch (node.op) {
      case Op::dense:
        for (std::size_t o = 0; o < dy.values.size(); ++o) {
          gradient[1][o] += dy.values[o];
          for (std::size_t k = 0; k < x.values.size(); ++k) {
            gradient[0][o * x.values.size() + k] += dy.values[o] * x.values[k];
            dx.values[k] += dy.values[o] * arrays[0][o * x.values.size() + k];
          }
        }
        break;
      case Op::mean:
        for (std::size_t k = 0; k < x.values.size(); ++k) dx.values[k] += dy.values[k / x.pixels()] / double(x.pixels());
        break;
      case Op::max_pool:
        each_window(x, dy, [&](double& in, double& out) { dx.values[std::size_t(&in - x.values.data())] += out; });
        break;
      case Op::average_pool:
        each_pooled(dx, dy, [](double& in, double& out) { in += out / 4; });
        break;
      case Op::relu:
      case Op::relu6:
      case Op::hswish:
        for (std::size_t k = 0; k < dy.values.size(); ++k) dx.values[k] += slope(node.op, x.values[k]) * dy.values[k];
        break;
      case Op::add:
        for (const int input : node.inputs)
          for (std::size_t k = 0; k < dy.values.size(); ++k) gradients[std::size_t(input)][i].values[k] += dy.values[k];
        break;
      case Op::convolution:
      case Op::depthwise:
        if (node.bias)
          for (std::size_t k = 0; k < dy.values.size(); ++k) gradient[1][k / dy.pixels()] += dy.values[k];
        each_product(node, x, dy, [&](double& in, double& out, std::size_t w) {
          gradient[0][w] += out * in;
          dx.values[std::size_t(&in - x.values.data())] += out * arrays[0][w];
        });
        break;
      case Op::norm:
        break;
    }
  }

  static std::vector<double> log_softmax(const std::vector<double>& z, double temperature) {
    const double top = *std::max_element(z.begin(), z.end());
    double sum = 0;
    for (const double each : z) sum += std::exp((each - top) / temperature);
    std::vector<double> found;
    for (const double each : z) found.push_back((each - top) / temperature - std::log(sum));
    return found;
  }

  // Gradients with respect to the logits of a batch, whose score is added.
  Batch answer(const Shown& shown, const Batch& logits, Score& score) {
    Batch gradients;
    const double smoothing = learning_.label_smoothing, t = learning_.temperature;
    for (std::size_t i = 0; i < shown.rows.size(); ++i) {
      const std::vector<double>& z = logits[i].values;
      const std::size_t label = std::size_t(images_.labels[shown.rows[i]]);
      const double weight = image_weights_.empty() ? 1 : image_weights_[std::size_t(shown.rows[i])];
      const double labels = shown.teacher.empty() ? 1 : learning_.labels;
      const std::vector<double> hard = log_softmax(z, 1), soft = log_softmax(z, t);
      score.images += 1;
      score.correct += std::size_t(std::max_element(z.begin(), z.end()) - z.begin()) == label;
      gradients.push_back(logits[i].like());
      for (std::size_t o = 0; o < z.size(); ++o) {
        const double wanted = (o == label) * (1 - smoothing) + smoothing / double(z.size());
        double loss = -labels * wanted * hard[o], gradient = labels * (std::exp(hard[o]) - wanted);
        if (!shown.teacher.empty()) {
          const double p = shown.teacher[i][o];
          loss += (1 - labels) * t * t * p * (std::log(p) - soft[o]);
          gradient += (1 - labels) * t * (std::exp(soft[o]) - p);
        }
        score.loss += weight * loss;
        gradients.back().values[o] = weight * gradient / double(shown.rows.size());
      }
    }
    return gradients;
  }

  static double activated(Op op, double x) {
    if (op == Op::hswish) return x * std::clamp(x + 3, 0.0, 6.0) / 6;
    return op == Op::relu6 ? std::clamp(x, 0.0, 6.0) : std::max(0.0, x);
  }

  static double slope(Op op, double x) {
    if (op == Op::hswish) return x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6;
    return x > 0 && (op == Op::relu || x < 6);
  }

  // Ioffe and Szegedy 2015, Algorithm 1.
  struct Statistics {
    double count = 0, mean = 0, variance = 0;
  };

  static Statistics of_channel(const Batch& x, int c) {
    Statistics found;
    each_pixel(x, c, [&](const double& value) { found.mean += value, found.count += 1; });
    found.mean /= found.count;
    each_pixel(x, c, [&](const double& value) {
      found.variance += (value - found.mean) * (value - found.mean) / found.count;
    });
    return found;
  }

  Batch normalized(std::size_t n, const Batch& x) {
    Batch y = x;
    const std::vector<double>* const arrays = parameters.data() + arrays_[n];
    std::vector<double>* const running = statistics.data() + norms_[n];
    for (int c = 0; c < x[0].channels; ++c) {
      const std::size_t k = std::size_t(c);
      const Statistics s = of_channel(x, c);
      each_pixel(y, c, [&](double& value) {
        value = arrays[0][k] * (value - s.mean) / std::sqrt(s.variance + 1e-5) + arrays[1][k];
      });
      if (s.count == 1) continue;
      running[0][k] += 0.1 * (s.mean - running[0][k]);
      running[1][k] += 0.1 * (s.variance * s.count / (s.count - 1) - running[1][k]);
    }
    return y;
  }

  void normalized_back(std::size_t n, Batch& x, Batch& dy, Batch& dx, std::vector<double>* gradient) {
    for (int c = 0; c < x[0].channels; ++c) {
      const Statistics s = of_channel(x, c);
      const double deviation = std::sqrt(s.variance + 1e-5);
      double d_gain = 0, d_shift = 0;
      for (std::size_t i = 0; i < x.size(); ++i)
        for (int p = 0; p < int(x[0].pixels()); ++p) {
          const double g = dy[i].at(c, 0, p);
          d_shift += g;
          d_gain += g * (x[i].at(c, 0, p) - s.mean) / deviation;
        }
      gradient[0][std::size_t(c)] += d_gain;
      gradient[1][std::size_t(c)] += d_shift;
      const double gain = parameters[arrays_[n]][std::size_t(c)];
      for (std::size_t i = 0; i < x.size(); ++i)
        for (int p = 0; p < int(x[0].pixels()); ++p)
          dx[i].at(c, 0, p) += gain / deviation *
                               (dy[i].at(c, 0, p) - d_shift / s.count -
                                (x[i].at(c, 0, p) - s.mean) / deviation * d_gain / s.count);
    }
  }

  // visit(value) of a channel's pixels, in all images.
  template <class OfImages, class Visit>
  static void each_pixel(OfImages& batch, int c, Visit visit) {
    for (auto& image : batch)
      for (std::size_t p = 0; p < image.pixels(); ++p) visit(image.values[std::size_t(c) * image.pixels() + p]);
  }

  // visit(input, output, weight's place) of every product in a convolution of either kind; padding has none.
  template <class Visit>
  static void each_product(const Node& node, Volume& x, Volume& y, Visit visit) {
    const int kernel = node.kernel, half = (kernel - 1) / 2;
    const bool depthwise = node.op == Op::depthwise;
    const int depth = depthwise ? 1 : x.channels;
    for (int o = 0; o < y.channels; ++o)
      for (int i = 0; i < y.height; ++i)
        for (int j = 0; j < y.width; ++j)
          for (int c = 0; c < depth; ++c)
            for (int ky = 0; ky < kernel; ++ky)
              for (int kx = 0; kx < kernel; ++kx) {
                const int top = i * node.stride + ky - half, left = j * node.stride + kx - half;
                if (top < 0 || top >= x.height || left < 0 || left >= x.width) continue;
                visit(x.at(depthwise ? o : c, top, left), y.at(o, i, j),
                      ((std::size_t(o) * depth + c) * kernel + ky) * kernel + kx);
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

  void update(const Arrays& gradient, double rate) {
    for (std::size_t n = 0; n < nodes_.size(); ++n)  // of a node's arrays the first is a kernel, unless it is a norm's
      if (arrays_of(nodes_[n]) > 0 && nodes_[n].op != Op::norm)
        for (double& w : parameters[arrays_[n]]) w *= 1 - rate * learning_.weight_decay;
    const double bias1 = 1 - std::pow(0.9, step_ + 1), bias2 = 1 - std::pow(0.999, step_ + 1);
    for (std::size_t a = 0; a < parameters.size(); ++a)
      for (std::size_t n = 0; n < parameters[a].size(); ++n) {
        const double g = gradient[a][n];
        double &w = parameters[a][n], &first = slots[0][a][n];
        if (learning_.optimizer == Optimizer::sgd) {
          first = 0.9 * first + g;
          w -= rate * (g + 0.9 * first);
        } else {
          double& second = slots[1][a][n];
          first = 0.9 * first + 0.1 * g;
          second = 0.999 * second + 0.001 * g * g;
          w -= rate / bias1 * first / (std::sqrt(second / bias2) + 1e-8);
        }
      }
    const double decay = std::min(learning_.ema, (1.0 + step_) / (10.0 + step_));
    take_in(parameters, decay, average);
    take_in(statistics, decay, average_statistics);
    ++step_;
  }

  static void take_in(const Arrays& now, double decay, Arrays& average) {
    for (std::size_t a = 0; a < now.size(); ++a)
      for (std::size_t n = 0; n < now[a].size(); ++n) average[a][n] = decay * average[a][n] + (1 - decay) * now[a][n];
  }

  std::vector<Node> nodes_;
  std::vector<std::size_t> arrays_, norms_;  // by node, where its parameters and its statistics begin
  Images images_;
  Volume image_;
  Learning learning_;
  std::vector<float> image_weights_;
  int step_ = 0;
};

}  // namespace gossamer::tests
