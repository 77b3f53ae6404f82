// Sums over a growing multiset of integers (a Fenwick tree, also called a
// binary indexed tree).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace zcp::statistics {

/// Counts of integers in [0, size); both operations take O(log size).
class Fenwick {
 public:
  explicit Fenwick(std::size_t size) : tree_(size + 1) {}

  void add(std::size_t value) {
    for (std::size_t i = value + 1; i < tree_.size(); i += i & -i) ++tree_[i];
  }

  /// How many were added below `value`, which may be `size`.
  std::int64_t below(std::size_t value) const {
    std::int64_t sum = 0;
    for (std::size_t i = value; i != 0; i &= i - 1) sum += tree_[i];
    return sum;
  }

 private:
  std::vector<std::int64_t> tree_;
};

}  // namespace zcp::statistics
