#include "benchmarks/tasks/minibatch_order.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "common/error.h"
#include "common/random.h"

namespace zcp::tasks {

/// Sorted by random keys, ties (one in 10^9 runs) by number.
std::vector<std::int64_t> shuffled_order(
    std::int64_t count,
    std::uint64_t seed) {
  std::vector<std::int64_t> keys(static_cast<std::size_t>(count));
  constexpr std::int64_t kBound = std::numeric_limits<std::int64_t>::max();
  fill_integers(keys, kBound, derive_seed(seed, "task-order"));
  std::vector<std::int64_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::ranges::sort(order, [&](std::int64_t a, std::int64_t b) {
    const std::int64_t key_a = keys[static_cast<std::size_t>(a)];
    const std::int64_t key_b = keys[static_cast<std::size_t>(b)];
    return key_a != key_b ? key_a < key_b : a < b;
  });
  return order;
}

std::int64_t minibatch_begin(
    const std::string& task,
    std::int64_t available,
    int index,
    int batch_size) {
  if (index < 0 || batch_size < 1) {
    throw std::invalid_argument("a minibatch index or size out of range");
  }
  const std::int64_t begin = std::int64_t{index} * batch_size;
  if (begin + batch_size > available) {
    throw UserError(
        "task '{}': the data hold {} images, {} were asked for (minibatch {} "
        "of size {}); take fewer or smaller minibatches",
        task,
        available,
        begin + batch_size,
        index,
        batch_size);
  }
  return begin;
}

}  // namespace zcp::tasks
