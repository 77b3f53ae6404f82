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

/// The same for OpenBLAS, for all threads of the process, none of which may
/// compute meanwhile.
void set_blas_threads_to_one();

/// Lets the C library's allocator keep memory that one pass releases for the
/// next one, for all threads of the process. Without it the pages of
/// activations go back to the system and come again, cleared, at every layer.
/// apps/memory.cpp asks the same of jemalloc.
void keep_memory();

}  // namespace zcp::kernels
