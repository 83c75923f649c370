// Images as they are seen in training: moved, recoloured and partly blanked, to the bytes that gossamer/data/views.py says.
#pragma once

#include <cstdint>
#include <vector>

#include "buffer.h"

namespace gossamer {

// The numbers of a view in that file's order; whatever they are, they make one.
struct View {
  std::int32_t a, b, c, d, e, f;  // output pixel (i, j) is the image's at row a i + b j + c, column d i + e j + f
  std::int32_t gain, offset;
  std::int32_t top, left, side;   // of what is blanked
};
constexpr std::size_t VIEW = sizeof(View) / sizeof(std::int32_t);

// An image and its view; null: as it is.
struct Seen {
  const std::uint8_t* pixels;  // (H, W, C)
  const View* view;
};

class Viewer {
 public:
  Viewer(int height, int width, int channels);

  // What is seen (H, W, C): the image itself where its view changes nothing, else memory that the next call takes.
  const std::uint8_t* operator()(const Seen& image);

 private:
  void copy(const std::uint8_t* image, const View&);
  template <int CHANNELS>  // 0: any
  void interpolate(const std::uint8_t* image, const View&);
  void recolour(std::int64_t gain, std::int64_t offset);
  void blank(std::int64_t top, std::int64_t left, std::int64_t side);

  const int height_, width_, channels_;
  const std::size_t row_;             // bytes
  Buffer<std::uint8_t> seen_;
  std::vector<std::uint32_t> bytes_;  // by a row's bytes, which of the image's they are
};

}  // namespace gossamer
