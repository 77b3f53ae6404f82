// What the files of this folder share: the operations of a pool by number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "nets/encodings/features.h"

namespace zcp::encodings {

/// The operations that occur in one graph of each architecture of a pool.
struct Vocabulary {
  std::vector<std::string> ops;  ///< in alphabetical order
  /// [architecture][node]: a place in `ops`.
  std::vector<std::vector<std::uint8_t>> codes;
  std::size_t most_nodes = 0;  ///< of the pool
};

/// Throws UserError where the pool has more than 255 operations.
Vocabulary vocabulary_of(const GraphPool& pool, std::size_t graph);

/// A set of operations, a bit each.
using OpSet = std::vector<bool>;

/// The sets of operations that features run over, the smaller first: all but
/// the empty one up to six operations, else the single ones, the pairs, those
/// without one and all.
std::vector<OpSet> op_sets(std::size_t ops);

/// "{conv,skip}".
std::string set_text(const OpSet& set, const std::vector<std::string>& ops);

/// Before a feature's name: "normal " or nothing.
std::string name_prefix(const std::string& graph);

}  // namespace zcp::encodings
