// Views to the byte, against their definition pixel by pixel in 64 bits.
#include <array>

#include "check.h"
#include "views.h"

namespace gossamer::tests {
namespace {

constexpr std::int64_t PIXEL = 1 << 16, LEVEL = 1 << 8;

struct Image {
  std::int64_t height, width, channels;
  std::vector<std::uint8_t> pixels{};
  std::int64_t at(std::int64_t i, std::int64_t j, std::int64_t c) const {
    i = std::min(i, height - 1), j = std::min(j, width - 1);
    return pixels[std::size_t((i * width + j) * channels + c)];
  }
};

std::uint8_t seen(const Image& image, const View& v, std::int64_t i, std::int64_t j, std::int64_t c) {
  if (i >= v.top && i < std::int64_t(v.top) + v.side && j >= v.left && j < std::int64_t(v.left) + v.side) return 0;
  const std::int64_t y = std::clamp<std::int64_t>(v.a * i + v.b * j + v.c, 0, (image.height - 1) * PIXEL);
  const std::int64_t x = std::clamp<std::int64_t>(v.d * i + v.e * j + v.f, 0, (image.width - 1) * PIXEL);
  const std::int64_t row = y >> 16, column = x >> 16, down = (y & 0xffff) >> 8, right = (x & 0xffff) >> 8;
  const std::int64_t above = image.at(row, column, c) * (LEVEL - right) + image.at(row, column + 1, c) * right;
  const std::int64_t under = image.at(row + 1, column, c) * (LEVEL - right) + image.at(row + 1, column + 1, c) * right;
  const std::int64_t level = (above * (LEVEL - down) + under * down + (1 << 15)) >> 16;
  return std::uint8_t(std::clamp<std::int64_t>((level * v.gain + v.offset + 128) >> 8, 0, 255));
}

// Numbers of a view: those of an unchanged image, moves by whole pixels, turns, or anything at all.
std::int32_t anything(Random& random) {
  using Limits = std::numeric_limits<std::int32_t>;
  constexpr std::int32_t ends[] = {Limits::min(), -1, 0, 1, Limits::max()};
  return random.coin() ? random.pick(ends) : std::int32_t(random.next());
}

View drawn_view(Random& random) {
  View v{PIXEL, 0, 0, 0, PIXEL, 0, LEVEL, 0, 0, 0, 0};
  const auto part = [&] { return std::int32_t(random.between(-PIXEL, PIXEL)); };
  const auto pixels = [&] { return std::int32_t(random.between(-12, 12) * PIXEL); };
  const auto halves = [&] { return std::int32_t(random.between(-24, 24) * PIXEL / 2); };
  switch (random.between(0, 3)) {
    case 0:
      if (random.coin()) v.a = -PIXEL;
      if (random.coin()) v.e = -PIXEL;
      v.c = random.coin() ? pixels() : halves(), v.f = random.coin() ? pixels() : halves();
      break;
    case 1:
      v.a = part(), v.b = part(), v.c = pixels() + part(), v.d = part(), v.e = part(), v.f = pixels() + part();
      break;
    case 2:
      for (std::int32_t* number : {&v.a, &v.b, &v.c, &v.d, &v.e, &v.f})
        if (random.coin()) *number = anything(random);
      break;
    default:
      break;
  }
  std::int32_t* const places[] = {&v.a, &v.b, &v.c, &v.d, &v.e, &v.f};
  if (random.coin()) *random.pick(places) = part();  // a view that is nearly one of the simple ones
  if (random.coin()) v.gain = random.coin() ? random.between(0, 1000) : anything(random);
  if (random.coin()) v.offset = random.coin() ? random.between(-70000, 70000) : anything(random);
  const auto place = [&] { return random.between(0, 5) == 0 ? anything(random) : std::int32_t(random.between(-3, 12)); };
  if (random.coin()) v.top = place(), v.left = place(), v.side = place();
  return v;
}

Findings check(Random& random, std::string& shape) {
  Findings findings;
  Image image{random.between(1, 9), random.between(1, 12), random.between(1, 4)};
  shape = std::to_string(image.height) + "x" + std::to_string(image.width) + "x" + std::to_string(image.channels);
  for (std::int64_t n = 0; n < image.height * image.width * image.channels; ++n)
    image.pixels.push_back(std::uint8_t(random.next()));
  Viewer viewer(int(image.height), int(image.width), int(image.channels));
  for (int drawn = 0; drawn < 3; ++drawn) {  // one after another in the same memory
    const View v = drawn_view(random);
    const std::uint8_t* found = viewer({image.pixels.data(), &v});
    std::size_t different = 0;
    for (std::int64_t i = 0; i < image.height; ++i)
      for (std::int64_t j = 0; j < image.width; ++j)
        for (std::int64_t c = 0; c < image.channels; ++c) different += *found++ != seen(image, v, i, j, c);
    findings.unless(different == 0, std::to_string(different) + " bytes differ");
  }
  findings.unless(viewer({image.pixels.data(), nullptr}) == image.pixels.data(), "an image without a view is copied");
  return findings;
}

}  // namespace

void test_views(int views, Report& report) {
  Random random(4);
  for (int drawn = 0; drawn < views; ++drawn) {
    std::string shape;
    const Findings findings = check(random, shape);
    report.add("views", shape, findings);
  }
}

}  // namespace gossamer::tests
