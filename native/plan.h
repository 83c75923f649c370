// A graph laid out for a table of kernels: its steps in order, the maps of its values, and where its parameters lie. Chains
// of ops that one kernel computes become one step: convolution and ReLU; convolution, ReLU and max-pool; norm and activation;
// norm and convolution.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "graph.h"
#include "kernels.h"
#include "parameters.h"
#include "step.h"
#include "steps/dense.h"
#include "steps/norm.h"

namespace gossamer {

// Steps that follow one another without waiting for the rest of the batch. All but the first begin with a norm.
struct Segment {
  const NormStep* norm;  // null of the first
  std::size_t begin, end;
};

class Plan {
 public:
  // Throws std::invalid_argument unless the last node, and no other, is dense; every value is read and has a pixel; and
  // every node has the inputs that its op takes.
  Plan(const Kernels& kernels, const std::vector<Node>& nodes, int height, int width, int channels);

  Plan(const Plan&) = delete;

  const DenseHead& head() const { return *head_; }
  int head_input() const { return head_input_; }  // the value that the head reads
  int classes() const { return head_->classes(); }
  // Whether a value is read in another segment than it is made in.
  bool crosses(int value) const;
  // The first and the last segment in which the backward pass makes or reads the gradient with respect to a value.
  struct Span {
    std::size_t from, to;
  };
  Span way_back(int value) const;
  bool has_norms() const { return segments.size() > 1; }

  const Kernels& kernels;
  std::vector<Map> values;  // by number; those within a fused chain are never made
  std::vector<std::unique_ptr<Step>> steps;
  std::vector<Segment> segments;
  Parameters parameters, statistics;

 private:
  std::unique_ptr<Step> step_of(const std::vector<Node>& nodes, std::size_t i,
                                const std::vector<std::vector<std::size_t>>& readers, std::vector<bool>& fused);

  std::optional<DenseHead> head_;
  int head_input_ = 0;
};

}  // namespace gossamer
