// Pickles whose values do not fit into memory, read value by value.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "benchmarks/formats/pickle.h"
#include "benchmarks/formats/pickle_index.h"
#include "benchmarks/formats/pickle_input.h"

namespace zcp::formats {

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
