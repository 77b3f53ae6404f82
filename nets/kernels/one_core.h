// Settings of threads and memory, made when the program or one of its workers
// starts: every worker computes on one core.
#pragma once

namespace zcp::kernels {

/// From here on LibTorch's operators called by this thread use one core, so
/// that results do not depend on how many workers there are.
void use_one_core();

/// The same without a trace in the process: its other threads, those to come
/// too, keep what they have. For threads in a process of somebody else's.
void use_one_core_in_this_thread();

/// The same for OpenBLAS, for all threads of the process.
void set_blas_threads_to_one();

/// On how many threads OpenBLAS computes; 0 where LibTorch uses another BLAS.
int blas_threads();
/// Changes it, for all threads of the process; nothing without OpenBLAS.
void set_blas_threads(int count);

/// Lets the C library's allocator keep memory that one pass releases for the
/// next one, for all threads of the process. Without it the pages of
/// activations go back to the system and come again, cleared, at every layer.
/// apps/memory.cpp asks the same of jemalloc.
void keep_memory();

}  // namespace zcp::kernels
