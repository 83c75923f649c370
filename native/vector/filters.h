// The kernels of a convolution without a pool: each shape to its fastest path.
#pragma once

#include "filter.h"
#include "winograd_filter.h"

namespace gossamer::GOSSAMER_ISA {

FilterSizes filter_sizes(const Filter& s) {
  const std::size_t padded = s.reach() > 0 ? s.padded_y().size() : 0;
  if (!takes_winograd(s)) return {std::size_t(s.taps()) * s.x.channels * s.y.stride, 0, padded};
  FilterSizes sizes;
  with_side(winograd_side(s), [&](auto side) {
    constexpr int M = side.value;
    const std::size_t back = winograd_weights<M>(s.y.channels, s.x.stride);
    sizes = {winograd_weights<M>(s.x.channels, s.y.stride) + back, back, padded + winograd_scratch<M>(s)};
  });
  return sizes;
}

void filter_pack(const Filter& s, const float* weights, float* packed) {
  if (!takes_winograd(s)) return pack_directly(s, weights, packed);
  with_side(winograd_side(s), [&](auto side) { winograd_pack<side.value>(s, weights, packed); });
}

void filter_forward(const Filter& s, const float* x, const float* packed, const float* bias, const float* added, float* y,
                    float* scratch) {
  if (!takes_winograd(s)) return filter_directly(s.in_one_row(), x, packed, bias, added, y);
  with_side(winograd_side(s), [&](auto side) {
    winograd_convolve<side.value>(s.x, x, packed, {bias, added, s.added, s.relu}, s.y, y, scratch);
  });
}

void filter_backward(const Filter& filter, const FilterData& data, float* d_weights, float* d_bias, float* totals,
                     const float* summand, float* dx, float* scratch) {
  const Filter s = filter.in_one_row();
  if (d_bias != nullptr) add_bias_gradient(s.y, data.dy, d_bias);
  Map map;
  if (!takes_winograd(s)) {
    filter_weight_gradient(s, data.x, data.dy, d_weights);
    if (dx == nullptr) return;
    const float* const dy = with_zeros(s, data.dy, scratch, map);
    return filter_input_gradient(s, map, dy, data.weights, summand, dx);
  }
  with_side(winograd_side(s), [&](auto side) {
    constexpr int M = side.value;
    winograd_weight_totals<M>(s, data.x, data.dy, totals, scratch);
    if (dx == nullptr) return;
    const float* const dy = with_zeros(s, data.dy, scratch, map);
    const float* const packed = data.packed + winograd_weights<M>(s.x.channels, s.y.stride);
    winograd_convolve<M>(map, dy, packed, {nullptr, summand, s.x, false}, s.x, dx, scratch + map.size());
  });
}

void filter_finish(const Filter& s, const float* totals, float* d_weights) {
  if (!takes_winograd(s)) return;
  with_side(winograd_side(s), [&](auto side) { winograd_weight_gradient<side.value>(s, totals, d_weights); });
}

}  // namespace gossamer::GOSSAMER_ISA
