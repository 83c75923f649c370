#include "plan.h"

#include <algorithm>
#include <stdexcept>

#include "steps/convolution.h"
#include "steps/filter.h"
#include "steps/folded_norm.h"
#include "steps/steps.h"

namespace gossamer {

static void require(bool fact, const char* fact_in_words) {
  if (!fact) throw std::invalid_argument(fact_in_words);
}

// What there is to know of an op before it has a step.
struct Kind {
  Op op;
  const char* name;
  std::size_t inputs = 1;
  Activation activation = Activation::none;
};

static constexpr Kind KINDS[] = {
    {Op::convolution, "convolution"},
    {Op::depthwise, "depthwise"},
    {Op::norm, "norm"},
    {Op::relu, "relu", 1, Activation::relu},
    {Op::relu6, "relu6", 1, Activation::relu6},
    {Op::hswish, "hswish", 1, Activation::hswish},
    {Op::max_pool, "max-pool"},
    {Op::average_pool, "average-pool"},
    {Op::mean, "mean"},
    {Op::add, "add", 2},
    {Op::dense, "dense"},
};

static const Kind& kind_of(Op op) {
  return *std::find_if(std::begin(KINDS), std::end(KINDS), [&](const Kind& kind) { return kind.op == op; });
}

Op op_named(const std::string& name) {
  for (const Kind& kind : KINDS)
    if (kind.name == name) return kind.op;
  throw std::invalid_argument("there is no op " + name);
}

static bool is_filter(Op op) { return op == Op::convolution || op == Op::depthwise; }

// By value, the nodes that read it.
static std::vector<std::vector<std::size_t>> readers_of(const std::vector<Node>& nodes) {
  std::vector<std::vector<std::size_t>> readers(nodes.size() + 1);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    require(nodes[i].inputs.size() == kind_of(nodes[i].op).inputs, "a node reads one value, and an addition two");
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
    case Op::depthwise:
      require(node.kernel > 0 && node.kernel <= 7 && node.kernel % 2 == 1, "a convolution needs an odd kernel of at most 7");
      require(node.stride > 0 && node.stride <= 4, "a convolution needs a stride of at most 4");
      require(node.op == Op::depthwise || node.channels > 0, "a convolution needs channels");
      if (node.op == Op::convolution) y.channels = node.channels;
      y.height = (x.height - 1) / node.stride + 1, y.width = (x.width - 1) / node.stride + 1;
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
    case Op::norm:
    case Op::relu:
    case Op::relu6:
    case Op::hswish:
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
  const bool packed = std::all_of(readers[0].begin(), readers[0].end(), [&](std::size_t reader) {
    return nodes[reader].op == Op::convolution || nodes[reader].op == Op::dense;
  });  // the other kernels want whole vectors of channels
  values.push_back({height, width, channels, packed ? channels : (channels + k.lanes - 1) / k.lanes * k.lanes, 0});
  for (const Node& node : nodes) values.push_back(output_of(node, values, kernels.lanes));
  for (const Node& node : nodes)  // a convolution needs zeros around what it reads
    if (is_filter(node.op)) {
      int& border = values[std::size_t(node.inputs[0])].border;
      border = std::max(border, (node.kernel - 1) / 2);
    }
  segments.push_back({nullptr, 0, 0});
  std::vector<bool> fused(nodes.size());
  for (std::size_t i = 0; i + 1 < nodes.size(); ++i) {
    if (fused[i]) continue;
    steps.push_back(step_of(nodes, i, readers, fused));
    if (nodes[i].op == Op::norm)
      segments.push_back({static_cast<const NormStep*>(steps.back().get()), steps.size() - 1, 0});
    segments.back().end = steps.size();
  }
  head_input_ = nodes.back().inputs[0];
  head_.emplace(kernels, values[std::size_t(head_input_)], nodes.back().channels, parameters);
}

static bool reads(const Step& step, int value) {
  return std::find(step.inputs.begin(), step.inputs.end(), value) != step.inputs.end();
}

bool Plan::crosses(int value) const {
  std::vector<std::size_t> used;
  for (std::size_t k = 0; k < segments.size(); ++k)
    for (std::size_t s = segments[k].begin; s < segments[k].end; ++s)
      if (steps[s]->output == value || reads(*steps[s], value)) used.push_back(k);
  return !used.empty() && used.front() != used.back();
}

Plan::Span Plan::way_back(int value) const {
  Span span{0, segments.size()};
  const auto use = [&](std::size_t k) { span = {std::max(span.from, k), std::min(span.to, k)}; };
  if (value == head_input_) use(segments.size() - 1);
  int left = value;  // where a step adds this value, it may leave the gradient in that of its own
  for (std::size_t k = segments.size(); k-- > 0;)
    for (std::size_t s = segments[k].end; s-- > segments[k].begin;) {
      const bool norm = k > 0 && s == segments[k].begin;  // it goes back in the segment before, after a look in its own
      const bool makes = steps[s]->output == value, reads_it = reads(*steps[s], value);
      const bool in_two = norm && segments[k].norm->goes_back_in_two();
      if ((makes && !in_two) || reads_it || reads(*steps[s], left)) use(norm ? k - 1 : k);
      if ((makes && norm) || (reads_it && in_two)) use(k);
      if (makes && steps[s]->inputs.size() == 2) left = steps[s]->inputs.back();
    }
  return span;
}

std::unique_ptr<Step> Plan::step_of(const std::vector<Node>& nodes, std::size_t i,
                                    const std::vector<std::vector<std::size_t>>& readers, std::vector<bool>& fused) {
  const Node& node = nodes[i];
  const int input = node.inputs[0];
  const Map& x = values[std::size_t(input)];
  std::size_t last = i;
  // The node behind the last one, if it is alone in reading the value.
  const auto next = [&]() -> const Node* {
    const std::vector<std::size_t>& found = readers[last + 1];
    return found.size() == 1 ? &nodes[found[0]] : nullptr;
  };
  const auto join = [&] { fused[last = readers[last + 1][0]] = true; };
  const auto joins = [&](Op op) {
    if (next() == nullptr || next()->op != op) return false;
    join();
    return true;
  };
  const auto output = [&] { return int(last) + 1; };
  const auto y = [&]() -> const Map& { return values[last + 1]; };
  // Takes in the sum with a value that is there already.
  const auto join_sum = [&](std::vector<int>& inputs) {
    if (next() == nullptr || next()->op != Op::add) return;
    const std::vector<int>& summands = next()->inputs;
    const int other = summands[0] == output() ? summands[1] : summands[0];
    if (other >= output()) return;
    inputs.push_back(other);
    join();
  };
  switch (node.op) {
    case Op::convolution:
    case Op::depthwise: {
      const bool image = input == 0 && x.stride == x.channels && node.op == Op::convolution;
      std::vector<int> inputs = node.inputs;
      join_sum(inputs);
      const bool relu = joins(Op::relu), pools = relu && inputs.size() == 1 && node.op == Op::convolution;
      if (pools && node.bias && node.stride == 1 && joins(Op::max_pool))
        return std::make_unique<ConvolutionStep>(kernels, Conv{{x, y(), node.kernel, image}}, parameters, input, output());
      const Filter filter{{x, y(), node.kernel, image}, node.stride, relu, values[std::size_t(inputs.back())]};
      return std::make_unique<FilterStep>(kernels, filter, node.op == Op::depthwise, node.bias, parameters, inputs, output());
    }
    case Op::norm: {
      // One that waits with the gradient of what it reads needs that for itself.
      if (const Node* const pointwise = next(); pointwise == &nodes[i + 1] && readers[std::size_t(input)].size() == 1 &&
          pointwise->op == Op::convolution && pointwise->kernel == 1 && pointwise->stride == 1 && !pointwise->bias) {
        join();
        return std::make_unique<FoldedNormStep>(kernels, x, y(), parameters, statistics, input, output());
      }
      Activation activation = Activation::none;
      std::vector<int> inputs = node.inputs;
      join_sum(inputs);
      if (next() != nullptr && kind_of(next()->op).activation != Activation::none) {
        activation = kind_of(next()->op).activation;
        join();
      }
      const Norm norm{x, y(), values[std::size_t(inputs.back())], activation};
      return std::make_unique<NormStep>(kernels, norm, parameters, statistics, inputs, output());
    }
    case Op::relu:
    case Op::relu6:
    case Op::hswish:
      return activation_step(kernels, x, y(), kind_of(node.op).activation, input, output());
    case Op::max_pool:
      return max_pool_step(kernels, x, y(), input, output());
    case Op::average_pool:
      return average_pool_step(kernels, x, y(), input, output());
    case Op::mean:
      return mean_step(kernels, x, y(), input, output());
    case Op::add:
      return add_step(kernels, x, values[std::size_t(node.inputs[1])], y(), input, node.inputs[1], output());
    case Op::dense:
      break;  // the head
  }
  throw std::logic_error("no step for an op");
}

}  // namespace gossamer
