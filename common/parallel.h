// A loop over the cores whose body may throw.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>

namespace zcp {

/// How a loop is spread over threads.
struct ParallelOptions {
  int workers = 0;  ///< threads; 0: as many as OpenMP has, the cores
  int chunk = 1;    ///< numbers that a thread takes at a time
};

/// Calls body(0) .. body(count - 1), each once, in no order. No exception may
/// leave an OpenMP region: the first one stops the calls that have not begun
/// and is thrown again here.
template <typename Body>
void parallel_for(
    std::size_t count,
    const Body& body,
    const ParallelOptions& options = {}) {
  std::exception_ptr failure;
  std::atomic<bool> stop = false;
  std::mutex mutex;
  const auto step = [&](std::ptrdiff_t i) {
    if (stop) return;
    try {
      body(static_cast<std::size_t>(i));
    } catch (...) {
      const std::scoped_lock lock(mutex);
      if (!failure) failure = std::current_exception();
      stop = true;
    }
  };
  const auto end = static_cast<std::ptrdiff_t>(count);
  const int chunk = options.chunk;
  if (options.workers > 0) {
    const int workers = options.workers;
#pragma omp parallel for schedule(dynamic, chunk) num_threads(workers)
    for (std::ptrdiff_t i = 0; i < end; ++i) step(i);
  } else {
#pragma omp parallel for schedule(dynamic, chunk)
    for (std::ptrdiff_t i = 0; i < end; ++i) step(i);
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace zcp
