#include <oneapi/dnnl/dnnl.h>

// oneDNN runs its loops on OpenMP threads, whose number is a property of the calling thread. libgomp's own
// header is not on clang's path, so the functions that are needed are declared here.
void omp_set_num_threads(int count);
int omp_get_num_procs(void);
