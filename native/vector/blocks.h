// How kernels cut rows of pixels and channels into blocks that fit in registers.
#pragma once

#include "../shapes.h"
#include "vector.h"

namespace gossamer::GOSSAMER_ISA {

constexpr int PIXELS = REGISTERS == 32 ? 8 : 4;  // of a block; with CHANNELS vectors of channels their sums fill the registers
constexpr int CHANNELS = 3;

template <int N>
struct Count {
  static constexpr int value = N;
};

// Calls block(Count<N>, from) so that [0, count) is covered, N at most MOST; the last block may begin within the one before, so
// what a block computes must not depend on what is there.
template <int MOST, class Block>
INLINE void cover(int count, Block block) {
  const auto by = [&](auto size) __attribute__((always_inline)) {
    int from = 0;
    for (; from + size.value <= count; from += size.value) block(size, from);
    if (from < count) block(size, count - size.value);
  };
  if (count >= MOST) return by(Count<MOST>{});
  if constexpr (MOST > 4)
    if (count >= 4) return by(Count<4>{});
  if constexpr (MOST > 2)
    if (count >= 2) return by(Count<2>{});
  by(Count<1>{});
}

// The same of rows whose blocks take few registers: 14 and 28 pixels are whole blocks of 7.
template <class Block>
INLINE void cover_row(int width, Block block) {
  if (width % 8 != 0 && width % 7 == 0) return cover<7>(width, block);
  cover<8>(width, block);
}

// Calls block(Count<N>, from) for blocks of N = 8, 4, 2 or 1, at most MOST, that share nothing.
template <int MOST = PIXELS, class Block>
INLINE void split(int count, Block block) {
  int from = 0;
  if constexpr (MOST >= 8)
    for (; from + 8 <= count; from += 8) block(Count<8>{}, from);
  if constexpr (MOST >= 4)
    for (; from + 4 <= count; from += 4) block(Count<4>{}, from);
  if constexpr (MOST >= 2)
    for (; from + 2 <= count; from += 2) block(Count<2>{}, from);
  for (; from < count; ++from) block(Count<1>{}, from);
}

// Calls block(Count<N>, from) for N = 3, 2 or 1 vectors that begin at float `from`; four are two and two.
template <class Block>
INLINE void each_vectors(int floats, Block block) {
  for (int from = 0; from < floats;) {
    const int left = (floats - from) / L;
    if (left == 3 || left > 4) {
      block(Count<3>{}, from);
      from += 3 * L;
    } else if (left >= 2) {
      block(Count<2>{}, from);
      from += 2 * L;
    } else {
      block(Count<1>{}, from);
      from += L;
    }
  }
}

INLINE bool ends_in_half(const Map& map) { return HALVES && map.stride - map.channels >= L / 2; }

// Calls block(T{}, Count<N>, from) for the N vectors of type T of a map's channels: whole ones, and half of one at the end where
// the other half is padding.
template <class Block>
INLINE void each_part(const Map& map, Block block) {
  const bool half = ends_in_half(map);
  each_vectors(half ? map.stride - L : map.stride,
               [&](auto vectors, int from) __attribute__((always_inline)) { block(V{}, vectors, from); });
  if constexpr (HALVES)
    if (half) block(H{}, Count<1>{}, map.stride - L);
}

// The same, one vector at a time.
template <class Block>
INLINE void each_vector_of(const Map& map, Block block) {
  const bool half = ends_in_half(map);
  for (int from = 0; from < (half ? map.stride - L : map.stride); from += L) block(V{}, from);
  if constexpr (HALVES)
    if (half) block(H{}, map.stride - L);
}

// Calls work(Count<K>) for a kernel's size.
template <class Work>
INLINE void with_kernel(int kernel, Work work) {
  switch (kernel) {
    case 1: return work(Count<1>{});
    case 3: return work(Count<3>{});
    case 5: return work(Count<5>{});
    default: return work(Count<7>{});
  }
}

// N neighbouring pixels, `next` floats apart, that are read float by float. Every third one has a pointer of its own: with one
// for all, GCC keeps N offsets, more than there are registers.
template <int N>
class Neighbours {
 public:
  INLINE Neighbours(const float* p, std::ptrdiff_t next) : next_(next) {
    UNROLL for (int g = 0; g < GROUPS; ++g) {
      group_[g] = p + 3 * g * next;
      asm("" : "+r"(group_[g]));
    }
  }
  INLINE float operator[](int n) const { return group_[n / 3][n % 3 * next_]; }
  INLINE void advance() {
    UNROLL for (int g = 0; g < GROUPS; ++g) ++group_[g];
  }

 private:
  static constexpr int GROUPS = (N + 2) / 3;
  const float* group_[GROUPS];
  const std::ptrdiff_t next_;
};

}  // namespace gossamer::GOSSAMER_ISA
