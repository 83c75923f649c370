#define GOSSAMER_ISA avx2
#define GOSSAMER_LANES 8
#define GOSSAMER_NAME "avx2"
#include "table.h"
