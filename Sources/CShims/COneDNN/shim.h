#include <oneapi/dnnl/dnnl.h>

// oneDNN runs its loops on OpenMP threads, whose number is a property of the calling thread. libgomp's own
// header is not on clang's path, so the one function that is needed is declared here.
void omp_set_num_threads(int count);
