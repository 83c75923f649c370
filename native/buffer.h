// Zeroed memory that begins on a cache line; much of it, on a huge page, where the system has them: what streams through the
// caches otherwise waits for the address of every 4 KB.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace gossamer {

template <class T>
class Buffer {
 public:
  explicit Buffer(std::size_t n = 0) : size_(n) {
    const std::align_val_t alignment{n * sizeof(T) >= HUGE_PAGE ? HUGE_PAGE : 64};
    data_ = {static_cast<T*>(::operator new(n * sizeof(T), alignment)), Free{alignment}};
#if defined(__linux__)
    if (n * sizeof(T) >= HUGE_PAGE) madvise(static_cast<void*>(data_.get()), n * sizeof(T), MADV_HUGEPAGE);  // a wish
#endif
    std::memset(static_cast<void*>(data_.get()), 0, n * sizeof(T));
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  T& operator[](std::size_t i) { return data_.get()[i]; }
  std::size_t size() const { return size_; }
  void clear() { std::memset(static_cast<void*>(data_.get()), 0, size_ * sizeof(T)); }

 private:
  static constexpr std::size_t HUGE_PAGE = std::size_t(2) << 20;
  struct Free {
    std::align_val_t alignment{64};
    void operator()(T* p) const { ::operator delete(p, alignment); }
  };
  std::unique_ptr<T, Free> data_;
  std::size_t size_;
};

}  // namespace gossamer
