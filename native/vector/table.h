// The vector kernels as a table. Include it in a file that defines GOSSAMER_ISA (a namespace), GOSSAMER_LANES and
// GOSSAMER_NAME: one source, compiled once for each instruction set.
//
// An image's whole pass stays in the core's own caches, and a window's outputs in its registers.
#pragma once

#include "../kernels.h"
#include "adam.h"
#include "convolution.h"
#include "dense.h"
#include "peak.h"
#include "pool_and_mean.h"

namespace gossamer::GOSSAMER_ISA {

extern const Kernels kernels;
const Kernels kernels = {
    GOSSAMER_NAME, L,
    packed_size, pack, scratch_size, conv_forward, conv_backward,
    relu_forward, relu_backward, add_forward, add_backward,
    pool_forward, pool_backward, average_pool_forward, average_pool_backward, mean_forward, mean_backward,
    dense_forward, dense_backward, adam, multiply_adds,
};

}  // namespace gossamer::GOSSAMER_ISA
