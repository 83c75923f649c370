// What the tests of the native core share: seeded random numbers, buffers that notice a write past their ends, the
// measure of agreement, and the count of what passed.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "buffer.h"
#include "shapes.h"

namespace gossamer::tests {

// The same numbers on every machine and from every standard library (SplitMix64).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  int between(int low, int high) { return low + int(next() % std::uint64_t(high - low + 1)); }
  bool coin() { return between(0, 1) == 1; }
  float fraction() { return float(next() >> 40) / float(1 << 23) - 1; }  // -1 to 1
  template <class Choices>
  auto pick(const Choices& choices) {
    return choices[next() % std::size(choices)];
  }

 private:
  std::uint64_t state_;
};

// What a kernel has not written. No arithmetic makes these bits.
inline const float UNWRITTEN = std::bit_cast<float>(0x7fc0deadu);
inline bool is_unwritten(float f) { return std::bit_cast<std::uint32_t>(f) == 0x7fc0deadu; }

// Memory for a kernel to write: begins on a cache line, holds `content`, and has UNWRITTEN on both sides.
class Guarded {
 public:
  explicit Guarded(std::size_t n, float content = UNWRITTEN) : size_(n), memory_(n + 2 * margin) {
    for (std::size_t i = 0; i < memory_.size(); ++i) memory_[i] = UNWRITTEN;
    for (std::size_t i = 0; i < n; ++i) data()[i] = content;
  }
  float* data() { return memory_.data() + margin; }
  std::int32_t* indices() { return reinterpret_cast<std::int32_t*>(data()); }
  std::vector<float> values() { return {data(), data() + size_}; }
  bool intact() const {
    for (std::size_t i = 0; i < margin; ++i)
      if (!is_unwritten(memory_.data()[i]) || !is_unwritten(memory_.data()[margin + size_ + i])) return false;
    return true;
  }

 private:
#ifdef GOSSAMER_EXACT_BUFFERS  // AddressSanitizer watches the ends
  static constexpr std::size_t margin = 0;
#else
  static constexpr std::size_t margin = 64;
#endif
  std::size_t size_;
  Buffer<float> memory_;
};

// Vectors and the reference add the same numbers up in another order, in single and in double precision. A sum of n
// terms is then off by some sqrt(n) * 6e-8 of itself, and n is at most a few thousand here: 4e-6. A mistake in one
// term of it would be of the order 1 / sqrt(n), 1e-2.
constexpr double TOLERANCE = 1e-5;

// The distance relative to `want`, in the L2 norm, or to `least` where want is smaller, as sums are whose terms cancel; NaN if
// a NaN is anywhere.
template <class Got, class Want>
double distance(const Got& got, const Want& want, double least) {
  double apart = 0, size = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    apart += (double(got[i]) - double(want[i])) * (double(got[i]) - double(want[i]));
    size += double(want[i]) * double(want[i]);
  }
  if (apart == 0) return 0;
  return std::sqrt(apart) / std::max(std::sqrt(size), least);
}

// What is wrong with one case, in words; nothing if it passes.
class Findings {
 public:
  void unless(bool good, const std::string& what) {
    if (!good) text += (text.empty() ? "" : "; ") + what;
  }
  template <class Got, class Want>
  void unless_close(const std::string& what, const Got& got, const Want& want, double tolerance, double least = 0) {
    const double apart = got.size() == want.size() ? distance(got, want, least) : std::numeric_limits<double>::quiet_NaN();
    char number[32];
    std::snprintf(number, sizeof number, "%.1e", apart);
    unless(apart <= tolerance, what + " is off by " + number);  // NaN is not <= anything
  }
  std::string text;
};

class Report {
 public:
  void add(const std::string& kernels, const std::string& shape, const Findings& findings) {
    if (findings.text.empty()) {
      ++passed_;
    } else if (++failed_ <= shown) {
      std::printf("FAILED %s: %s: %s\n", kernels.c_str(), shape.c_str(), findings.text.c_str());
    }
  }
  int finish() const {
    if (failed_ > shown) std::printf("... and %d more\n", failed_ - shown);
    std::printf("%d passed, %d failed\n", passed_, failed_);
    return failed_ == 0 ? 0 : 1;
  }

 private:
  static constexpr int shown = 20;
  int passed_ = 0, failed_ = 0;
};

// In answer_tests.cpp, view_tests.cpp and training_tests.cpp, which need no table of kernels or take them all.
void test_answers(int answers, Report& report);
void test_views(int views, Report& report);
void test_training(Report& report);

}  // namespace gossamer::tests
