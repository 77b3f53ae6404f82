// Which kernels OpenBLAS multiplies matrices with.
#pragma once

namespace zcp::apps {

/// Sets OPENBLAS_CORETYPE, for the program that this process becomes, to
/// kernels of the processor's instructions, where OpenBLAS does not know the
/// processor and would take its oldest ones, those of Prescott. Does nothing
/// where the variable is set, where the library of matrix products is not
/// OpenBLAS, or without AVX2.
void choose_blas_kernels();

}  // namespace zcp::apps
