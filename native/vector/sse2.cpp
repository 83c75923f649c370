#define GOSSAMER_ISA sse2
#define GOSSAMER_LANES 4
#define GOSSAMER_NAME "sse2"
#include "table.h"
