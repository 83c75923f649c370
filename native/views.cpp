#include "views.h"

#include <algorithm>
#include <cstring>

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
  else if (channels_ == 1)
    interpolate<1>(image.pixels, v);
  else if (channels_ == 3)
    interpolate<3>(image.pixels, v);
  else
    interpolate<0>(image.pixels, v);
  if (recolours(v)) recolour(v.gain, v.offset);
  blank(v.top, v.left, v.side);
  return seen_.data();
}

// A byte that is written could be a member's, for all that the compiler knows: loops have their own.
void Viewer::copy(const std::uint8_t* image, const View& v) {
  for (int j = 0; j < width_; ++j) {
    const int column = std::clamp(v.e / PIXEL * j + v.f / PIXEL, 0, width_ - 1);
    for (int c = 0; c < channels_; ++c) bytes_[std::size_t(j) * channels_ + c] = std::uint32_t(column * channels_ + c);
  }
  const std::size_t row = row_;
  const std::uint32_t* const bytes = bytes_.data();
  std::uint8_t* out = seen_.data();
  for (int i = 0; i < height_; ++i, out += row) {
    const std::uint8_t* const in = image + std::clamp(v.a / PIXEL * i + v.c / PIXEL, 0, height_ - 1) * row;
    for (std::size_t n = 0; n < row; ++n) out[n] = in[bytes[n]];
  }
}

template <int CHANNELS>
void Viewer::interpolate(const std::uint8_t* image, const View& v) {
  const std::int64_t bottom = std::int64_t(height_ - 1) * PIXEL, far = std::int64_t(width_ - 1) * PIXEL;
  // at the last pixel the one before it is taken with none of its value, so that its neighbours always lie inside
  const std::int64_t last_row = std::max(height_ - 2, 0), last_column = std::max(width_ - 2, 0);
  const int width = width_, channels = CHANNELS > 0 ? CHANNELS : channels_;
  const std::size_t row = row_, below = height_ > 1 ? row_ : 0, beside = width_ > 1 ? std::size_t(channels) : 0;
  const std::int64_t b = v.b, e = v.e;
  std::uint8_t* out = seen_.data();
  for (std::int64_t i = 0; i < height_; ++i) {
    std::int64_t y = v.a * i + v.c, x = v.d * i + v.f;
    for (int j = 0; j < width; ++j, y += b, x += e) {
      const std::int64_t inside_y = std::clamp<std::int64_t>(y, 0, bottom);
      const std::int64_t inside_x = std::clamp<std::int64_t>(x, 0, far);
      const std::int64_t top = std::min(inside_y >> 16, last_row), left = std::min(inside_x >> 16, last_column);
      const int down = int((inside_y - top * PIXEL) >> 8), right = int((inside_x - left * PIXEL) >> 8);
      const std::uint8_t* const in = image + std::size_t(top) * row + std::size_t(left) * channels;
      for (int c = 0; c < channels; ++c) {
        const int above = in[c] * LEVEL + (in[c + beside] - in[c]) * right;
        const int under = in[c + below] * LEVEL + (in[c + below + beside] - in[c + below]) * right;
        *out++ = std::uint8_t((above * LEVEL + (under - above) * down + PIXEL / 2) >> 16);
      }
    }
  }
}

void Viewer::recolour(std::int64_t gain, std::int64_t offset) {
  std::uint8_t levels[256];
  for (std::int64_t level = 0; level < 256; ++level)
    levels[level] = std::uint8_t(std::clamp<std::int64_t>((level * gain + offset + LEVEL / 2) >> 8, 0, 255));
  const std::size_t size = seen_.size();
  std::uint8_t* const seen = seen_.data();
  for (std::size_t n = 0; n < size; ++n) seen[n] = levels[seen[n]];
}

void Viewer::blank(std::int64_t top, std::int64_t left, std::int64_t side) {
  const std::int64_t first = std::clamp<std::int64_t>(left, 0, width_);
  const std::int64_t last = std::clamp<std::int64_t>(left + side, 0, width_);
  if (first >= last) return;
  std::uint8_t* const begin = seen_.data() + std::size_t(first) * channels_;
  for (std::int64_t i = std::max<std::int64_t>(top, 0); i < std::min<std::int64_t>(top + side, height_); ++i)
    std::memset(begin + std::size_t(i) * row_, 0, std::size_t(last - first) * channels_);
}

}  // namespace gossamer
