// The one vector type that the vector kernels are written in, by GCC's and Clang's vector extensions; the few
// operations these cannot say are here, by intrinsics. GOSSAMER_ISA is a namespace, GOSSAMER_LANES a width.
#pragma once

#include <cmath>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define INLINE inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

namespace gossamer::GOSSAMER_ISA {

constexpr int L = GOSSAMER_LANES;
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int REGISTERS = 32;
#else
constexpr int REGISTERS = 16;
#endif

typedef float V __attribute__((vector_size(4 * L)));
typedef std::int32_t I __attribute__((vector_size(4 * L)));
typedef float LooseV __attribute__((vector_size(4 * L), aligned(4), may_alias));
typedef std::int32_t LooseI __attribute__((vector_size(4 * L), aligned(4), may_alias));

#if GOSSAMER_LANES == 16
constexpr bool HALVES = true;
// Half a vector, for the last channels of a pixel where the other half is padding.
typedef float H __attribute__((vector_size(4 * L / 2)));
#else
constexpr bool HALVES = false;
typedef V H;
#endif

INLINE V load(const float* p) { return *reinterpret_cast<const LooseV*>(p); }
INLINE I load(const std::int32_t* p) { return *reinterpret_cast<const LooseI*>(p); }
INLINE void store(float* p, V v) { *reinterpret_cast<LooseV*>(p) = v; }
INLINE void store(std::int32_t* p, I v) { *reinterpret_cast<LooseI*>(p) = v; }
INLINE V splat(float f) { return f - V{}; }
INLINE I splat(std::int32_t i) { return i - I{}; }
// The same for whole vectors and halves; beside a half, zeros are stored.
template <class T>
INLINE T load_as(const float* p) {
  T v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
template <class T>
INLINE T splat_as(float f) {
  return f - T{};
}
INLINE void store_whole(float* p, V v) { store(p, v); }
#if GOSSAMER_LANES == 16
INLINE void store_whole(float* p, H v) { store(p, (V)_mm512_zextps256_ps512((__m256)v)); }
#endif

template <class T>
INLINE T maximum(T a, T b) {
  return a < b ? b : a;  // a if it is NaN: a fit that diverges must show it
}

// Where a or b is NaN; in one operation, where there is one for it.
INLINE I unordered(V a, V b) {
#if GOSSAMER_LANES == 16
  return (I)_mm512_movm_epi32(_mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_UNORD_Q));
#elif GOSSAMER_LANES == 8
  return (I)_mm256_cmp_ps((__m256)a, (__m256)b, _CMP_UNORD_Q);
#elif defined(__x86_64__)
  return (I)_mm_cmpunord_ps((__m128)a, (__m128)b);
#else
  return (a != a) | (b != b);
#endif
}

// Bit l is set if lane l of a comparison's result is.
INLINE std::uint32_t bits(I mask) {
#if GOSSAMER_LANES == 16
  return _mm512_movepi32_mask((__m512i)mask);
#elif GOSSAMER_LANES == 8
  return std::uint32_t(_mm256_movemask_ps((__m256)mask));
#elif defined(__x86_64__)
  return std::uint32_t(_mm_movemask_ps((__m128)mask));
#else
  const uint32x4_t index = {1, 2, 4, 8};
  return vaddvq_u32(vandq_u32((uint32x4_t)mask, index));
#endif
}

INLINE V square_root(V v) {
#if GOSSAMER_LANES == 16
  return (V)_mm512_sqrt_ps((__m512)v);
#elif GOSSAMER_LANES == 8
  return (V)_mm256_sqrt_ps((__m256)v);
#elif defined(__x86_64__)
  return (V)_mm_sqrt_ps((__m128)v);
#else
  return (V)vsqrtq_f32((float32x4_t)v);
#endif
}

// 4 x 4 pixels of one channel; each lane picks the pixel `at` (0 to 15, row by row) of the 3 x 3 patch that
// begins at its own index (0 to 3) in the middle 2 x 2.
class Window {
 public:
#if GOSSAMER_LANES == 16
  INLINE Window(const float* p, int row)
      : pixels_(_mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu2_m128(p + row, p)),
                                   _mm256_loadu2_m128(p + 3 * row, p + 2 * row), 1)) {}
  INLINE V pick(I index, int at) const {
    const I corner = (index & 1) + ((index & 2) << 1);
    return (V)_mm512_permutexvar_ps((__m512i)(corner + splat(at)), pixels_);
  }

 private:
  __m512 pixels_;
#else
  INLINE Window(const float* p, int row) : p_(p), row_(row) {}
  INLINE V pick(I index, int at) const {
    const float* const p = p_ + at / 4 * row_ + at % 4;
    V pixel = splat(p[0]);
    pixel = index == splat(1) ? splat(p[1]) : pixel;
    pixel = index == splat(2) ? splat(p[row_]) : pixel;
    return index == splat(3) ? splat(p[row_ + 1]) : pixel;
  }

 private:
  const float* p_;
  int row_;
#endif
};

// Two rows of n floats, at most L; each lane picks one, those of the second row are counted from L.
class Rows {
 public:
#if GOSSAMER_LANES == 16
  INLINE Rows(const float* first, const float* second, int n)
      : first_((V)_mm512_maskz_loadu_ps((1u << n) - 1, first)), second_((V)_mm512_maskz_loadu_ps((1u << n) - 1, second)) {}
  INLINE V pick(I lane) const { return (V)_mm512_permutex2var_ps((__m512)first_, (__m512i)lane, (__m512)second_); }
#elif GOSSAMER_LANES == 8
  INLINE Rows(const float* first, const float* second, int n) {
    const __m256i some = (__m256i)(I{0, 1, 2, 3, 4, 5, 6, 7} < splat(n));
    first_ = (V)_mm256_maskload_ps(first, some);
    second_ = (V)_mm256_maskload_ps(second, some);
  }
  INLINE V pick(I lane) const {
    const V a = (V)_mm256_permutevar8x32_ps((__m256)first_, (__m256i)lane);
    const V b = (V)_mm256_permutevar8x32_ps((__m256)second_, (__m256i)lane);
    return lane < splat(L) ? a : b;
  }
#else  // four lanes, in which no row fits that is asked for
  INLINE Rows(const float* first, const float* second, int n) {
    for (int l = 0; l < n; ++l) first_[l] = first[l], second_[l] = second[l];
  }
  INLINE V pick(I lane) const {
    V picked;
    for (int l = 0; l < L; ++l) picked[l] = lane[l] < L ? first_[lane[l]] : second_[lane[l] - L];
    return picked;
  }
#endif

 private:
  V first_{}, second_{};
};

}  // namespace gossamer::GOSSAMER_ISA
