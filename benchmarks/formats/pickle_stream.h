// Pickles whose values do not fit into memory, read value by value.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "benchmarks/formats/pickle.h"
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

/// Called with a record and the keys under which it lies, the outermost first;
/// all are valid until it returns. True when the record was taken: it is
/// forgotten then.
using RecordVisitor = std::function<
    bool(std::span<const PickleValue> keys, const PickleValue& record)>;

/// Reads the pickle again and gives away its records. What is returned holds
/// the rest, with None in place of each record that was taken. Dicts of one
/// entry have no record: its value is part of the rest. Throws UserError as
/// Pickle does.
std::unique_ptr<Pickle> stream_pickle(
    PickleInput& input,
    const PickleIndex& index,
    std::span<const std::string_view> allowed,
    const RecordVisitor& visit);

}  // namespace zcp::formats
