#include "plan.h"

#include <algorithm>
#include <stdexcept>

#include "steps/convolution.h"
#include "steps/steps.h"

namespace gossamer {

static void require(bool fact, const char* fact_in_words) {
  if (!fact) throw std::invalid_argument(fact_in_words);
}

Op op_named(const std::string& name) {
  if (name == "convolution") return Op::convolution;
  if (name == "relu") return Op::relu;
  if (name == "max-pool") return Op::max_pool;
  if (name == "average-pool") return Op::average_pool;
  if (name == "mean") return Op::mean;
  if (name == "add") return Op::add;
  if (name == "dense") return Op::dense;
  throw std::invalid_argument("there is no op " + name);
}

// By value, the nodes that read it.
static std::vector<std::vector<std::size_t>> readers_of(const std::vector<Node>& nodes) {
  std::vector<std::vector<std::size_t>> readers(nodes.size() + 1);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::size_t wanted = nodes[i].op == Op::add ? 2 : 1;
    require(nodes[i].inputs.size() == wanted, "a node reads one value, and an addition two");
    for (const int value : nodes[i].inputs) {
      require(value >= 0 && value <= int(i), "a node reads earlier values");
      readers[std::size_t(value)].push_back(i);
    }
    require((nodes[i].op == Op::dense) == (i + 1 == nodes.size()), "the last node must be dense, and no other");
  }
  for (std::size_t value = 0; value < nodes.size(); ++value) require(!readers[value].empty(), "every value must be read");
  return readers;
}

static Map output_of(const Node& node, const std::vector<Map>& values, int lanes) {
  const Map& x = values[std::size_t(node.inputs[0])];
  Map y{x.height, x.width, x.channels, 0, 0};
  switch (node.op) {
    case Op::convolution:
      require(node.channels > 0 && node.kernel > 0 && node.kernel % 2 == 1,
              "a convolution needs channels and an odd kernel");
      y.channels = node.channels;
      break;
    case Op::max_pool:
    case Op::average_pool:
      y.height /= 2, y.width /= 2;
      break;
    case Op::mean:
      y.height = y.width = 1;
      break;
    case Op::dense:
      require(node.channels > 0, "a dense layer needs a class");
      y.height = y.width = 1, y.channels = node.channels;
      break;
    case Op::add: {
      const Map& other = values[std::size_t(node.inputs[1])];
      require(x.height == other.height && x.width == other.width && x.channels == other.channels,
              "maps that are added must be of one shape");
      break;
    }
    case Op::relu:
      break;
  }
  require(y.height > 0 && y.width > 0, "a value has no pixels");
  y.stride = (y.channels + lanes - 1) / lanes * lanes;
  return y;
}

Plan::Plan(const Kernels& k, const std::vector<Node>& nodes, int height, int width, int channels) : kernels(k) {
  require(!nodes.empty(), "a network needs a node");
  require(height > 0 && width > 0 && channels > 0, "images need a pixel and a channel");
  const auto readers = readers_of(nodes);
  values.push_back({height, width, channels, channels, 0});
  for (const Node& node : nodes) values.push_back(output_of(node, values, kernels.lanes));
  for (const Node& node : nodes)  // a convolution needs zeros around what it reads
    if (node.op == Op::convolution) {
      int& border = values[std::size_t(node.inputs[0])].border;
      border = std::max(border, (node.kernel - 1) / 2);
    }
  std::vector<bool> fused(nodes.size());
  for (std::size_t i = 0; i + 1 < nodes.size(); ++i)
    if (!fused[i]) add_step(nodes, i, readers, fused);
  head_input_ = nodes.back().inputs[0];
  head_.emplace(kernels, values[std::size_t(head_input_)], nodes.back().channels, parameters);
}

void Plan::add_step(const std::vector<Node>& nodes, std::size_t i, const std::vector<std::vector<std::size_t>>& readers,
                    std::vector<bool>& fused) {
  const Node& node = nodes[i];
  const auto map = [&](int value) -> const Map& { return values[std::size_t(value)]; };
  const int input = node.inputs[0];
  std::size_t last = i;
  // The node behind the last one joins the step if it is of that op and alone in reading the value.
  const auto joins = [&](Op op) {
    const std::vector<std::size_t>& next = readers[last + 1];
    if (next.size() != 1 || nodes[next[0]].op != op) return false;
    last = next[0];
    fused[last] = true;
    return true;
  };
  switch (node.op) {
    case Op::convolution: {
      const bool relu = joins(Op::relu), pool = relu && joins(Op::max_pool);
      const int output = int(last) + 1;
      const Conv conv{map(input), map(output), node.kernel, pool, input == 0, relu};
      steps.push_back(std::make_unique<ConvolutionStep>(kernels, conv, parameters, input, output));
      break;
    }
    case Op::relu:
      steps.push_back(relu_step(kernels, map(input), map(int(i) + 1), input, int(i) + 1));
      break;
    case Op::max_pool:
      steps.push_back(max_pool_step(kernels, map(input), map(int(i) + 1), input, int(i) + 1));
      break;
    case Op::average_pool:
      steps.push_back(average_pool_step(kernels, map(input), map(int(i) + 1), input, int(i) + 1));
      break;
    case Op::mean:
      steps.push_back(mean_step(kernels, map(input), map(int(i) + 1), input, int(i) + 1));
      break;
    case Op::add:
      steps.push_back(gossamer::add_step(kernels, map(input), map(node.inputs[1]), map(int(i) + 1), input,
                                         node.inputs[1], int(i) + 1));
      break;
    case Op::dense:
      break;  // the head
  }
}

}  // namespace gossamer
