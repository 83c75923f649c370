// Zeroed memory that begins on a cache line.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

namespace gossamer {

template <class T>
class Buffer {
 public:
  explicit Buffer(std::size_t n = 0)
      : data_(static_cast<T*>(::operator new(n * sizeof(T), std::align_val_t(64)))), size_(n) {
    std::memset(static_cast<void*>(data_.get()), 0, n * sizeof(T));
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  T& operator[](std::size_t i) { return data_.get()[i]; }
  std::size_t size() const { return size_; }
  void clear() { std::memset(static_cast<void*>(data_.get()), 0, size_ * sizeof(T)); }

 private:
  struct Free {
    void operator()(T* p) const { ::operator delete(p, std::align_val_t(64)); }
  };
  std::unique_ptr<T, Free> data_;
  std::size_t size_;
};

}  // namespace gossamer
