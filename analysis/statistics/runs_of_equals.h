// Runs of equal neighbours in a sorted list.
#pragma once

#include <cstddef>

namespace zcp::statistics {

/// Calls visit(first, last) for each run [first, last) of neighbours that are
/// `equal`.
template <typename Range, typename Equal, typename Visit>
void for_each_run(const Range& range, Equal equal, Visit visit) {
  std::size_t first = 0;
  for (std::size_t i = 1; i <= range.size(); ++i) {
    if (i < range.size() && equal(range[first], range[i])) continue;
    visit(first, i);
    first = i;
  }
}

}  // namespace zcp::statistics
