#define GOSSAMER_ISA neon
#define GOSSAMER_LANES 4
#define GOSSAMER_NAME "neon"
#include "table.h"
