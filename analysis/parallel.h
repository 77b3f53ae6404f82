// A loop over the cores.
#pragma once

#include <cstddef>
#include <exception>

namespace zcp::analysis {

/// Calls body(0) .. body(count - 1), on all cores, in no order. When a call
/// throws, the others still run and one exception is thrown again at the end:
/// none may leave an OpenMP region.
template <typename Body>
void parallel_for(std::size_t count, const Body& body) {
  std::exception_ptr failure;
  const auto end = static_cast<std::ptrdiff_t>(count);
#pragma omp parallel for schedule(dynamic)
  for (std::ptrdiff_t i = 0; i < end; ++i) {
    try {
      body(static_cast<std::size_t>(i));
    } catch (...) {
#pragma omp critical(zcp_parallel_for)
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace zcp::analysis
