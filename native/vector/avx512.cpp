#define GOSSAMER_ISA avx512
#define GOSSAMER_LANES 16
#define GOSSAMER_NAME "avx512"
#include "table.h"
