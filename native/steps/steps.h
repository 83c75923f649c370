// The steps of single ops.
#pragma once

#include <memory>

#include "../kernels.h"
#include "../parameters.h"
#include "../step.h"

namespace gossamer {

std::unique_ptr<Step> activation_step(const Kernels&, const Map& x, const Map& y, Activation, int input, int output);
std::unique_ptr<Step> max_pool_step(const Kernels&, const Map& x, const Map& y, int input, int output);
std::unique_ptr<Step> average_pool_step(const Kernels&, const Map& x, const Map& y, int input, int output);
std::unique_ptr<Step> mean_step(const Kernels&, const Map& x, const Map& y, int input, int output);
std::unique_ptr<Step> add_step(const Kernels&, const Map& a, const Map& b, const Map& y, int first, int second, int output);

}  // namespace gossamer
