#include "views.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace gossamer {

constexpr int PIXEL = 1 << 16;  // steps of a place per pixel
constexpr int LEVEL = 1 << 8;   // steps of a gain per 1, and of an offset per level

static bool moves(const View& v) {
  return v.a != PIXEL || v.b != 0 || v.c != 0 || v.d != 0 || v.e != PIXEL || v.f != 0;
}

static bool recolours(const View& v) { return v.gain != LEVEL || v.offset != 0; }

// Whether every pixel is one of the image's, as flips and shifts leave it.
static bool is_whole(const View& v) {
  return (v.a == PIXEL || v.a == -PIXEL) && v.b == 0 && v.c % PIXEL == 0 && v.d == 0 && (v.e == PIXEL || v.e == -PIXEL) &&
         v.f % PIXEL == 0;
}

// Whether 32 bits hold every place from pixel (0, 0) to (height, width), and those of the image itself.
static bool fits(const View& v, std::int64_t height, std::int64_t width) {
  constexpr std::int64_t LEAST = std::numeric_limits<std::int32_t>::min(), MOST = std::numeric_limits<std::int32_t>::max();
  for (const std::int64_t i : {std::int64_t(0), height})
    for (const std::int64_t j : {std::int64_t(0), width})
      for (const std::int64_t place : {v.a * i + v.b * j + v.c, v.d * i + v.e * j + v.f})
        if (place < LEAST || place > MOST) return false;
  return std::max(height, width) * PIXEL <= MOST;
}

Viewer::Viewer(int height, int width, int channels)
    : height_(height),
      width_(width),
      channels_(channels),
      row_(std::size_t(width) * channels),
      seen_(height * row_),
      bytes_(row_) {}

const std::uint8_t* Viewer::operator()(const Seen& image) {
  if (image.view == nullptr) return image.pixels;
  const View& v = *image.view;
  if (!moves(v) && !recolours(v) && v.side <= 0) return image.pixels;
  if (is_whole(v))
    copy(image.pixels, v);
  else if (fits(v, height_, width_))
    interpolate<std::int32_t>(image.pixels, v);
  else
    interpolate<std::int64_t>(image.pixels, v);
  if (recolours(v)) recolour(v.gain, v.offset);
  blank(v.top, v.left, v.side);
  return seen_.data();
}

void Viewer::copy(const std::uint8_t* image, const View& v) {
  for (int j = 0; j < width_; ++j) {
    const int column = std::clamp(v.e / PIXEL * j + v.f / PIXEL, 0, width_ - 1);
    for (int c = 0; c < channels_; ++c) bytes_[std::size_t(j) * channels_ + c] = std::uint32_t(column * channels_ + c);
  }
  std::uint8_t* out = seen_.data();
  for (int i = 0; i < height_; ++i, out += row_) {
    const std::uint8_t* const in = image + std::clamp(v.a / PIXEL * i + v.c / PIXEL, 0, height_ - 1) * row_;
    for (std::size_t byte = 0; byte < row_; ++byte) out[byte] = in[bytes_[byte]];
  }
}

template <class Place>
void Viewer::interpolate(const std::uint8_t* image, const View& v) {
  const Place bottom = Place(height_ - 1) * PIXEL, far = Place(width_ - 1) * PIXEL;
  std::uint8_t* out = seen_.data();
  for (std::int64_t i = 0; i < height_; ++i) {
    Place row = Place(v.a * i + v.c), column = Place(v.d * i + v.f);
    for (int j = 0; j < width_; ++j, row += Place(v.b), column += Place(v.e)) {
      const Place y = std::clamp(row, Place(0), bottom), x = std::clamp(column, Place(0), far);
      const int down = int(y % PIXEL) / LEVEL, right = int(x % PIXEL) / LEVEL;
      const std::uint8_t* const in = image + std::size_t(y / PIXEL) * row_ + std::size_t(x / PIXEL) * channels_;
      const std::size_t below = y < bottom ? row_ : 0, beside = x < far ? std::size_t(channels_) : 0;
      for (int c = 0; c < channels_; ++c) {
        const int above = in[c] * (LEVEL - right) + in[c + beside] * right;
        const int under = in[c + below] * (LEVEL - right) + in[c + below + beside] * right;
        *out++ = std::uint8_t((above * (LEVEL - down) + under * down + PIXEL / 2) / PIXEL);
      }
    }
  }
}

void Viewer::recolour(std::int64_t gain, std::int64_t offset) {
  std::uint8_t levels[256];
  for (std::int64_t level = 0; level < 256; ++level)
    levels[level] = std::uint8_t(std::clamp<std::int64_t>((level * gain + offset + LEVEL / 2) >> 8, 0, 255));
  for (std::size_t n = 0; n < seen_.size(); ++n) seen_[n] = levels[seen_[n]];
}

void Viewer::blank(std::int64_t top, std::int64_t left, std::int64_t side) {
  const std::int64_t first = std::clamp<std::int64_t>(left, 0, width_), last = std::clamp<std::int64_t>(left + side, 0, width_);
  if (first >= last) return;
  for (std::int64_t i = std::max<std::int64_t>(top, 0); i < std::min<std::int64_t>(top + side, height_); ++i)
    std::memset(seen_.data() + std::size_t(i) * row_ + std::size_t(first) * channels_, 0, std::size_t(last - first) * channels_);
}

}  // namespace gossamer
