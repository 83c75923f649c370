// The multiply-adds a second that one thread can do at most: what the kernels' speed is measured against.
#pragma once

#include "kernels.h"

namespace gossamer {

// The best of several tries, a tenth of a second in all.
double peak_multiply_adds(const Kernels& kernels);

}  // namespace gossamer
