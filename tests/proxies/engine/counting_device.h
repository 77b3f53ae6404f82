// A device of our own, "privateuseone:0": it keeps its memory apart from the
// processor's and has every operator done by the processor behind the scenes;
// each operator that is called on it is looked at. So a test sees what a GPU
// would be asked to do, without one.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace zcp::test {

/// What the device was asked to do.
struct Audit {
  std::int64_t operators = 0;
  /// By operator: how many kernels a GPU would start for it. One each, but for
  /// convolutions' gradients and our own kernels, which say it themselves.
  std::map<std::string, std::int64_t> launches;
  std::set<std::string> views;    ///< views that the fallback would copy
  std::set<std::string> mixed;    ///< operators given tensors of both sides
  std::int64_t values_down = 0;   ///< numbers read by the processor, one each
  std::int64_t largest_down = 0;  ///< elements of a tensor copied back
  std::int64_t copies_up = 0;
  std::int64_t copies_down = 0;
  /// How often the processor waits for the device.
  std::int64_t synchronisations = 0;

  std::int64_t all_launches() const {
    std::int64_t sum = 0;
    for (const auto& [name, count] : launches) sum += count;
    return sum;
  }
};

/// Noted since it was last set to {}.
Audit& audit();

}  // namespace zcp::test
