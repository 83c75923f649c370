"""Mistakes for `planted_mistakes.py` to plant, in the native core and in the folding of norms.

To add one, write a line here. A text that is no longer in its file is an error: the mistake is to be planted
anew where its code has moved to.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """One mistake: `old`, which stands once in `file` of native/ or src/gossamer/, becomes `new`."""

    what: str
    file: str
    old: str
    new: str


CORE = (
    # the forward convolution
    Mistake(
        "Winograd: a sign of the input",
        "vector/winograd.h",
        "d[2] - d[1], d[1] - d[3]",
        "d[2] + d[1], d[1] - d[3]",
    ),
    Mistake(
        "Winograd: a sign of large tiles' input",
        "vector/winograd.h",
        "d[4] - 4.0f * d[2]",
        "d[4] + 4.0f * d[2]",
    ),
    Mistake(
        "Winograd: a coefficient of large tiles' input",
        "vector/winograd.h",
        "d[5] - 5.0f * d[3]",
        "d[5] - 4.0f * d[3]",
    ),
    Mistake(
        "Winograd: a sign of the output",
        "vector/winograd.h",
        "outputs[1] -= product",
        "outputs[1] += product",
    ),
    Mistake(
        "Winograd: two points of large tiles are one",
        "vector/winograd.h",
        "{0, 1, -1, 2, -2, 0}",
        "{0, 1, -1, 2, 2, 0}",
    ),
    Mistake(
        "Winograd: large tiles' last frequency in the wrong output",
        "vector/winograd.h",
        "outputs[3] += product",
        "outputs[2] += product",
    ),
    Mistake(
        "Winograd: a sign of the weights",
        "vector/winograd.h",
        "0.5f * (g[0] - g[1] + g[2])",
        "0.5f * (g[0] - g[1] - g[2])",
    ),
    Mistake(
        "Winograd: a sign of large tiles' weights",
        "vector/winograd.h",
        "-(g[0] - g[1] + g[2]) / 6",
        "(g[0] - g[1] + g[2]) / 6",
    ),
    Mistake(
        "Winograd: a coefficient of large tiles' weights",
        "vector/winograd.h",
        "(g[0] - 2 * g[1] + 4 * g[2])",
        "(g[0] - 2 * g[1] + 2 * g[2])",
    ),
    Mistake(
        "Winograd: the last tile of a band dropped",
        "vector/winograd.h",
        "for (; t < p.tiles; ++t)",
        "for (; t + 1 < p.tiles; ++t)",
    ),
    Mistake(
        "Winograd: a row of tiles between bands dropped",
        "vector/winograd.h",
        "top += rows_)",
        "top += rows_ + 1)",
    ),
    Mistake(
        "Winograd: the last column of a tile that crosses an edge not read",
        "vector/winograd.h",
        "j < tile.columns + 2",
        "j < tile.columns",
    ),
    Mistake(
        "Winograd: tiles do not end at the lower edge",
        "vector/winograd.h",
        "std::min(M, outputs_[0] - i)",
        "M",
    ),
    Mistake(
        "Winograd: a window beyond the right edge",
        "vector/winograd_pooled.h",
        "j >= tile.columns",
        "j > tile.columns",
    ),
    Mistake(
        "Winograd: packed weights have the small tiles' room",
        "vector/convolution.h",
        "winograd_side(s) + 2 : s.kernel",
        "4 : s.kernel",
    ),
    Mistake(
        "Winograd: of images, too",
        "vector/convolution.h",
        "s.kernel == 3 && !s.image && winograd_side(s) > 0",
        "s.kernel == 3 && winograd_side(s) > 0",
    ),
    Mistake(
        "convolution: channels beyond the last not zero in packed weights",
        "vector/convolution.h",
        "std::fill(packed, packed + packed_size(s), 0.0f);",
        "",
    ),
    Mistake(
        "convolution: the last row of taps dropped", "vector/direct.h", "ky < s.kernel", "ky + 1 < s.kernel"
    ),
    Mistake(
        "convolution: a patch begins one pixel late",
        "vector/direct.h",
        "2 * j - s.half())",
        "2 * j - s.half() + 1)",
    ),
    Mistake(
        "blocks: the rest of a row dropped",
        "vector/blocks.h",
        "if (from < count) block(size, count - size.value);",
        "",
    ),
    Mistake(
        "first layer: the kernel turned on its diagonal",
        "vector/direct.h",
        "w[(i - r) * 3 + j - n]",
        "w[(j - n) * 3 + i - r]",
    ),
    Mistake("pooled convolution: a tie goes to the last", "vector/pooling.h", "v > best;", "v >= best;"),
    Mistake("pooled convolution: a place never wins", "vector/pooling.h", "challenge(c, 2);", ""),
    Mistake(
        "pooled convolution: the wrong place is kept",
        "vector/pooling.h",
        "challenge(d, 3);",
        "challenge(d, 2);",
    ),
    Mistake(
        "pooled convolution: a NaN loses to a number",
        "vector/pooling.h",
        "unordered(a, b) | unordered(c, d)",
        "unordered(a, b)",
    ),
    Mistake("convolution: no ReLU", "vector/pooling.h", "maximum(best + bias, V{})", "best + bias"),
    # and its gradients
    Mistake(
        "backward: the ReLU's mask forgotten",
        "vector/active.h",
        "const I on = load(y + s.y.at(i, j) + o) > V{};",
        "const I on = load(y + s.y.at(i, j) + o) == load(y + s.y.at(i, j) + o);",
    ),
    Mistake(
        "backward: the ReLU's mask forgotten, of an image",
        "vector/active.h",
        "const V g = load(y + s.y.at(i, j) + o) > V{} ?",
        "const V g = load(y + s.y.at(i, j) + o) >= V{} ?",
    ),
    Mistake(
        "backward: the bias gradient forgets earlier images",
        "vector/active.h",
        "V bias = load(d_bias + o);\n    std::uint64_t*",
        "V bias{};\n    std::uint64_t*",
    ),
    Mistake(
        "backward: the bias gradient forgets earlier images, of an image",
        "vector/active.h",
        "V bias = load(d_bias + o);\n    float*",
        "V bias{};\n    float*",
    ),
    Mistake(
        "backward: the last, partial word of windows is not written",
        "vector/active.h",
        "if (s.y.pixels() % 32 > 0) store(seen, active);",
        "",
    ),
    Mistake(
        "backward: the second row of a window is the first",
        "vector/active.h",
        "splat(std::int32_t(s.x.row()))",
        "splat(std::int32_t(s.x.stride))",
    ),
    Mistake("backward: a word holds 31 windows", "vector/active.h", "1u << (n % 32)", "1u << (n % 31)"),
    Mistake(
        "backward: only 64 channels in masks",
        "vector/active.h",
        "a.channels + o / 64",
        "a.channels + o / 128",
    ),
    Mistake(
        "input gradient: two indices of a window exchanged",
        "vector/input_gradient.h",
        "group[a.chunks + k]",
        "group[2 * a.chunks + k]",
    ),
    Mistake(
        "input gradient: channels beyond 64 have the first ones' weights",
        "vector/input_gradient.h",
        "weights + std::ptrdiff_t(64) * k * K * K * cs + c",
        "weights + c",
    ),
    Mistake(
        "input gradient: a slice of rows begins with the first taps",
        "vector/input_gradient.h",
        "(o * K + FIRST) * K * cs",
        "o * K * K * cs",
    ),
    Mistake(
        "input gradient: the last vector of channels dropped",
        "vector/input_gradient.h",
        "c < s.x.stride; c += L",
        "c + L < s.x.stride; c += L",
    ),
    Mistake(
        "input gradient: new columns begin with the sums of those left behind",
        "vector/input_gradient.h",
        "sum[r][p + 2] : V{}",
        "sum[r][p + 2] : sum[r][p]",
    ),
    Mistake(
        "input gradient: rows that squares share are the last one's",
        "vector/input_gradient.h",
        "FROM + r < SIDE - 2 ? load(to) + v : v",
        "v",
    ),
    Mistake(
        "input gradient: the last column of a row is not written",
        "vector/input_gradient.h",
        "UNROLL for (int p = 0; p < SIDE - 2; ++p) put",
        "UNROLL for (int p = 0; p < SIDE - 3; ++p) put",
    ),
    Mistake(
        "input gradient: begins with what was there",
        "vector/input_gradient.h",
        "std::fill(dx, dx + (rest ? s.x.size() : std::size_t(s.kernel - 1) * s.x.row()), 0.0f);",
        "(void)rest;",
    ),
    Mistake(
        "input gradient: an odd column keeps what was there",
        "vector/input_gradient.h",
        "(s.x.height | s.x.width) % 2",
        "s.x.height % 2",
    ),
    Mistake(
        "weight gradient: forgets earlier images",
        "vector/weight_gradient.h",
        "sum[r][n] = load(d_weights + r * run + n * L)",
        "sum[r][n] = V{}",
    ),
    Mistake(
        "weight gradient: a band of windows goes on to the end",
        "vector/weight_gradient.h",
        "std::min(a.words, word + band)",
        "a.words",
    ),
    Mistake(
        "weight gradient: what is left of a row dropped",
        "vector/weight_gradient.h",
        "for (; from < run; from += K * L)",
        "for (; from + K * L < run; from += K * L)",
    ),
    Mistake(
        "weight gradient: a kernel's lower rows read the upper ones' pixels",
        "vector/weight_gradient.h",
        "x + R * s.x.row(), a, o, word",
        "x, a, o, word",
    ),
    Mistake(
        "weight gradient: a wrong row of an image",
        "vector/weight_gradient.h",
        "const float* const p = x + (ky - s.half()) * s.x.row()",
        "const float* const p = x + ky * s.x.row()",
    ),
    Mistake(
        "weight gradient: a wrong row of an image, of picks",
        "vector/weight_gradient.h",
        "(s, x + (ky - s.half()) * s.x.row()",
        "(s, x + ky * s.x.row()",
    ),
    Mistake(
        "weight gradient: two positions of picks exchanged",
        "vector/weight_gradient.h",
        "(index >> 1) * L + (index & 1) * C",
        "(index & 1) * L + (index >> 1) * C",
    ),
    Mistake(
        "weight gradient: picks of the last pixel are zero",
        "vector/weight_gradient.h",
        "rows(p, p + row, N + C)",
        "rows(p, p + row, N)",
    ),
    Mistake(
        "weight gradient: picks of the first row alone",
        "vector/vector.h",
        "return lane < splat(L) ? a : b;",
        "(void)b; return a;",
    ),
    Mistake(
        "weight gradient: two positions of an image's window exchanged",
        "vector/weight_gradient.h",
        "position / 2 * row + position % 2 * C",
        "position % 2 * row + position / 2 * C",
    ),
    Mistake("first layer: no bias gradient", "vector/weight_gradient.h", "sum_bias += g;", ""),
    # the other layers
    Mistake("pool: a tie goes to the last", "vector/pools.h", "wins = v > best", "wins = v >= best"),
    Mistake(
        "pool: a NaN loses to a number", "vector/pools.h", 'lost ? splat(__builtin_nanf("")) : best', "best"
    ),
    Mistake(
        "mean: over the wrong count",
        "vector/pools.h",
        "sum[l] / x.pixels()",
        "sum[l] / (x.height * x.height)",
    ),
    Mistake(
        "mean: gradient not divided",
        "vector/pools.h",
        "load(dy + c) / splat(float(x.pixels()))",
        "load(dy + c)",
    ),
    Mistake(
        "dense: the last vector of the inputs dropped",
        "vector/dense.h",
        "for (; f < n; f += L)",
        "for (; f + L < n; f += L)",
    ),
    Mistake(
        "dense: the last image's gradient dropped", "vector/dense.h", "n >= 1; skip(1)", "n > 1; skip(1)"
    ),
    Mistake(
        "dense: the bias gradient of one image only", "vector/dense.h", "d_bias[c] += dz", "d_bias[c] = dz"
    ),
    # optimizers
    Mistake("Adam: beta2 is 0.99", "vector/optimizers.h", "* 0.999f", "* 0.99f"),
    Mistake("Adam: beta1 is 0.8", "vector/optimizers.h", "* 0.1f", "* 0.2f"),
    Mistake("Adam: epsilon is 1e-7", "vector/optimizers.h", "1e-8f", "1e-7f"),
    Mistake(
        "Adam: the second moment's bias not corrected", "vector/optimizers.h", " / step.root_correction", ""
    ),
    Mistake("optimizers: the last part not added", "vector/optimizers.h", "p < parts;", "p + 1 < parts;"),
    Mistake(
        "AdamW: no decay",
        "vector/optimizers.h",
        "load(weights + i) * step.keep - step.step_size",
        "load(weights + i) - step.step_size",
    ),
    Mistake(
        "SGD: no decay",
        "vector/optimizers.h",
        "load(weights + i) * step.keep - step.rate",
        "load(weights + i) - step.rate",
    ),
    Mistake("SGD: momentum without Nesterov's look ahead", "vector/optimizers.h", "(g + u * 0.9f)", "u"),
    Mistake(
        "SGD: the velocity is a mean",
        "vector/optimizers.h",
        "load(velocity + i) * 0.9f + g;",
        "load(velocity + i) * 0.9f + g * 0.1f;",
    ),
    Mistake(
        "average: the share is what it keeps",
        "vector/optimizers.h",
        "- load(average + i)) * share",
        "- load(average + i)) * (1 - share)",
    ),
    # the reference
    Mistake("reference: a tie goes to the last", "reference.cpp", "other > best", "other >= best"),
    Mistake(
        "reference: no tap in the first column",
        "reference.cpp",
        "int kx = 0; kx < s.kernel; ++kx)\n      for (int c = 0; c < s.x.channels; ++c)\n        sum",
        "int kx = 1; kx < s.kernel; ++kx)\n      for (int c = 0; c < s.x.channels; ++c)\n        sum",
    ),
    Mistake("reference: Adam's beta1", "reference.cpp", "0.9 * first_moment[i]", "0.8 * first_moment[i]"),
    Mistake("reference: SGD's momentum", "reference.cpp", "0.9 * velocity[i] + g", "0.8 * velocity[i] + g"),
    Mistake(
        "reference: the average lags",
        "reference.cpp",
        "share * (double(values[i])",
        "share / 2 * (double(values[i])",
    ),
    # networks and passes
    Mistake(
        "plan: a pool keeps the odd last row", "plan.cpp", "y.height /= 2,", "y.height = (y.height + 1) / 2,"
    ),
    Mistake(
        "plan: no border for the next convolution",
        "plan.cpp",
        "std::max(border, (node.kernel - 1) / 2)",
        "std::max(border, 0)",
    ),
    Mistake(
        "plan: the border of the last reader alone",
        "plan.cpp",
        "std::max(border, (node.kernel - 1) / 2)",
        "(node.kernel - 1) / 2",
    ),
    Mistake(
        "plan: a chain takes in what others read as well",
        "plan.cpp",
        "return found.size() == 1 ?",
        "return !found.empty() ?",
    ),
    Mistake(
        "pass: every image meets the first one's values",
        "pass.cpp",
        "work.x[k] = values_[std::size_t(step.inputs[k])].of(i)",
        "work.x[k] = values_[std::size_t(step.inputs[k])].of(0)",
    ),
    Mistake(
        "pass: gaps between the images that the dense layer reads together",
        "pass.cpp",
        "head ? head_inputs : kept_.back()",
        "kept_.back()",
    ),
    Mistake(
        "pass: the next image's pixels", "pass.cpp", "viewer_(images[i])", "viewer_(images[(i + 1) % n])"
    ),
    Mistake(
        "pass: of a value's readers, one alone gives it a gradient",
        "pass.cpp",
        "plan_.kernels.add_forward(map, map, map, to, summand, to)",
        "plan_.kernels.add_backward(map, map, summand, to)",
    ),
    Mistake(
        "pass: memory of gradients that are still read", "pass.cpp", "areas[a].free > k", "areas[a].free >= k"
    ),
    Mistake(
        "pass: memory of gradients ends with the last one's size",
        "pass.cpp",
        "std::max(areas[best].size, size), to",
        "size, to",
    ),
    Mistake(
        "pass: all images' maps in one's room",
        "pass.h",
        "lines(apart > 0 ? apart * images : size)",
        "lines(size + 0 * apart * images)",
    ),
    Mistake(
        "pass: the gradient of the last image's sum",
        "pass.cpp",
        "sums_[i][s].push_back",
        "sums_[0][s].push_back",
    ),
    Mistake(
        "ReLU: the gradient of all",
        "vector/activation.h",
        "A == Activation::relu) return x > V{} ? dy : V{};",
        "A == Activation::relu) return dy;",
    ),
    Mistake(
        "sum: the second map alone",
        "vector/activation.h",
        "store(sum + f, load(p + f) + load(q + f))",
        "store(sum + f, load(q + f))",
    ),
    Mistake("mean: written into the border", "steps/mean.cpp", "pixel_(y.at(0, 0))", "pixel_(0)"),
    # blocks, filters and depthwise convolutions
    Mistake(
        "blocks: of four vectors of channels, the third is left out",
        "vector/blocks.h",
        "from += 2 * L;",
        "from += 3 * L;",
    ),
    Mistake(
        "blocks: the last outputs of a split dropped",
        "vector/blocks.h",
        "for (; from + 2 <= count; from += 2) block(Count<2>{}, from);",
        "for (; from + 2 <= count; from += 3) block(Count<2>{}, from);",
    ),
    Mistake(
        "blocks: a group of neighbours begins at the wrong one",
        "vector/blocks.h",
        "p + 3 * g * next",
        "p + 2 * g * next",
    ),
    Mistake(
        "filter: channels beyond the last not zero in packed weights",
        "vector/filter.h",
        "std::fill(packed, packed + std::size_t(s.taps()) * s.x.channels * os, 0.0f);",
        "",
    ),
    Mistake("filter: no bias", "vector/filter.h", "bias == nullptr ? T{} : load_as<T>(bias + o * L)", "T{}"),
    Mistake(
        "filter: nothing is added",
        "vector/filter.h",
        "if (added != nullptr) sum[n][o] += load_as<T>(added + n * os + o * L);",
        "",
    ),
    Mistake(
        "filter: outputs next to each other whatever the stride",
        "vector/filter.h",
        "next = s.stride * s.x.stride",
        "next = s.x.stride",
    ),
    Mistake(
        "filter: a patch begins in its middle",
        "vector/filter.h",
        "s.x.at(s.stride * i - s.half(), s.stride * j - s.half())",
        "s.x.at(s.stride * i - s.half(), s.stride * j)",
    ),
    Mistake(
        "filter: the weight gradient forgets earlier images",
        "vector/filter.h",
        "sum[r][n] = load_as<T>(d + r * d_row + n * L)",
        "sum[r][n] = T{}",
    ),
    Mistake(
        "filter: the weight gradient of a wrong column",
        "vector/filter.h",
        "ky - s.half(), -s.half())",
        "ky - s.half(), 0)",
    ),
    Mistake(
        "filter: the bias gradient forgets earlier images",
        "vector/filter.h",
        "V sum = load(d_bias + o)",
        "V sum{}",
    ),
    Mistake(
        "filter: no zeros around the gradient",
        "vector/filter.h",
        "to = std::fill_n(to, 2 * map.border * map.stride, 0.0f);",
        "to += 2 * map.border * map.stride;",
    ),
    Mistake(
        "filter: no zeros below the gradient",
        "vector/filter.h",
        "std::fill(to, scratch + map.size(), 0.0f);",
        "",
    ),
    Mistake(
        "filter: no zeros above the gradient",
        "vector/filter.h",
        "std::fill_n(scratch, map.at(0, 0), 0.0f)",
        "scratch + map.at(0, 0)",
    ),
    Mistake(
        "filter: no ReLU", "vector/filter.h", "s.relu ? maximum(sum[n][o], T{}) : sum[n][o]", "sum[n][o]"
    ),
    Mistake(
        "filter: the sum's other gradient is lost",
        "steps/filter.cpp",
        "if (w.dx[1] != nullptr) kernels_.add_backward(filter.added, filter.y, w.dy, w.dx[1]);",
        "",
    ),
    Mistake(
        "filter: a gradient is read in another layout",
        "steps/filter.h",
        " && filter.added.border == filter.y.border",
        "",
    ),
    Mistake(
        "filter: the gradient of all, whatever the ReLU",
        "steps/filter.cpp",
        "if (filter.relu) kernels_",
        "if (filter.relu && filter.stride > 1) kernels_",
    ),
    Mistake(
        "filter: the ReLU's mask is the input's gradient's",
        "steps/filter.cpp",
        "Activation::relu, w.y, w.dy, w.dy)",
        "Activation::relu, w.dy, w.dy, w.dy)",
    ),
    Mistake(
        "filter: too few zeros around the gradient",
        "shapes.h",
        "(half() + stride - 1) / stride",
        "half() / stride",
    ),
    Mistake(
        "filter: a pixel's taps begin at the wrong one",
        "vector/filter.h",
        "kx = (j + s.half()) % s.stride",
        "kx = j % s.stride",
    ),
    Mistake(
        "filter: the last pixel of a phase dropped",
        "vector/filter.h",
        "(s.x.width - phase + s.stride - 1) / s.stride",
        "(s.x.width - phase) / s.stride",
    ),
    Mistake(
        "filter: the other gradient is not added",
        "vector/filter.h",
        "summand == nullptr ? T{} : load_as<T>(summand + n * s.stride * cs + k * L)",
        "T{}",
    ),
    Mistake("filter: rows joined across a summand's border", "shapes.h", " || added.border > 0", ""),
    Mistake(
        "filter: rows joined across a border",
        "shapes.h",
        "stride > 1 || x.border > 0 || y.border > 0",
        "stride > 1 || y.border > 0",
    ),
    Mistake(
        "filter: a strided kernel joined in one row",
        "shapes.h",
        "kernel > 1 || stride > 1 ||",
        "kernel > 1 ||",
    ),
    Mistake(
        "depthwise: no bias",
        "vector/depthwise.h",
        "start[n] = bias == nullptr ? T{} : load_as<T>(bias + c)",
        "start[n] = T{}",
    ),
    Mistake(
        "depthwise: nothing is added",
        "vector/depthwise.h",
        "if (other != nullptr) start[n] += load_as<T>(other + n * s.x.stride);",
        "",
    ),
    Mistake("depthwise: no ReLU", "vector/depthwise.h", "relu ? maximum(sum[n], T{}) : sum[n]", "sum[n]"),
    Mistake(
        "depthwise: taps between strides count",
        "vector/depthwise.h",
        "(t - kx) % S == 0 && (t - kx) / S < N) sum[(t - kx) / S] += value * wv[kx]",
        "(t - kx) / S < N) sum[(t - kx) / S] += value * wv[kx]",
    ),
    Mistake(
        "depthwise: stride 3 as stride 2",
        "vector/depthwise.h",
        "work(kernel, Count<3>{})",
        "work(kernel, Count<2>{})",
    ),
    Mistake(
        "depthwise: the kernel is not turned on the way back",
        "vector/depthwise.h",
        "w + (K * K - 1) * cs + c, -cs",
        "w + c, cs",
    ),
    Mistake(
        "depthwise: the weight gradient of one row in all",
        "vector/depthwise.h",
        "s.x.at(S * i - K / 2 + ky, -K / 2)",
        "s.x.at(S * i - K / 2, -K / 2)",
    ),
    Mistake(
        "depthwise: the weight gradient forgets earlier images",
        "vector/depthwise.h",
        "load_as<T>(d) + (sum[0][kx] + sum[1][kx])",
        "sum[0][kx] + sum[1][kx]",
    ),
    Mistake(
        "depthwise: the other gradient is not added, strided",
        "vector/depthwise.h",
        "summand == nullptr ? T{} : load_as<T>(summand + n * s.stride * cs)",
        "T{}",
    ),
    Mistake(
        "depthwise: the other gradient is not added",
        "vector/depthwise.h",
        "summand == nullptr ? T{} : load_as<T>(summand + at + n * cs)",
        "T{}",
    ),
    Mistake(
        "Winograd filter: no bias",
        "vector/winograd_filter.h",
        "finish.bias == nullptr ? V{} : load(finish.bias + o)",
        "V{}",
    ),
    Mistake(
        "Winograd filter: no ReLU",
        "vector/winograd_filter.h",
        "finish.relu ? maximum(value, V{}) : value",
        "value",
    ),
    Mistake(
        "Winograd filter: the ReLU on the way back, too",
        "vector/filters.h",
        "{nullptr, summand, s.x, false}",
        "{nullptr, summand, s.x, s.relu}",
    ),
    Mistake(
        "Winograd filter: what is added is read in another layout",
        "vector/filters.h",
        "{bias, added, s.added, s.relu}",
        "{bias, added, s.y, s.relu}",
    ),
    Mistake(
        "Winograd filter: a column beyond the right edge",
        "vector/winograd_filter.h",
        "if (j == tile.columns) break;",
        "if (j > tile.columns) break;",
    ),
    Mistake(
        "Winograd filter: the other gradient is not added",
        "vector/winograd_filter.h",
        "if (summand != nullptr) value += load(summand + j * os);",
        "",
    ),
    Mistake(
        "Winograd filter: the kernel is not turned on the way back",
        "vector/winograd_filter.h",
        "turned[8 - t] = g[t]",
        "turned[t] = g[t]",
    ),
    Mistake(
        "Winograd filter: a sign of the weights' gradient",
        "vector/winograd.h",
        "w[1] = p[1] - p[2]",
        "w[1] = p[1] + p[2]",
    ),
    Mistake(
        "Winograd filter: a coefficient of the weights' gradient, large tiles",
        "vector/winograd.h",
        "2.0f * (p[3] - p[4])",
        "4.0f * (p[3] - p[4])",
    ),
    Mistake(
        "Winograd filter: the weights' gradient without its last product, large tiles",
        "vector/winograd.h",
        "(4.0f * (p[3] + p[4]) + p[5])",
        "4.0f * (p[3] + p[4])",
    ),
    Mistake(
        "Winograd filter: a sign of the gradient's frequencies",
        "vector/winograd.h",
        "(g[0] - g[1]) * splat(0.5f)",
        "(g[1] - g[0]) * splat(0.5f)",
    ),
    Mistake(
        "Winograd filter: a coefficient of the gradient's frequencies, large tiles",
        "vector/winograd.h",
        "2.0f * (g[1] + 4.0f * g[3])",
        "2.0f * (g[1] + 2.0f * g[3])",
    ),
    Mistake(
        "Winograd filter: a scale of the gradient's frequencies, large tiles",
        "vector/winograd.h",
        "e[0] = 0.25f * g[0]",
        "e[0] = 0.5f * g[0]",
    ),
    Mistake(
        "Winograd filter: the gradient beyond the right edge counts",
        "vector/winograd_filter.h",
        "i < tile.rows && j < tile.columns ? load",
        "i < tile.rows ? load",
    ),
    Mistake(
        "Winograd filter: the weight gradient forgets what was there",
        "vector/winograd_filter.h",
        "load(tap) + row[kx]",
        "row[kx]",
    ),
    Mistake(
        "Winograd filter: channels beyond the last not zero in packed weights",
        "vector/winograd_filter.h",
        "std::fill(packed, back + winograd_weights<M>(s.y.channels, cs), 0.0f);",
        "",
    ),
    Mistake(
        "Winograd filter: of strided ones, too",
        "vector/winograd_filter.h",
        "s.kernel == 3 && s.stride == 1 && !s.image",
        "s.kernel == 3 && !s.image",
    ),
    Mistake(
        "blocks: the last block of 7 dropped",
        "vector/blocks.h",
        "cover<7>(width, block)",
        "cover<7>(width - 7, block)",
    ),
    Mistake(
        "blocks: half a vector at the end dropped",
        "vector/blocks.h",
        "if (half) block(H{}, Count<1>{}, map.stride - L);",
        "if (half) return;",
    ),
    Mistake(
        "blocks: half a vector where more are channels",
        "vector/blocks.h",
        "map.stride - map.channels >= L / 2",
        "map.stride > map.channels",
    ),
    Mistake(
        "blocks: half a vector at the end dropped, one at a time",
        "vector/blocks.h",
        "if (half) block(H{}, map.stride - L);",
        "if (half) return;",
    ),
    Mistake(
        "pass: totals go on from the batch before",
        "pass.cpp",
        "for (Buffer<float>& totals : totals_) totals.clear();",
        "",
    ),
    Mistake("training: totals are left out without norms", "trainer.cpp", "  pass.finish(gradient);\n}", "}"),
    Mistake(
        "training: totals are left out under norms", "trainer.cpp", "if (s == 0) pass.finish(gradient);", ""
    ),
    # activations and norms
    Mistake(
        "ReLU6: not clipped",
        "vector/activation.h",
        "minimum(maximum(x, V{}), splat(6.0f));",
        "maximum(x, V{});",
    ),
    Mistake(
        "ReLU6: a gradient where it is clipped",
        "vector/activation.h",
        "(x > V{}) & (x < splat(6.0f)) ? dy",
        "x > V{} ? dy",
    ),
    Mistake(
        "ReLU6: a NaN becomes 6", "vector/activation.h", "return b < a ? b : a;", "return a < b ? a : b;"
    ),
    Mistake(
        "hard swish: half the slope",
        "vector/activation.h",
        "x * splat(1.0f / 3) + 0.5f",
        "x * splat(1.0f / 6) + 0.5f",
    ),
    Mistake(
        "hard swish: a slope where it is flat", "vector/activation.h", "x > splat(-3.0f)", "x > splat(-4.0f)"
    ),
    Mistake(
        "moments: squares of the values themselves",
        "vector/norm.h",
        "load(p + n * L) - middle[n]",
        "load(p + n * L)",
    ),
    Mistake(
        "moments: the last pixel of an odd row dropped", "vector/norm.h", "if (j < x.width) visit(p, 0);", ""
    ),
    Mistake("norm: nothing is added", "vector/norm.h", "return z + load(added);", "return z;"),
    Mistake(
        "norm: the gradient before the activation is not kept", "vector/norm.h", "store(g + n * L, dz);", ""
    ),
    Mistake(
        "norm: the products with values not centered", "vector/norm.h", "dz * (value - mean[n])", "dz * value"
    ),
    Mistake(
        "norm: the mean gradient is not taken off",
        "vector/norm.h",
        "(slope[n] * load(p + n * L) + offset[n])",
        "slope[n] * load(p + n * L)",
    ),
    Mistake(
        "norm: parts merged as if their means were one",
        "steps/norm.cpp",
        "others_deviation[c] + apart * apart * (count * n / total)",
        "others_deviation[c]",
    ),
    Mistake("norm: another epsilon", "steps/norm.cpp", "EPSILON = 1e-5", "EPSILON = 2e-5"),
    Mistake("norm: another momentum", "steps/norm.cpp", "MOMENTUM = 0.1", "MOMENTUM = 0.01"),
    Mistake(
        "norm: the running variance is the biased one",
        "steps/norm.cpp",
        "batch.deviation[c] / (batch.count - 1)",
        "batch.deviation[c] / batch.count",
    ),
    Mistake(
        "norm: one value per channel moves the statistics",
        "steps/norm.cpp",
        "if (batch.count < 2) return;",
        "",
    ),
    Mistake(
        "norm: one value per channel hands rounding back",
        "steps/norm.cpp",
        "batch.count < 2 ? 0 : 1 / std::sqrt",
        "1 / std::sqrt",
    ),
    Mistake(
        "norm: a sign on the way back",
        "steps/norm.cpp",
        "/ batch.count - per_x * batch.mean[c]",
        "/ batch.count + per_x * batch.mean[c]",
    ),
    Mistake(
        "norm: divided by the deviation, not by the variance",
        "steps/norm.cpp",
        "inverse[c] * inverse[c] * sums",
        "inverse[c] * sums",
    ),
    Mistake(
        "norm: the gradient of the gain is not normalized",
        "steps/norm.cpp",
        "part.product[c] * inverse[c]",
        "part.product[c]",
    ),
    Mistake(
        "norm: the sums of the last part alone",
        "steps/norm.cpp",
        "dz[c] += other.dz[c],",
        "dz[c] = other.dz[c],",
    ),
    # segments
    Mistake(
        "plan: a strided convolution runs as one of stride 1",
        "plan.cpp",
        "pools && node.bias && node.stride == 1 &&",
        "pools && node.bias &&",
    ),
    Mistake(
        "plan: a depthwise convolution takes in its pool",
        "plan.cpp",
        "inputs.size() == 1 && node.op == Op::convolution",
        "inputs.size() == 1",
    ),
    Mistake(
        "plan: a sum in front of a pool is lost",
        "plan.cpp",
        "pools = relu && inputs.size() == 1 &&",
        "pools = relu &&",
    ),
    Mistake(
        "plan: a convolution without a bias gets one",
        "plan.cpp",
        "pools && node.bias && node.stride == 1 &&",
        "pools && node.stride == 1 &&",
    ),
    Mistake(
        "plan: a norm is folded whose input others read",
        "plan.cpp",
        "readers[std::size_t(input)].size() == 1 &&",
        "true &&",
    ),
    Mistake(
        "plan: a norm is folded into a strided convolution",
        "plan.cpp",
        "pointwise->kernel == 1 && pointwise->stride == 1",
        "pointwise->kernel == 1",
    ),
    Mistake(
        "plan: a norm is folded into a convolution with a bias",
        "plan.cpp",
        "pointwise->stride == 1 && !pointwise->bias",
        "pointwise->stride == 1",
    ),
    Mistake(
        "plan: a stride that rounds down",
        "plan.cpp",
        "y.height = (x.height - 1) / node.stride + 1,",
        "y.height = x.height / node.stride,",
    ),
    Mistake(
        "plan: an image without padding for all",
        "plan.cpp",
        "nodes[reader].op == Op::convolution || nodes[reader].op == Op::dense",
        "true || nodes[reader].op == Op::dense",
    ),
    Mistake(
        "plan: what is not there yet is added",
        "plan.cpp",
        "if (other >= output()) return;",
        "if (other == output()) return;",
    ),
    Mistake(
        "plan: a gradient that waits has one image's room", "plan.cpp", "use(norm ? k - 1 : k);", "use(k);"
    ),
    Mistake(
        "plan: a gradient that a folded norm completes has one image's room",
        "plan.cpp",
        "(makes && norm) || (reads_it && in_two)",
        "makes && norm",
    ),
    Mistake(
        "plan: a gradient's room ends before the norm that left another's in it",
        "plan.cpp",
        " || reads(*steps[s], left)) use",
        ") use",
    ),
    Mistake("folded norm: no shift", "steps/folded_norm.cpp", "shift += double(weight) * v.shift[c];", ""),
    Mistake(
        "folded norm: no scale",
        "steps/folded_norm.cpp",
        "weights[at] = weight * v.scale[c];",
        "weights[at] = weight;",
    ),
    Mistake(
        "folded norm: the sum of the last output alone",
        "steps/folded_norm.cpp",
        "sums.dz[c] += weight * dy;",
        "sums.dz[c] = weight * dy;",
    ),
    Mistake(
        "folded norm: products with values not centered",
        "steps/folded_norm.cpp",
        "products[at] - double(v.mean[c]) * dy",
        "products[at]",
    ),
    Mistake(
        "folded norm: the weights' gradient without the shift",
        "steps/folded_norm.cpp",
        "double(v.scale[c]) * products[at] + v.shift[c] * dy",
        "double(v.scale[c]) * products[at]",
    ),
    Mistake(
        "folded norm: scaled twice on the way back",
        "steps/folded_norm.cpp",
        "v.scale = w.packed + NormStep::packed_size() + packed().ones;",
        "",
    ),
    Mistake(
        "folded norm: concluded after every image",
        "pass.cpp",
        "if (norm != nullptr) norm->count_back(work_[i][begin], sums[segment]);",
        "if (norm == nullptr) continue;\n    norm->count_back(work_[i][begin], sums[segment]);\n    "
        "norm->conclude_back(parameters, (*packed_)[begin].data(), totals_[begin].data(), "
        "sums[segment], gradient);",
    ),
    Mistake(
        "plan: what another segment reads is not kept",
        "plan.cpp",
        "return !used.empty() && used.front() != used.back();",
        "return used.empty();",
    ),
    Mistake(
        "pass: values are not made again",
        "pass.cpp",
        "plan_.steps[s]->forward(work_[i][s], parameters);\n    for",
        "(void)parameters;\n    for",
    ),
    Mistake(
        "pass: moments of the batch before",
        "pass.cpp",
        "if (next != nullptr) moments[segment + 1].clear();",
        "",
    ),
    Mistake("pass: sums of the batch before", "pass.cpp", "if (norm != nullptr) sums[segment].clear();", ""),
    Mistake("pass: a gradient is added twice", "pass.cpp", "left[value] = 0;", ""),
    Mistake(
        "pass: a gradient is left to who takes none",
        "pass.cpp",
        "next != nullptr && next->takes_summand()",
        "next != nullptr",
    ),
    Mistake(
        "pass: a gradient is read in another layout",
        "steps/norm.h",
        " && norm.added.border == norm.y.border",
        "",
    ),
    Mistake(
        "training: a norm's sums of one part",
        "trainer.cpp",
        "all.add(pass->sums[s])",
        "all.add(passes_[0]->sums[s])",
    ),
    Mistake(
        "training: norms do not normalize",
        "trainer.cpp",
        "if (s > 0) pass.normalize(s, moments[s], parameters.data());",
        "",
    ),
    Mistake(
        "training: every thread moves the statistics",
        "trainer.cpp",
        "if (thread == 0) plan_.segments",
        "plan_.segments",
    ),
    Mistake(
        "evaluation: predicted for true",
        "evaluator.cpp",
        "confusion[label * classes + results[i].predicted]",
        "confusion[results[i].predicted * classes + label]",
    ),
    # training
    Mistake("training: the label off by one", "score.h", "d[label] -=", "d[(label + 1) % classes] -="),
    Mistake(
        "training: a smaller batch scaled as a whole one",
        "trainer.cpp",
        "1.0f / float(batch.size)",
        "1.0f / float(results_.size())",
    ),
    Mistake("training: every batch is the first", "trainer.cpp", "batch.rows += batch.size;", ""),
    Mistake("training: a part of the batch not added", "trainer.cpp", "adam, PARTS,", "adam, PARTS - 1,"),
    Mistake("training: SGD leaves a part out", "trainer.cpp", "keep}, PARTS,", "keep}, PARTS - 1,"),
    Mistake(
        "training: every batch has the first one's views",
        "trainer.cpp",
        "if (batch.views != nullptr) batch.views += batch.size;",
        "",
    ),
    Mistake(
        "training: every batch has the first one's teacher",
        "trainer.cpp",
        "if (batch.teacher != nullptr) batch.teacher += std::ptrdiff_t(batch.size) * plan_.classes();",
        "",
    ),
    Mistake(
        "training: an image has another's view",
        "trainer.cpp",
        "nullptr : batch.views + i",
        "nullptr : batch.views",
    ),
    Mistake(
        "training: an image has another's teacher",
        "trainer.cpp",
        "batch.teacher + std::ptrdiff_t(from + i) * classes",
        "batch.teacher + std::ptrdiff_t(i) * classes",
    ),
    Mistake(
        "training: weights by the place in the batch",
        "trainer.cpp",
        "image_weights_[row]",
        "image_weights_[from + i]",
    ),
    Mistake(
        "training: the first batch's rate for all", "trainer.cpp", "epoch.rates[b]", "epoch.rates[b * 0]"
    ),
    Mistake("training: all is decayed", "trainer.cpp", "kernel ? float(1 - rate", "true ? float(1 - rate"),
    Mistake("training: decay without the rate", "trainer.cpp", "1 - rate * learning_", "1 - learning_"),
    Mistake(
        "training: a decayed stretch goes on past a thread's share",
        "trainer.cpp",
        "std::min(end, last)",
        "end",
    ),
    Mistake(
        "training: decay for biases between kernels",
        "parameters.cpp",
        "stretches_.back().kernel == kernel)",
        "true)",
    ),
    Mistake(
        "training: the average is one of the weights alone",
        "trainer.cpp",
        "if (thread == 0) kernels.average",
        "if (thread > 4) kernels.average",
    ),
    Mistake(
        "training: the average decays from the start on",
        "learning.h",
        "std::min(ema, double(1 + step) / double(10 + step))",
        "(void)step, ema",
    ),
    Mistake(
        "training: the average a step ahead",
        "trainer.cpp",
        "learning_.average_decay(number)",
        "learning_.average_decay(number + 1)",
    ),
    Mistake("answer: a smoothed label is lost", "score.h", "d[label] += scale * smoothing;", ""),
    Mistake(
        "answer: smoothing for the other classes alone",
        "score.h",
        "float each = smoothing / float(classes)",
        "float each = smoothing / float(classes - 1)",
    ),
    Mistake("answer: the loss is not smoothed", "score.h", "result.loss += smooth(", "smooth("),
    Mistake(
        "answer: a teacher's gradient without its temperature",
        "score.h",
        "scale * temperature * (",
        "scale * (",
    ),
    Mistake(
        "answer: a teacher's loss by the temperature once",
        "score.h",
        "temperature * temperature * loss",
        "temperature * loss",
    ),
    Mistake(
        "answer: the teacher's entropy is left out",
        "score.h",
        "(std::log(teacher[c]) - log_share)",
        "-log_share",
    ),
    Mistake("answer: a probability of 0 is NaN", "score.h", "if (teacher[c] != 0) loss", "loss"),
    Mistake(
        "answer: labels count in full beside a teacher",
        "score.h",
        "scale * labels, d);\n  if",
        "scale, d);\n  if",
    ),
    Mistake("answer: a weight for the loss alone", "score.h", "scale *= target.weight;", ""),
    Mistake("answer: a weight for the gradient alone", "score.h", "result.loss *= target.weight;", ""),
    # views
    Mistake("views: an image is never turned", "views.cpp", "v.b != 0 || ", ""),
    Mistake(
        "views: flips are not whole", "views.cpp", "(v.a == PIXEL || v.a == -PIXEL) && v.b == 0", "v.b == 0"
    ),
    Mistake("views: half a pixel is a whole one", "views.cpp", "v.c % PIXEL == 0", "v.c % (PIXEL / 2) == 0"),
    Mistake(
        "views: a shift the other way",
        "views.cpp",
        "v.e / PIXEL * j + v.f / PIXEL",
        "v.e / PIXEL * j - v.f / PIXEL",
    ),
    Mistake("views: values are cut off, not rounded", "views.cpp", " + PIXEL / 2) >> 16", ") >> 16"),
    Mistake(
        "views: pixels beyond the last column",
        "views.cpp",
        "width_ > 1 ? std::size_t(channels) : 0",
        "std::size_t(0)",
    ),
    Mistake(
        "views: places before the image are left there",
        "views.cpp",
        "clamp<std::int64_t>(y, 0, bottom)",
        "clamp<std::int64_t>(y, -bottom, bottom)",
    ),
    Mistake(
        "views: levels wrap around", "views.cpp", "+ LEVEL / 2) >> 8, 0, 255)", "+ LEVEL / 2) >> 8, 0, 1023)"
    ),
    Mistake(
        "views: an image is not recoloured that stays", "views.cpp", "!moves(v) && !recolours(v)", "!moves(v)"
    ),
    Mistake(
        "views: a square one pixel too wide",
        "views.cpp",
        "(left + side, 0, width_)",
        "(left + side + 1, 0, width_)",
    ),
    Mistake(
        "training: an image left out between parts",
        "trainer.cpp",
        "return batch * part / PARTS;",
        "return batch / PARTS * part;",
    ),
    Mistake(
        "training: the bias correction a step ahead",
        "trainer.cpp",
        "t = double(number + 1)",
        "t = double(number + 2)",
    ),
    Mistake(
        "training: steps of an epoch miscounted",
        "trainer.cpp",
        "step += std::int64_t(epoch.sizes.size());",
        "step += std::int64_t(epoch.sizes.size()) - 1;",
    ),
    Mistake(
        "training: the gradient goes on from the last batch",
        "trainer.cpp",
        "std::fill_n(gradients_.data() + part * size, size, 0.0f);",
        "(void)size;",
    ),
    Mistake(
        "training: threads step over each other",
        "trainer.cpp",
        "first = blocks * thread / threads_",
        "first = blocks * thread / (threads_ + 1)",
    ),
    Mistake(
        "training: weights prepared once",
        "trainer.cpp",
        "passes_[thread]->pack(parameters.data());",
        "if (results_[0].loss == 0) passes_[thread]->pack(parameters.data());",
    ),
    Mistake(
        "training: threads skip parts",
        "trainer.cpp",
        "part += threads_) gradient_of_part",
        "part += 2 * threads_) gradient_of_part",
    ),
    Mistake(
        "training: softmax without its shift overflows", "score.h", "std::exp(z[c] - top)", "std::exp(z[c])"
    ),
    Mistake(
        "training: pixels scaled to a little less than 1",
        "pass.h",
        "/ (maximum - minimum);",
        "/ (maximum + 1 - minimum);",
    ),
    Mistake(
        "evaluation: the weights of the call before", "runner.cpp", "worker->loaded = false", "(void)worker"
    ),
    Mistake(
        "evaluation: the last, smaller group dropped",
        "runner.cpp",
        "(images.n + GROUP - 1) / GROUP",
        "images.n / GROUP",
    ),
)

FOLD = "network/fold.py"
PYTHON = (
    Mistake("fold: no epsilon", FOLD, "np.sqrt(variance + EPSILON)", "np.sqrt(variance)"),
    Mistake(
        "fold: a bias of the convolution's own is not scaled",
        FOLD,
        "(bias - mean) * scale",
        "bias - mean * scale",
    ),
    Mistake("fold: the mean is forgotten", FOLD, "(bias - mean) * scale", "bias * scale"),
    Mistake("fold: the gain is forgotten", FOLD, "gain / np.sqrt", "1 / np.sqrt"),
    Mistake("fold: a convolution without a bias", FOLD, "op = replace(op, bias=True)", "pass"),
    Mistake(
        "fold: a convolution that others read",
        FOLD,
        "or graph.readers[before.name] != [node]",
        "or not graph.readers[before.name]",
    ),
)
