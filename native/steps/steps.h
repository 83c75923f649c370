// The steps of the ops that have no parameters.
#pragma once

#include <memory>

#include "../kernels.h"
#include "../step.h"

namespace gossamer {

std::unique_ptr<Step> relu_step(const Kernels&, const Map& x, const Map& y, int input, int output);
std::unique_ptr<Step> max_pool_step(const Kernels&, const Map& x, const Map& y, int input, int output);
std::unique_ptr<Step> average_pool_step(const Kernels&, const Map& x, const Map& y, int input, int output);
std::unique_ptr<Step> mean_step(const Kernels&, const Map& x, const Map& y, int input, int output);
std::unique_ptr<Step> add_step(const Kernels&, const Map& a, const Map& b, const Map& y, int first, int second, int output);

}  // namespace gossamer
