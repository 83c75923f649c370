// One thread's passes through a plan: forward for a few images at once, and back. Owns all the memory that a pass needs, so
// that nothing is allocated while it runs.
#pragma once

#include <memory>
#include <vector>

#include "buffer.h"
#include "plan.h"
#include "views.h"

namespace gossamer {

constexpr int GROUP = 8;  // images whose dense layer is computed together

// A pixel as the network takes it: (pixel - minimum) / (maximum - minimum).
struct PixelTable {
  PixelTable(float minimum, float maximum) {
    for (int p = 0; p < 256; ++p) scaled[p] = (float(p) - minimum) / (maximum - minimum);
  }
  float scaled[256];
};

// What the steps make of the parameters, one buffer per step; passes that take turns on a thread share it.
using Packed = std::vector<Buffer<float>>;

class Pass {
 public:
  // `images`: of how many the values are kept, for the backward pass that follows; it takes memory of its own. With 0 there
  // is none, and an image's values take the place of those of the image before, so that they stay in the first caches.
  // Between norms so do those that no other segment reads: the backward pass makes them again, for a batch's values come from
  // memory, which takes longer.
  Pass(const Plan& plan, int images, std::shared_ptr<Packed> packed = nullptr);

  // Prepares the weights that forward() reads, of all passes that share them; call it whenever the parameters change.
  void pack(const float* parameters);

  // Before the images of a gradient, and after them: adds what is only there once all are.
  void begin();
  void finish(float* gradient);

  // Logits of n images, at most those that are kept or GROUP. Of a plan without norms.
  const float* forward(int n, const Seen* images, const PixelTable& table, const float* parameters);

  // Adds the gradient of the last forward() to `gradient`, given that with respect to the logits.
  void backward(int n, const float* d_logits, const float* parameters, float* gradient);

  // The same in segments, between which norms wait for the whole batch: run_segment() counts the images for the norm of the
  // next segment, which reads `moments` of all passes merged; and back, where it reads `sums`.
  void run_segment(std::size_t segment, int n, const Seen* images, const PixelTable& table, const float* parameters);
  const float* logits(int n, const float* parameters);
  void logits_back(int n, const float* d_logits, const float* parameters, float* gradient);
  void run_segment_back(std::size_t segment, int n, const float* parameters, float* gradient);
  void normalize(std::size_t segment, const Moments& batch, const float* parameters);
  void normalize_back(std::size_t segment, const Moments& batch, const NormSums& all, float* gradient);

  std::vector<Moments> moments;  // by segment, of this pass's images
  std::vector<NormSums> sums;

 private:
  void lay_out_gradients();
  void lay_out_backward();

  // Where something of every image lies; in one place for all of them if nothing is between those.
  template <class T>
  struct Place {
    T* of(int image) const { return begin + image * apart; }
    T* begin;
    std::size_t apart;
  };
  // Places one behind the other, each for `images`, `apart` of each other, or for one of `size`.
  template <class T>
  class Layout {
   public:
    void add(std::size_t size, std::size_t apart, int images) {
      begins_.push_back(total_);
      aparts_.push_back(apart);
      total_ += lines(apart > 0 ? apart * images : size);
    }
    void into(Buffer<T>& memory, std::vector<Place<T>>& places) const {
      memory = Buffer<T>(total_);
      for (std::size_t i = 0; i < begins_.size(); ++i) places.push_back({memory.data() + begins_[i], aparts_[i]});
    }

   private:
    std::vector<std::size_t> begins_, aparts_;
    std::size_t total_ = 0;
  };
  // Whole cache lines, so that every image's begins on one.
  static std::size_t lines(std::size_t n) { return (n + 15) / 16 * 16; }

  const Plan& plan_;
  const int slots_;  // images whose values are kept
  Viewer viewer_;    // the first segment alone reads pixels, and their values are kept for the backward pass
  Buffer<float> logits_, scratch_;
  std::vector<bool> kept_;                     // by value, whether it is kept for every image; else it is made again
  std::vector<Place<float>> values_;
  Buffer<float> value_memory_;
  std::shared_ptr<Packed> packed_;
  std::vector<Buffer<float>> totals_;          // one per step
  std::vector<Place<std::int32_t>> indices_;   // one per step
  Buffer<std::int32_t> index_memory_;
  std::vector<std::vector<Work>> work_;        // by image, one per step
  // Of the backward pass alone:
  std::vector<Place<float>> gradients_;        // one per value, with respect to it
  Buffer<float> gradient_memory_;
  Buffer<float> summands_[MAX_INPUTS];         // gradients that are added to what later readers wrote
  struct Sum {
    float* to;
    const float* summand;
    Map map;
  };
  std::vector<std::vector<std::vector<Sum>>> sums_;  // by image and step, what is added once the step is done
};

}  // namespace gossamer
