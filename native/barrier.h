// Where the threads of a fit wait for each other, twice a batch.
//
// It spins: a batch takes less than a millisecond, and a thread that std::barrier puts to sleep some tens of microseconds
// to wake. One that has spun for long yields, so that more threads than cores still get on.
#pragma once

#include <atomic>
#include <thread>

namespace gossamer {

class Barrier {
 public:
  explicit Barrier(int threads) : threads_(threads) {}

  void arrive_and_wait() {
    const unsigned generation = generation_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
      arrived_.store(0, std::memory_order_relaxed);
      generation_.store(generation + 1, std::memory_order_release);
      return;
    }
    for (int spins = 0; generation_.load(std::memory_order_acquire) == generation; ++spins)
      if (spins > SPINS) std::this_thread::yield();
  }

 private:
  static constexpr int SPINS = 100'000;  // about a tenth of a millisecond
  const int threads_;
  std::atomic<int> arrived_ = 0;
  std::atomic<unsigned> generation_ = 0;
};

}  // namespace gossamer
