// The first of the two readings of a pickle that does not fit into memory.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "benchmarks/formats/pickle_input.h"

namespace zcp::formats {

/// What a first reading of a pickle finds out, so that a second one can give
/// away one record after the other: a record is a value in one of the dicts
/// that lie `level` deep (the outermost is 1 deep).
///
/// Python writes a value once and refers to it by a number later on. Only what
/// is referred to from outside of its record has to be kept.
struct PickleIndex {
  struct Record {
    std::uint64_t begin = 0;  ///< bytes of the program
    std::uint64_t end = 0;
  };
  int level = 1;
  std::vector<Record> records;
  std::unordered_set<std::uint64_t> shared;  ///< numbers of what is kept
};

/// Reads to the pickle's end without making values. Throws UserError as Pickle
/// does.
PickleIndex index_pickle(PickleInput& input, int level);

}  // namespace zcp::formats
