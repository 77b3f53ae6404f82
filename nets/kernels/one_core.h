// A worker a core: operators that stay on the core that calls them.
#pragma once

namespace zcp::kernels {

/// From here on LibTorch's operators called by this thread use one core, so
/// that results do not depend on how many workers there are.
void use_one_core();

/// The same for OpenBLAS, of the whole process.
void set_blas_threads_to_one();

/// Keeps memory that one pass releases for the next one, of the whole process:
/// without it the activations' pages go back to the system and come again,
/// cleared, at every layer. Of the C library's allocator; of jemalloc
/// apps/memory.cpp asks the same.
void keep_memory();

}  // namespace zcp::kernels
