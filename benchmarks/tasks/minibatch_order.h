// Which examples of a data set a minibatch takes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace zcp::tasks {

/// The examples 0 .. count-1 in the order that a run with this seed draws them.
std::vector<std::int64_t> shuffled_order(
    std::int64_t count,
    std::uint64_t seed);

/// Where minibatch `index` begins among `available` images; throws UserError
/// when it ends behind the last one, and std::invalid_argument when `index` is
/// negative or `batch_size` not positive.
std::int64_t minibatch_begin(
    const std::string& task,
    std::int64_t available,
    int index,
    int batch_size);

}  // namespace zcp::tasks
