// Included once for each instruction set.

#undef NAME
#define LANES 16
#include "batch_kernels.h"
#undef LANES
#define LANES 8
#include "batch_kernels.h"
#undef LANES
