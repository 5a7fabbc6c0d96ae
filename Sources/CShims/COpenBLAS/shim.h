#include <cblas.h>

// LAPACK's eigenvalues of a symmetric matrix. Debian's OpenBLAS holds the function but ships no header for it.
void dsyev_(
    const char *job, const char *triangle, const blasint *order, double *matrix, const blasint *leading_dimension,
    double *values, double *work, const blasint *work_length, blasint *status);
