// Which architectures to label.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analysis/prediction/design.h"

namespace zcp::prediction {

/// `count` of the `candidates` whose labels would tell most of all others, one
/// after another: each lowers the mean variance of a Gaussian process with the
/// kernel of fit_gaussian_process() before any label was seen (V-optimal
/// design), given `labelled` and those before it. No label is used. At most
/// 1,000 candidates (twice `count` where that is more) and 500 rows to tell of
/// are looked at, drawn by the seed.
/// Throws std::invalid_argument where there are fewer candidates than `count`.
std::vector<std::size_t> choose_labels(
    const Design& design,
    std::span<const std::size_t> candidates,
    std::span<const std::size_t> labelled,
    std::size_t count,
    std::uint64_t seed);

}  // namespace zcp::prediction
