#include "dispatch.h"

namespace gossamer {

#if defined(GOSSAMER_KERNELS_avx512)
namespace avx512 {
extern const Kernels kernels;
}
#endif
#if defined(GOSSAMER_KERNELS_avx2)
namespace avx2 {
extern const Kernels kernels;
}
#endif
#if defined(GOSSAMER_KERNELS_sse2)
namespace sse2 {
extern const Kernels kernels;
}
#endif
#if defined(GOSSAMER_KERNELS_neon)
namespace neon {
extern const Kernels kernels;
}
#endif
namespace reference {
extern const Kernels kernels;
}

std::vector<const Kernels*> runnable_kernels() {
  std::vector<const Kernels*> found;
#if defined(GOSSAMER_KERNELS_avx512)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd"))
    found.push_back(&avx512::kernels);
#endif
#if defined(GOSSAMER_KERNELS_avx2)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
    found.push_back(&avx2::kernels);
#endif
#if defined(GOSSAMER_KERNELS_sse2)
  found.push_back(&sse2::kernels);
#endif
#if defined(GOSSAMER_KERNELS_neon)
  found.push_back(&neon::kernels);
#endif
  found.push_back(&reference::kernels);
  return found;
}

const Kernels* find_kernels(const std::string& name) {
  for (const Kernels* kernels : runnable_kernels())
    if (name.empty() || name == kernels->name) return kernels;
  return nullptr;
}

}  // namespace gossamer
