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
  std::size_t scratch = 0, largest = 0;
  for (const auto& step : plan.steps) {
    packed_.emplace_back(step->packed_size());
    indices_.emplace_back(training ? step->indices() : 0, training ? GROUP : 1);
    scratch = std::max(scratch, step->scratch_size());
  }
  scratch_ = Buffer<float>(scratch);
  if (!training) return;
  std::vector<bool> written(plan.values.size());
  written[std::size_t(plan.head_input())] = true;
  adds_.resize(plan.steps.size());
  for (std::size_t s = plan.steps.size(); s-- > 0;)
    for (std::size_t k = 0; k < plan.steps[s]->inputs.size(); ++k) {
      const std::size_t value = std::size_t(plan.steps[s]->inputs[k]);
      adds_[s][k] = value != 0 && written[value];
      written[value] = true;
      if (adds_[s][k]) largest = std::max(largest, plan.values[value].size());
    }
  for (Buffer<float>& summand : summand_) summand = Buffer<float>(largest);
}

void Pass::pack(const float* parameters) {
  for (std::size_t s = 0; s < plan_.steps.size(); ++s) plan_.steps[s]->pack(parameters, packed_[s].data());
}

Work Pass::work(std::size_t s, int image, const float* parameters) {
  const Step& step = *plan_.steps[s];
  Work work{};
  work.parameters = parameters;
  work.packed = packed_[s].data();
  for (std::size_t k = 0; k < step.inputs.size(); ++k) work.x[k] = values_[std::size_t(step.inputs[k])].of(image);
  work.y = values_[std::size_t(step.output)].of(image);
  work.indices = gradients_.empty() ? nullptr : indices_[s].of(image);
  work.scratch = scratch_.data();
  return work;
}

const float* Pass::forward(int n, const std::uint8_t* const* pixels, const PixelTable& table, const float* parameters) {
  const Map& map = plan_.values[0];
  const int run = map.width * map.stride;
  for (int i = 0; i < n; ++i) {
    float* const image = values_[0].of(i);
    const std::uint8_t* p = pixels[i];
    for (int y = 0; y < map.height; ++y) {
      float* const row = image + map.at(y, 0);
      for (int f = 0; f < run; ++f) row[f] = table.scaled[*p++];
    }
    for (std::size_t s = 0; s < plan_.steps.size(); ++s) plan_.steps[s]->forward(work(s, i, parameters));
  }
  plan_.head().forward(n, parameters, values_[std::size_t(plan_.head_input())].of(0), logits_.data());
  return logits_.data();
}

void Pass::backward(int n, const float* d_logits, const float* parameters, float* gradient) {
  const std::size_t head_input = std::size_t(plan_.head_input());
  plan_.head().backward(n, parameters, values_[head_input].of(0), d_logits, gradient, gradients_[head_input].of(0));
  for (int i = 0; i < n; ++i)
    for (std::size_t s = plan_.steps.size(); s-- > 0;) {
      const Step& step = *plan_.steps[s];
      Work w = work(s, i, parameters);
      w.gradient = gradient;
      w.dy = gradients_[std::size_t(step.output)].of(i);
      for (std::size_t k = 0; k < step.inputs.size(); ++k)
        if (step.inputs[k] != 0)
          w.dx[k] = adds_[s][k] ? summand_[k].data() : gradients_[std::size_t(step.inputs[k])].of(i);
      step.backward(w);
      for (std::size_t k = 0; k < step.inputs.size(); ++k) {
        if (!adds_[s][k]) continue;
        float* const sum = gradients_[std::size_t(step.inputs[k])].of(i);
        const std::size_t size = plan_.values[std::size_t(step.inputs[k])].size();
        for (std::size_t f = 0; f < size; ++f) sum[f] += summand_[k][f];
      }
    }
}

}  // namespace gossamer
