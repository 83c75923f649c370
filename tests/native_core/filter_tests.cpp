// Convolutions alone, over all input channels and depthwise, of any stride.
//
// A case is a value in a table: to add one, write a line in FILTERS.
#include <functional>

#include "cases.h"

namespace gossamer::tests {
namespace {

struct FilterCase {
  int height, width, in, out, kernel, stride;
  bool depthwise, image, bias;  // a depthwise one keeps its channels, and what it reads is never without padding
  Values values = Values::fractions;
  int border = 0;  // of the output, and of the input more than the kernel needs
};

const FilterCase FILTERS[] = {
    {28, 28, 1, 16, 3, 1, false, true, false},                         // a first layer under batch norm
    {32, 32, 3, 16, 3, 2, false, true, true},                          // a strided one in color
    {14, 14, 16, 32, 1, 1, false, false, false},                       // a pointwise convolution
    {16, 16, 16, 32, 1, 2, false, false, false},                       // a shortcut that halves the map: three of four pixels
    {14, 12, 16, 33, 3, 1, false, false, false},                       // Winograd's
    {28, 30, 9, 17, 3, 1, false, false, true, Values::integers, 1},    // several bands of its tiles, the last one short
    {14, 14, 36, 36, 5, 1, true, false, false},                        // of the sep network
    {7, 7, 48, 48, 5, 1, true, false, true, Values::integers, 2},
    {9, 11, 65, 65, 3, 2, true, false, true, Values::integers, 1},     // five vectors, the last nearly empty
    {1, 1, 1, 1, 7, 1, true, false, false}, {1, 1, 5, 3, 7, 4, false, false, true},  // kernels that are nearly all border
    {2, 3, 17, 9, 7, 3, false, false, true, Values::integers},         // a kernel larger than the map
    {5, 1, 8, 8, 1, 4, true, false, true, Values::integers},           // a stride larger than the kernel and than the map
    {3, 130, 3, 7, 3, 1, false, false, true, Values::integers, 1},     // a long row
    {6, 5, 4, 65, 5, 2, false, true, true, Values::ones, 1},
};

void draw(Random& random, FilterCase& c) {
  constexpr int kernels[] = {1, 3, 3, 3, 5, 7}, strides[] = {1, 1, 1, 2, 3, 4};  // Winograd's come often
  do {
    const bool depthwise = random.coin(), image = !depthwise && random.between(0, 3) == 0;
    const int in = image ? random.between(1, 4) : random.pick(WIDTHS);
    c = {random.between(1, 17),
         random.between(1, 17),
         in,
         depthwise ? in : random.pick(WIDTHS),
         random.pick(kernels),
         random.pick(strides),
         depthwise,
         image,
         random.coin(),
         random.pick(ALL_VALUES),
         random.between(0, 2)};
  } while (c.height * c.width * c.kernel * c.kernel * c.in * (c.depthwise ? 1 : c.out) > 1 << 20);  // keeps the reference quick
}

std::string describe(const FilterCase& c) {
  return (c.depthwise ? "depthwise " : "filter ") + size_of(c.height, c.width, c.in) + " to " + std::to_string(c.out) +
         ", kernel " + std::to_string(c.kernel) + ", stride " + std::to_string(c.stride) + (c.image ? ", of an image" : "") +
         (c.bias ? "" : ", without a bias") + ", " + NAMES[int(c.values)] + ", border " + std::to_string(c.border);
}

Findings check(const Kernels& k, const Kernels& reference, const FilterCase& c, Random& random) {
  Findings findings;
  const Map x{c.height, c.width, c.in, c.image ? c.in : round_up(c.in, k.lanes), (c.kernel - 1) / 2 + c.border};
  const Map y{(c.height - 1) / c.stride + 1, (c.width - 1) / c.stride + 1, c.out, round_up(c.out, k.lanes), c.border};
  const Filter s{{x, y, c.kernel, c.image}, c.stride, random.coin(), {y.height, y.width, y.channels, y.stride, random.between(0, 2)}};
  const bool tiles = c.kernel == 3 && c.stride == 1 && !c.depthwise;
  const double near = tiles && !c.image && takes_large_tiles(c.height, c.width) ? TOLERANCE : tolerance(c.values);
  const std::size_t size = c.depthwise ? std::size_t(s.taps()) * x.stride : s.weights();
  const auto fill_weights = [&](float* weights) {  // but their padding, which a network keeps at zero
    for (int t = 0; t < s.taps(); ++t)
      for (int o = 0; o < c.out; ++o)
        for (int i = 0; i < (c.depthwise ? 1 : c.in); ++i)
          weights[c.depthwise ? std::size_t(t) * x.stride + o : s.weight_at(o, i, t)] = value(random, c.values);
  };
  Buffer<float> weights(size), bias(std::size_t(y.stride));
  fill_weights(weights.data());
  for (int o = 0; o < c.out; ++o) bias[std::size_t(o)] = value(random, c.values);
  const Buffer<float> in = filled_map(random, x, c.values, 0);
  const float junk = random.coin() ? UNWRITTEN : 1e6f;

  const FilterSizes sizes = c.depthwise ? FilterSizes{size, 0, s.padded_y().size()} : k.filter_sizes(s);
  Guarded packed(sizes.packed, junk), scratch(sizes.scratch, junk);
  if (!c.depthwise) k.filter_pack(s, weights.data(), packed.data());
  const Buffer<float> more = filled_map(random, s.added, c.values, UNWRITTEN);
  const float* const added = random.coin() ? more.data() : nullptr;
  const auto run = [&](const Kernels& by, const float* from, const float* prepared, float* to) {
    const float* const b = c.bias ? bias.data() : nullptr;
    if (c.depthwise)
      by.depthwise_forward(s, from, weights.data(), b, added, to);
    else
      by.filter_forward(s, from, prepared, b, added, to, scratch.data());
  };
  Guarded out(y.size()), expected(y.size());
  run(k, in.data(), packed.data(), out.data());
  run(reference, in.data(), weights.data(), expected.data());
  findings.unless_close("y", inside(y, out.data()), inside(y, expected.data()), near);
  findings.unless(is_border_untouched(y, out.data()), "wrote to y's border");
  findings.unless(is_padding_zero(y, out.data()), "y's padding is not zero");
  findings.unless(packed.intact() && scratch.intact() && out.intact(), "forward wrote past an end");
  const Buffer<float> diverged = with_a_nan(random, x, in);
  run(k, diverged.data(), packed.data(), out.data());
  run(reference, diverged.data(), weights.data(), expected.data());
  const std::vector<float> got = lost(inside(y, out.data())), want = lost(inside(y, expected.data()));
  // one NaN makes all outputs of its tile NaN
  findings.unless(tiles ? std::equal(got.begin(), got.end(), want.begin(), std::greater_equal<>()) : got == want,
                  "a NaN is lost or made in y");

  // Back; the gradients' sums go on from what is there already, and another gradient may be added to that of x.
  const Buffer<float> dy = filled_map(random, y, c.values == Values::fractions ? c.values : Values::integers, UNWRITTEN);
  Guarded d_weights(size, 0), expected_weights(size), d_bias(std::size_t(y.stride)), expected_bias(std::size_t(y.stride));
  fill_weights(d_weights.data());
  std::memcpy(expected_weights.data(), d_weights.data(), size * sizeof(float));
  for (Guarded* each : {&d_bias, &expected_bias}) std::memcpy(each->data(), bias.data(), y.stride * sizeof(float));
  Guarded dx(x.size()), expected_dx(x.size()), totals(sizes.totals, 0);
  const bool with_dx = !c.image && random.between(0, 3) != 0;
  const int images = random.between(1, 2);
  const Buffer<float> other = filled_map(random, x, c.values, UNWRITTEN);
  const float* const summand = random.coin() ? other.data() : nullptr;
  const auto run_back = [&](const Kernels& by, const float* prepared, Guarded& dw, Guarded& db, Guarded& to) {
    float *const d_bias_to = c.bias ? db.data() : nullptr, *const dx_to = with_dx ? to.data() : nullptr;
    for (int image = 0; image < images; ++image)
      if (c.depthwise)
        by.depthwise_backward(s, in.data(), dy.data(), weights.data(), dw.data(), d_bias_to, summand, dx_to, scratch.data());
      else
        by.filter_backward(s, {in.data(), dy.data(), weights.data(), prepared}, dw.data(), d_bias_to, totals.data(), summand,
                           dx_to, scratch.data());
    if (!c.depthwise) by.filter_finish(s, totals.data(), dw.data());
  };
  run_back(k, packed.data(), d_weights, d_bias, dx);
  findings.unless(d_weights.intact() && d_bias.intact() && dx.intact() && scratch.intact() && totals.intact(),
                  "backward wrote past an end");
  run_back(reference, weights.data(), expected_weights, expected_bias, expected_dx);
  findings.unless_close("d_weights", d_weights.values(), expected_weights.values(), near);
  findings.unless_close("d_bias", d_bias.values(), expected_bias.values(), near);
  if (with_dx) {
    findings.unless_close("dx", inside(x, dx.data()), inside(x, expected_dx.data()), near);
    findings.unless(is_padding_zero(x, dx.data()), "dx's padding is not zero");
  }
  return findings;
}

}  // namespace

void test_filters(const Kernels& k, const Kernels& reference, int shapes, Report& report) {
  test(k, reference, FILTERS, shapes, report);
}

}  // namespace gossamer::tests
