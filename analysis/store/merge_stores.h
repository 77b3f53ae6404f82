// Uniting stores, such as those of the shards of one run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace zcp::store {

/// What merge_stores left in `out`.
struct MergeSummary {
  std::int64_t architectures = 0;
  std::int64_t scores = 0;
  std::int64_t added = 0;  // that were not in `out` before
};

/// Unites stores of one protocol, with their runs. A score that several hold
/// must be the same in all: equal status, bit-equal value.
///
/// A new `out` appears complete or not at all. An `out` that exists must be
/// one of `inputs`; the others are then added to it in one transaction. The
/// other inputs are only read.
///
/// Throws UserError, with everything as it was, when protocols or scores
/// disagree (naming both files and what they say), when an input is damaged or
/// no store, when `out` exists and is not one of the inputs. Signals that
/// end the process wait until the unfinished file is removed, which is done at
/// once.
MergeSummary merge_stores(
    const std::filesystem::path& out,
    std::span<const std::filesystem::path> inputs);

}  // namespace zcp::store
