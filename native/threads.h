#pragma once

#include <thread>
#include <vector>

namespace gossamer {

// Calls work(thread) on every thread; the caller's own is thread 0.
template <class Work>
void on_threads(int threads, Work work) {
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t) others.emplace_back([&work, t] { work(t); });
  work(0);
  for (std::thread& other : others) other.join();
}

}  // namespace gossamer
