#include "pass.h"

#include <algorithm>

namespace gossamer {

Pass::Pass(const Plan& plan, int images, std::shared_ptr<Packed> packed)
    : plan_(plan),
      slots_(images > 0 ? images : GROUP),
      viewer_(plan.values[0].height, plan.values[0].width, plan.values[0].channels),
      logits_(std::size_t(slots_) * plan.classes()),
      packed_(packed != nullptr ? packed : std::make_shared<Packed>()) {
  const bool pack = packed_->empty();
  const bool training = images > 0;
  const std::size_t head_inputs = std::size_t(plan.head().dense.inputs);
  std::vector<bool> made(plan.values.size());
  made[0] = true;
  for (const auto& step : plan.steps) made[std::size_t(step->output)] = true;
  Layout<float> values;
  for (std::size_t v = 0; v < plan.values.size(); ++v) {
    const bool head = int(v) == plan.head_input();  // which reads those of all images, without gaps
    const std::size_t size = made[v] ? plan.values[v].size() : 0;
    kept_.push_back(head || (training && (v == 0 || !plan.has_norms() || plan.crosses(int(v)))));
    values.add(size, head ? head_inputs : kept_.back() ? lines(size) : 0, slots_);
  }
  values.into(value_memory_, values_);
  std::size_t scratch = 0;
  Layout<std::int32_t> indices;
  for (const auto& step : plan.steps) {
    if (pack) packed_->emplace_back(step->packed_size());
    totals_.emplace_back(training ? step->totals_size() : 0);
    const std::size_t size = training ? step->indices() : 0;
    indices.add(size, kept_[std::size_t(step->output)] ? lines(size) : 0, slots_);
    scratch = std::max(scratch, step->scratch_size());
  }
  indices.into(index_memory_, indices_);
  scratch_ = Buffer<float>(scratch);
  for (const Segment& segment : plan.segments) {
    moments.emplace_back(segment.norm == nullptr ? 0 : segment.norm->channels());
    sums.emplace_back(segment.norm == nullptr ? 0 : segment.norm->channels());
  }
  work_.resize(slots_);
  for (int i = 0; i < slots_; ++i)
    for (std::size_t s = 0; s < plan.steps.size(); ++s) {
      const Step& step = *plan.steps[s];
      Work work{};
      work.packed = (*packed_)[s].data();
      for (std::size_t k = 0; k < step.inputs.size(); ++k) work.x[k] = values_[std::size_t(step.inputs[k])].of(i);
      work.y = values_[std::size_t(step.output)].of(i);
      work.indices = training ? indices_[s].of(i) : nullptr;
      work.scratch = scratch_.data();
      work.totals = totals_[s].data();
      work_[i].push_back(work);
    }
  if (!training) return;
  lay_out_gradients();
  lay_out_backward();
}

// Gradients that another segment takes up lie there for every image, and their memory is others' as soon as that is done, while
// it is in the last cache. An image's other gradients take the place of those of the image before.
void Pass::lay_out_gradients() {
  struct Area {
    std::size_t size, free;  // free in the segments before this one
  };
  std::vector<Area> areas;
  std::vector<std::size_t> area_of(plan_.values.size());  // counted from 1
  gradients_.resize(plan_.values.size());
  for (std::size_t k = plan_.segments.size(); k-- > 0;)
    for (std::size_t v = 0; v < plan_.values.size(); ++v) {
      const bool head = int(v) == plan_.head_input();  // which reads those of all images, without gaps
      const auto [from, to] = plan_.way_back(int(v));
      if (from != k || to > from || (v == 0 && !head)) continue;
      gradients_[v].apart = head ? std::size_t(plan_.head().dense.inputs) : from > to ? lines(plan_.values[v].size()) : 0;
      const std::size_t size = lines(gradients_[v].apart > 0 ? gradients_[v].apart * slots_ : plan_.values[v].size());
      std::size_t best = areas.size();
      const auto waste = [&](std::size_t a) { return std::max(areas[a].size, size) - std::min(areas[a].size, size); };
      for (std::size_t a = 0; a < areas.size(); ++a)
        if (areas[a].free > k && (best == areas.size() || waste(a) < waste(best))) best = a;
      if (best == areas.size()) areas.push_back({});
      areas[best] = {std::max(areas[best].size, size), to};
      area_of[v] = best + 1;
    }
  std::vector<std::size_t> begins{0};
  for (const Area& area : areas) begins.push_back(begins.back() + area.size);
  gradient_memory_ = Buffer<float>(begins.back());
  for (std::size_t v = 0; v < plan_.values.size(); ++v)
    if (area_of[v] > 0) gradients_[v].begin = gradient_memory_.data() + begins[area_of[v] - 1];
}

// The step before `step` that reads a value, which goes back after it; null if there is none.
static const Step* reader_before(const Plan& plan, std::size_t step, int value) {
  while (step-- > 0)
    for (const int input : plan.steps[step]->inputs)
      if (input == value) return plan.steps[step].get();
  return nullptr;
}

// A value's gradient is written by the last step that reads it, and added to by those before.
void Pass::lay_out_backward() {
  std::size_t largest = 0;
  for (const Map& map : plan_.values) largest = std::max(largest, map.size());
  sums_.resize(slots_, std::vector<std::vector<Sum>>(plan_.steps.size()));
  std::vector<bool> written(plan_.values.size());
  std::vector<int> left(plan_.values.size());  // the value in whose gradient a norm left that of this one
  written[std::size_t(plan_.head_input())] = true;
  for (std::size_t s = plan_.steps.size(); s-- > 0;) {
    const Step& step = *plan_.steps[s];
    for (int i = 0; i < slots_; ++i) work_[i][s].dy = gradients_[std::size_t(step.output)].of(i);
    for (std::size_t k = 0; k < step.inputs.size(); ++k) {
      const std::size_t value = std::size_t(step.inputs[k]);
      if (value == 0) continue;  // nobody needs the image's
      if (k == 1 && !written[value] && step.leaves_gradient()) {
        const Step* const next = reader_before(plan_, s, int(value));
        if (next != nullptr && next->takes_summand()) {
          left[value] = step.output;
          continue;
        }
      }
      if (written[value] && summands_[k].size() == 0) summands_[k] = Buffer<float>(largest);
      for (int i = 0; i < slots_; ++i) {
        float* const gradient = gradients_[value].of(i);
        work_[i][s].dx[k] = written[value] ? summands_[k].data() : gradient;
        if (written[value]) sums_[i][s].push_back({gradient, summands_[k].data(), plan_.values[value]});
        if (left[value] > 0) work_[i][s].summand = gradients_[std::size_t(left[value])].of(i);
      }
      left[value] = 0;
      written[value] = true;
    }
  }
}

void Pass::pack(const float* parameters) {
  for (std::size_t s = 0; s < plan_.steps.size(); ++s) plan_.steps[s]->pack(parameters, (*packed_)[s].data());
}

void Pass::begin() {
  for (Buffer<float>& totals : totals_) totals.clear();
}

void Pass::finish(float* gradient) {
  for (std::size_t s = 0; s < plan_.steps.size(); ++s) plan_.steps[s]->finish(totals_[s].data(), gradient);
}

// Lays an image out as the first steps read it.
static void scale(const std::uint8_t* pixels, const PixelTable& table, const Map& map, float* image) {
  const float* const scaled = table.scaled;
  if (map.stride != map.channels) {
    for (int i = 0; i < map.height; ++i)
      for (int j = 0; j < map.width; ++j)
        for (int c = 0; c < map.channels; ++c) image[map.at(i, j) + c] = scaled[*pixels++];
    return;
  }
  const int run = map.width * map.stride;
  for (int i = 0; i < map.height; ++i, pixels += run) {
    float* __restrict const row = image + map.at(i, 0);
    for (int f = 0; f < run; ++f) row[f] = scaled[pixels[f]];
  }
}

const float* Pass::forward(int n, const Seen* images, const PixelTable& table, const float* parameters) {
  run_segment(0, n, images, table, parameters);
  return logits(n, parameters);
}

void Pass::backward(int n, const float* d_logits, const float* parameters, float* gradient) {
  logits_back(n, d_logits, parameters, gradient);
  run_segment_back(0, n, parameters, gradient);
}

void Pass::run_segment(std::size_t segment, int n, const Seen* images, const PixelTable& table, const float* parameters) {
  const auto [_, begin, end] = plan_.segments[segment];
  const NormStep* const next = segment + 1 < plan_.segments.size() ? plan_.segments[segment + 1].norm : nullptr;
  if (next != nullptr) moments[segment + 1].clear();
  for (int i = 0; i < n; ++i) {
    if (segment == 0) scale(viewer_(images[i]), table, plan_.values[0], values_[0].of(i));
    for (std::size_t s = begin; s < end; ++s) plan_.steps[s]->forward(work_[i][s], parameters);
    if (next != nullptr) next->count(work_[i][end], moments[segment + 1]);
  }
}

const float* Pass::logits(int n, const float* parameters) {
  plan_.head().forward(n, parameters, values_[std::size_t(plan_.head_input())].of(0), logits_.data());
  return logits_.data();
}

void Pass::logits_back(int n, const float* d_logits, const float* parameters, float* gradient) {
  const std::size_t head_input = std::size_t(plan_.head_input());
  plan_.head().backward(n, parameters, values_[head_input].of(0), d_logits, gradient, gradients_[head_input].of(0));
}

void Pass::run_segment_back(std::size_t segment, int n, const float* parameters, float* gradient) {
  const auto [norm, begin, end] = plan_.segments[segment];
  const bool waits = segment + 1 < plan_.segments.size();  // for the norm of the next segment, which comes first
  if (norm != nullptr) sums[segment].clear();
  for (int i = 0; i < n; ++i) {
    for (std::size_t s = begin; s < end; ++s)
      if (!kept_[std::size_t(plan_.steps[s]->output)]) plan_.steps[s]->forward(work_[i][s], parameters);
    for (std::size_t s = waits ? end + 1 : end; s-- > (norm != nullptr ? begin + 1 : begin);) {
      plan_.steps[s]->backward(work_[i][s], parameters, gradient);
      for (const auto& [to, summand, map] : sums_[i][s]) plan_.kernels.add_forward(map, map, map, to, summand, to);
    }
    if (norm != nullptr) norm->count_back(work_[i][begin], sums[segment]);
  }
  if (norm != nullptr)
    norm->conclude_back(parameters, (*packed_)[begin].data(), totals_[begin].data(), sums[segment], gradient);
}

void Pass::normalize(std::size_t segment, const Moments& batch, const float* parameters) {
  const auto [norm, begin, _] = plan_.segments[segment];
  norm->normalize(batch, parameters, (*packed_)[begin].data());
}

void Pass::normalize_back(std::size_t segment, const Moments& batch, const NormSums& all, float* gradient) {
  const auto [norm, begin, _] = plan_.segments[segment];
  norm->normalize_back(batch, all, (*packed_)[begin].data());
  norm->add_gradient(sums[segment], (*packed_)[begin].data(), gradient);
}

}  // namespace gossamer
