// Every vector kernel that this machine can run, against the reference kernels: no Python, no framework.
//
// Each kind of kernel has a file of its own, with a table of cases, and makes random ones besides. Whole fits are cases of
// training_tests.cpp.
//
//   kernel_tests [shapes]   random shapes of each operation, 2000 unless said
#include <cstdlib>

#include "cases.h"
#include "dispatch.h"

int main(int count, char** arguments) {
  using namespace gossamer;
  using namespace gossamer::tests;
  const int shapes = count > 1 ? std::atoi(arguments[1]) : 2000;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // what was found is seen even if a kernel crashes
  const Kernels& reference = *find_kernels("reference");
  Report report;
  std::printf("kernels:");
  for (const Kernels* k : runnable_kernels()) std::printf(" %s", k->name);
  std::printf("; %d random shapes of each operation\n", shapes);
  for (const Kernels* k : runnable_kernels()) {
    if (k == &reference) continue;  // the tests of training check it against loops of their own
    for (Test* const test : {test_convolutions, test_filters, test_pools, test_activations, test_norms, test_dense_layers,
                             test_optimizers})
      test(*k, reference, shapes, report);
  }
  test_answers(shapes, report);
  test_views(shapes, report);
  test_training(report);
  return report.finish();
}
