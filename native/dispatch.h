// Which kernels this build holds and this machine can run.
#pragma once

#include <string>
#include <vector>

#include "kernels.h"

namespace gossamer {

// Fastest first; the reference is the last.
std::vector<const Kernels*> runnable_kernels();

// The kernels called `name`, or the fastest if it is empty; null if there are none of that name.
const Kernels* find_kernels(const std::string& name);

}  // namespace gossamer
