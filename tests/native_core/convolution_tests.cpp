// Convolutions with their ReLU and the max-pool.
//
// A case is a value in a table: to add one, write a line in CONVOLUTIONS.
#include <functional>

#include "cases.h"

namespace gossamer::tests {
namespace {

struct Case {
  int height, width, in, out, kernel;
  bool image;
  Values values = Values::fractions;
  int border = 0;  // of the output
};

const Case CONVOLUTIONS[] = {
    {28, 28, 1, 16, 3, true},                         // the report's first layer
    {14, 14, 16, 32, 3, false},                       // and its second
    {28, 28, 1, 16, 3, true, Values::ones},           // saturated pixels: every window is a tie
    {28, 28, 1, 16, 3, true, Values::zeros},          // an empty image
    {14, 14, 16, 32, 3, false, Values::ones},         // the same for Winograd
    {29, 27, 3, 17, 3, true, Values::integers, 1},    // an odd image in color
    {29, 31, 9, 33, 3, false, Values::integers, 3},   // several bands of Winograd tiles, the last one short
    {3, 105, 8, 8, 3, false},                         // a row longer than Winograd's tiles at once
    {2, 2, 1, 1, 3, false},                           // one window
    {2, 9, 7, 65, 1, false},                          // more than 64 channels in a mask
    {2, 3, 4, 4, 7, false},                           // a kernel that is nearly all border
    {9, 8, 65, 129, 3, false, Values::integers},      // three masks
    {12, 12, 4, 8, 5, false}, {13, 10, 3, 9, 7, true},
    {9, 12, 1, 24, 5, true, Values::integers, 1}, {11, 8, 1, 9, 7, true},  // a gray image, whose rows fit in a vector each
};

void draw(Random& random, Case& c) {
  do {
    const bool image = random.between(0, 3) == 0;
    constexpr int kernels[] = {1, 3, 3, 3, 5, 7};
    c = {random.between(2, 17),
         random.between(2, 17),
         image ? random.between(1, 4) : random.pick(WIDTHS),
         random.pick(WIDTHS),
         random.pick(kernels),
         image,
         random.pick(ALL_VALUES),
         random.between(0, 3)};
  } while (c.height * c.width * c.kernel * c.kernel * c.in * c.out > 1 << 20);  // keeps the reference quick
}

std::string describe(const Case& c) {
  return "convolution " + size_of(c.height, c.width, c.in) + " to " + std::to_string(c.out) + ", kernel " +
         std::to_string(c.kernel) + (c.image ? ", of an image" : "") + ", " +
         NAMES[int(c.values)] + ", border " + std::to_string(c.border);
}

Findings check(const Kernels& k, const Kernels& reference, const Case& c, Random& random) {
  Findings findings;
  const Map x{c.height, c.width, c.in, c.image ? c.in : round_up(c.in, k.lanes), (c.kernel - 1) / 2};
  const Map y{c.height / 2, c.width / 2, c.out, round_up(c.out, k.lanes), c.border};
  const Conv s{{x, y, c.kernel, c.image}};
  const bool large = c.kernel == 3 && !c.image && takes_large_tiles(2 * y.height, 2 * y.width);
  const double near = large ? TOLERANCE : tolerance(c.values);

  // Forward. The weights' padding is zero, as a network keeps it.
  const Buffer<float> in = filled_map(random, x, c.values, 0);
  Buffer<float> weights(s.weights()), bias(std::size_t(y.stride));
  for (int o = 0; o < c.out; ++o) {
    bias[std::size_t(o)] = value(random, c.values);
    for (int i = 0; i < c.in; ++i)
      for (int t = 0; t < s.taps(); ++t) weights[s.weight_at(o, i, t)] = value(random, c.values);
  }
  const std::size_t outputs = std::size_t(y.pixels()) * y.stride;
  const float junk = random.coin() ? UNWRITTEN : 1e6f;  // a ReLU makes 0 of NaN: that alone would hide what is read
  Guarded packed(k.packed_size(s), junk), scratch(k.scratch_size(s), junk), out(y.size()), indices(outputs);
  Guarded expected(y.size()), expected_indices(outputs);
  k.pack(s, weights.data(), packed.data());
  k.conv_forward(s, in.data(), packed.data(), bias.data(), out.data(), indices.indices(), scratch.data());
  reference.conv_forward(s, in.data(), weights.data(), bias.data(), expected.data(), expected_indices.indices(), nullptr);
  findings.unless_close("y", inside(y, out.data()), inside(y, expected.data()), near);
  findings.unless(is_border_untouched(y, out.data()), "wrote to y's border");
  findings.unless(is_padding_zero(y, out.data()), "y's padding is not zero");
  findings.unless(packed.intact() && scratch.intact() && out.intact() && indices.intact(), "forward wrote past an end");
  if (near == 0)
    findings.unless_close("indices", inside(y, indices.indices()), inside(y, expected_indices.indices()), 0);
  if (findings.text.empty()) {  // rounding may turn a near tie: then the other index's value is as good
    const Filter whole{{x, {x.height, x.width, c.out, y.stride, 0}, c.kernel, c.image}, 1, true};
    Guarded all(whole.y.size());
    reference.filter_forward(whole, in.data(), weights.data(), bias.data(), nullptr, all.data(), nullptr);
    std::vector<float> picked;
    bool valid = true;
    each(y, [&](int i, int j, int o) {
      const int index = indices.indices()[(std::ptrdiff_t(i) * y.width + j) * y.stride + o];
      valid = valid && index >= 0 && index < 4;
      picked.push_back(valid ? all.data()[whole.y.at(2 * i + index / 2, 2 * j + index % 2) + o] : UNWRITTEN);
    });
    findings.unless_close("the output at the index", picked, inside(y, expected.data()), near);
  }
  Guarded evaluated(y.size());
  k.conv_forward(s, in.data(), packed.data(), bias.data(), evaluated.data(), nullptr, scratch.data());
  findings.unless(std::memcmp(evaluated.data(), out.data(), y.size() * sizeof(float)) == 0, "y is another without indices");
  if (!c.image) {  // pixels are numbers
    const Buffer<float> diverged = with_a_nan(random, x, in);
    Guarded got(y.size()), want(y.size());
    k.conv_forward(s, diverged.data(), packed.data(), bias.data(), got.data(), expected_indices.indices(), scratch.data());
    reference.conv_forward(s, diverged.data(), weights.data(), bias.data(), want.data(), nullptr, nullptr);
    const std::vector<float> lost_here = lost(inside(y, got.data())), due = lost(inside(y, want.data()));
    findings.unless(large ? std::equal(lost_here.begin(), lost_here.end(), due.begin(), std::greater_equal<>()) : lost_here == due,
                    "a NaN is lost or made in y");
  }
  if (!findings.text.empty()) return findings;  // what follows reads y and indices

  // Back, from the forward's own y and indices; the gradients' sums go on from what is there already.
  const Buffer<float> dy = filled_map(random, y, c.values == Values::fractions ? c.values : Values::integers, UNWRITTEN);
  Guarded d_weights(s.weights()), d_bias(std::size_t(y.stride)), dx(x.size());
  Guarded expected_weights(s.weights()), expected_bias(std::size_t(y.stride)), expected_dx(x.size());
  for (Guarded* each : {&d_weights, &expected_weights}) std::memcpy(each->data(), weights.data(), s.weights() * sizeof(float));
  for (Guarded* each : {&d_bias, &expected_bias}) std::memcpy(each->data(), bias.data(), y.stride * sizeof(float));
  const bool with_dx = !c.image && random.between(0, 3) != 0;
  Guarded scratch_back(k.scratch_size(s), junk);
  k.conv_backward(s, in.data(), out.data(), indices.indices(), dy.data(), weights.data(), d_weights.data(), d_bias.data(),
                  with_dx ? dx.data() : nullptr, scratch_back.data());
  std::vector<std::int32_t> argmax(indices.indices(), indices.indices() + outputs);
  reference.conv_backward(s, in.data(), out.data(), argmax.data(), dy.data(), weights.data(), expected_weights.data(),
                          expected_bias.data(), with_dx ? expected_dx.data() : nullptr, nullptr);
  findings.unless_close("d_weights", d_weights.values(), expected_weights.values(), near);
  findings.unless_close("d_bias", d_bias.values(), expected_bias.values(), near);
  if (with_dx) findings.unless_close("dx", inside(x, dx.data()), inside(x, expected_dx.data()), near);
  findings.unless(d_weights.intact() && d_bias.intact() && dx.intact() && scratch_back.intact(),
                  "backward wrote past an end");
  return findings;
}

}  // namespace

void test_convolutions(const Kernels& k, const Kernels& reference, int shapes, Report& report) {
  test(k, reference, CONVOLUTIONS, shapes, report);
}

}  // namespace gossamer::tests
