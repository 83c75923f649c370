// The kernels of a convolution without a pool: each shape to its fastest path.
#pragma once

#include "filter.h"
#include "winograd_filter.h"

namespace gossamer::GOSSAMER_ISA {

FilterSizes filter_sizes(const Filter& s) {
  const std::size_t padded = s.reach() > 0 ? s.padded_y().size() : 0;
  if (!takes_winograd(s)) return {std::size_t(s.taps()) * s.x.channels * s.y.stride, 0, padded};
  return {winograd_weights(s.x.channels, s.y.stride) + winograd_weights(s.y.channels, s.x.stride),
          winograd_weights(s.y.channels, s.x.stride), padded + winograd_scratch(s)};
}

void filter_pack(const Filter& s, const float* weights, float* packed) {
  if (takes_winograd(s)) return winograd_pack(s, weights, packed);
  pack_directly(s, weights, packed);
}

void filter_forward(const Filter& s, const float* x, const float* packed, const float* bias, float* y, float* scratch) {
  if (takes_winograd(s)) return winograd_convolve(s.x, x, packed, {bias, nullptr, s.relu}, s.y, y, scratch);
  filter_directly(s.in_one_row(), x, packed, bias, y);
}

void filter_backward(const Filter& filter, const FilterData& data, float* d_weights, float* d_bias, float* totals,
                     const float* summand, float* dx, float* scratch) {
  const Filter s = filter.in_one_row();
  const bool winograd = takes_winograd(s);
  if (d_bias != nullptr) add_bias_gradient(s.y, data.dy, d_bias);
  if (winograd)
    winograd_weight_totals(s, data.x, data.dy, totals, scratch);
  else
    filter_weight_gradient(s, data.x, data.dy, d_weights);
  if (dx == nullptr) return;
  Map map;
  const float* const dy = with_zeros(s, data.dy, scratch, map);
  if (winograd)
    winograd_convolve(map, dy, data.packed + winograd_weights(s.x.channels, s.y.stride), {nullptr, summand, false}, s.x, dx,
                      scratch + map.size());
  else
    filter_input_gradient(s, map, dy, data.weights, summand, dx);
}

void filter_finish(const Filter& s, const float* totals, float* d_weights) {
  if (takes_winograd(s)) winograd_weight_gradient(s, totals, d_weights);
}

}  // namespace gossamer::GOSSAMER_ISA
