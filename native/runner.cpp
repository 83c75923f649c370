#include "runner.h"

#include <algorithm>
#include <stdexcept>

#include "threads.h"

namespace gossamer {

Runner::Runner(const Plan& plan, const PixelTable& table, int threads)
    : plan_(plan), table_(table), threads_(std::size_t(std::max(threads, 1))) {
  if (plan.has_norms()) throw std::invalid_argument("norms must be folded before a network is run");
}

void Runner::load(const float* parameters) {
  parameters_ = parameters;
  for (auto& worker : workers_) worker->loaded = false;
}

void Runner::run(const Selection& images, const std::function<void(std::size_t, const float*)>& answer) {
  const std::size_t groups = (images.n + GROUP - 1) / GROUP, threads = std::min(threads_, groups);
  while (workers_.size() < threads) workers_.push_back(std::unique_ptr<Worker>(new Worker{Pass(plan_, 0), false}));
  on_threads(int(threads), [&](int thread) {
    auto& [pass, loaded] = *workers_[std::size_t(thread)];
    if (!loaded) pass.pack(parameters_);
    loaded = true;
    for (std::size_t g = groups * thread / threads; g < groups * (thread + 1) / threads; ++g) {
      const std::size_t from = g * GROUP;
      const int n = int(std::min(std::size_t(GROUP), images.n - from));
      Seen seen[GROUP];
      for (int i = 0; i < n; ++i) seen[i] = {images.image(from + i), nullptr};
      const float* const z = pass.forward(n, seen, table_, parameters_);
      for (int i = 0; i < n; ++i) answer(from + i, z + i * plan_.classes());
    }
  });
}

}  // namespace gossamer
