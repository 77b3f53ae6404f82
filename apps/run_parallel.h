// A loop over workers that may throw.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>

namespace zcp::apps {

/// Calls body(0..count-1) from `workers` threads, `chunk` numbers at a time;
/// the first exception stops the rest and is thrown here.
template <typename Body>
void run_parallel(
    std::int64_t count,
    int chunk,
    [[maybe_unused]] int workers,
    const Body& body) {
  std::exception_ptr error;
  std::atomic<bool> stop = false;
  std::mutex mutex;
#pragma omp parallel for schedule(dynamic, chunk) num_threads(workers)
  for (std::int64_t i = 0; i < count; ++i) {
    if (stop) continue;
    try {
      body(i);
    } catch (...) {
      const std::scoped_lock lock(mutex);
      if (!error) error = std::current_exception();
      stop = true;
    }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace zcp::apps
