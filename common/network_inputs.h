// Several inputs of a network, which lie in one tensor.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace zcp {

/// What the elements of an input are. Real numbers take the precision of the
/// network.
enum class InputType : std::uint8_t {
  real,
  boolean,
  uint8,
  int8,
  int16,
  int32,
  int64
};

/// One of several inputs.
struct NetworkInput {
  std::string name = {};  ///< of the argument; empty: by its position
  std::vector<std::int64_t> sizes = {};  ///< of a sample, perhaps none
  InputType type = InputType::real;

  std::int64_t elements() const {
    std::int64_t product = 1;
    for (const std::int64_t size : sizes) product *= size;
    return product;
  }
};

/// How several inputs lie in a sample [K, 1, 1] of a minibatch: one behind the
/// other, each in row-major order.
struct NetworkInputs {
  std::string source = {};             ///< where they were found, for messages
  std::vector<NetworkInput> all = {};  ///< empty: the network takes one input

  bool empty() const { return all.empty(); }

  /// Whether one is of whole numbers or truth values: no noise stands for it,
  /// and nothing differentiates by it.
  bool has_whole() const {
    return std::ranges::any_of(all, [](const NetworkInput& input) {
      return input.type != InputType::real;
    });
  }

  std::int64_t elements() const {
    std::int64_t sum = 0;
    for (const NetworkInput& input : all) sum += input.elements();
    return sum;
  }
};

}  // namespace zcp
