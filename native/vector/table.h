// The vector kernels as a table. Include it in a file that defines GOSSAMER_ISA (a namespace), GOSSAMER_LANES and
// GOSSAMER_NAME: one source, compiled once for each instruction set.
//
// An image's whole pass stays in the core's own caches, and a window's outputs in its registers.
#pragma once

#include "../kernels.h"
#include "activation.h"
#include "convolution.h"
#include "dense.h"
#include "depthwise.h"
#include "filters.h"
#include "norm.h"
#include "optimizers.h"
#include "peak.h"
#include "pools.h"

namespace gossamer::GOSSAMER_ISA {

extern const Kernels kernels;
const Kernels kernels = {
    .name = GOSSAMER_NAME,
    .lanes = L,
    .packed_size = packed_size,
    .pack = pack,
    .scratch_size = scratch_size,
    .conv_forward = conv_forward,
    .conv_backward = conv_backward,
    .filter_sizes = filter_sizes,
    .filter_pack = filter_pack,
    .filter_forward = filter_forward,
    .filter_backward = filter_backward,
    .filter_finish = filter_finish,
    .depthwise_forward = depthwise_forward,
    .depthwise_backward = depthwise_backward,
    .moments = moments,
    .norm_forward = norm_forward,
    .norm_sums = norm_sums,
    .norm_backward = norm_backward,
    .activation_forward = activation_forward,
    .activation_backward = activation_backward,
    .add_forward = add_forward,
    .add_backward = add_backward,
    .max_pool_forward = max_pool_forward,
    .max_pool_backward = max_pool_backward,
    .average_pool_forward = average_pool_forward,
    .average_pool_backward = average_pool_backward,
    .mean_forward = mean_forward,
    .mean_backward = mean_backward,
    .dense_forward = dense_forward,
    .dense_backward = dense_backward,
    .adam = adam,
    .sgd = sgd,
    .average = average,
    .multiply_adds = multiply_adds,
};

}  // namespace gossamer::GOSSAMER_ISA
