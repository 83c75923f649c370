#include "pass.h"

#include <algorithm>

namespace gossamer {

Pass::Pass(const Plan& plan, bool training) : plan_(plan), logits_(std::size_t(GROUP) * plan.classes()) {
  const std::size_t head_inputs = std::size_t(plan.head().dense.inputs);
  std::vector<bool> made(plan.values.size());
  made[0] = true;
  for (const auto& step : plan.steps) made[std::size_t(step->output)] = true;
  for (std::size_t v = 0; v < plan.values.size(); ++v) {
    const bool head = int(v) == plan.head_input();  // which reads those of all images, without gaps
    const std::size_t size = head ? head_inputs : made[v] ? plan.values[v].size() : 0;
    values_.emplace_back(size, head || training ? GROUP : 1, !head);
    if (training) gradients_.emplace_back(head ? lines(head_inputs) : v == 0 ? 0 : size, head ? GROUP : 1);
  }
  if (training) gradients_[std::size_t(plan.head_input())].apart = head_inputs;
  std::size_t scratch = 0;
  for (const auto& step : plan.steps) {
    packed_.emplace_back(step->packed_size());
    indices_.emplace_back(training ? step->indices() : 0, training ? GROUP : 1);
    scratch = std::max(scratch, step->scratch_size());
  }
  scratch_ = Buffer<float>(scratch);
  work_.resize(GROUP);
  for (int i = 0; i < GROUP; ++i)
    for (std::size_t s = 0; s < plan.steps.size(); ++s) {
      const Step& step = *plan.steps[s];
      Work work{};
      work.packed = packed_[s].data();
      for (std::size_t k = 0; k < step.inputs.size(); ++k) work.x[k] = values_[std::size_t(step.inputs[k])].of(i);
      work.y = values_[std::size_t(step.output)].of(i);
      work.indices = training ? indices_[s].of(i) : nullptr;
      work.scratch = scratch_.data();
      work_[i].push_back(work);
    }
  if (training) lay_out_backward();
}

// A value's gradient is written by the last step that reads it, and added to by those before.
void Pass::lay_out_backward() {
  std::size_t largest = 0;
  for (const Map& map : plan_.values) largest = std::max(largest, map.size());
  sums_.resize(GROUP, std::vector<std::vector<Sum>>(plan_.steps.size()));
  std::vector<bool> written(plan_.values.size());
  written[std::size_t(plan_.head_input())] = true;
  for (std::size_t s = plan_.steps.size(); s-- > 0;) {
    const Step& step = *plan_.steps[s];
    for (int i = 0; i < GROUP; ++i) work_[i][s].dy = gradients_[std::size_t(step.output)].of(i);
    for (std::size_t k = 0; k < step.inputs.size(); ++k) {
      const std::size_t value = std::size_t(step.inputs[k]);
      if (value == 0) continue;  // nobody needs the image's
      if (written[value] && summands_[k].size() == 0) summands_[k] = Buffer<float>(largest);
      for (int i = 0; i < GROUP; ++i) {
        float* const gradient = gradients_[value].of(i);
        work_[i][s].dx[k] = written[value] ? summands_[k].data() : gradient;
        if (written[value]) sums_[i][s].push_back({gradient, summands_[k].data(), plan_.values[value].size()});
      }
      written[value] = true;
    }
  }
}

void Pass::pack(const float* parameters) {
  for (std::size_t s = 0; s < plan_.steps.size(); ++s) plan_.steps[s]->pack(parameters, packed_[s].data());
}

// Lays an image out as the first steps read it.
static void scale(const std::uint8_t* pixels, const PixelTable& table, const Map& map, float* image) {
  const float* const scaled = table.scaled;
  const int run = map.width * map.stride;
  for (int i = 0; i < map.height; ++i, pixels += run) {
    float* __restrict const row = image + map.at(i, 0);
    for (int f = 0; f < run; ++f) row[f] = scaled[pixels[f]];
  }
}

const float* Pass::forward(int n, const std::uint8_t* const* pixels, const PixelTable& table, const float* parameters) {
  for (int i = 0; i < n; ++i) {
    scale(pixels[i], table, plan_.values[0], values_[0].of(i));
    for (std::size_t s = 0; s < plan_.steps.size(); ++s) plan_.steps[s]->forward(work_[i][s], parameters);
  }
  plan_.head().forward(n, parameters, values_[std::size_t(plan_.head_input())].of(0), logits_.data());
  return logits_.data();
}

void Pass::backward(int n, const float* d_logits, const float* parameters, float* gradient) {
  const std::size_t head_input = std::size_t(plan_.head_input());
  plan_.head().backward(n, parameters, values_[head_input].of(0), d_logits, gradient, gradients_[head_input].of(0));
  for (int i = 0; i < n; ++i)
    for (std::size_t s = plan_.steps.size(); s-- > 0;) {
      plan_.steps[s]->backward(work_[i][s], parameters, gradient);
      for (const Sum& sum : sums_[i][s])
        for (std::size_t f = 0; f < sum.size; ++f) sum.to[f] += sum.summand[f];
    }
}

}  // namespace gossamer
