// What a call of `zcp train` has to train.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "apps/training_table.h"
#include "proxies/engine/schedule.h"

namespace zcp::apps {

/// A shard's architectures.
struct TrainingPlan {
  std::vector<std::string> specs;  ///< each once
  std::vector<double> macs;        ///< by index in specs
  /// By index in specs: the first that computes the same function, for whose
  /// sake alone it is trained.
  std::vector<std::size_t> twin;
};

/// One network to be trained.
struct TrainingJob {
  std::size_t architecture;  ///< index into TrainingPlan::specs
  std::uint64_t seed;
  double work;  ///< what time is proportional to
};

/// Of all architectures, each once, those of `part`, as Shard::part_of() has
/// it; `prints` are theirs, by index.
TrainingPlan plan_training(
    std::span<const std::string> specs,
    std::span<const engine::Fingerprint> prints,
    const std::vector<bool>& part);

/// What `present` does not have of each function and seed. Heaviest first, so
/// that no core is left with a long one in the end.
std::vector<TrainingJob> missing_jobs(
    const TrainingPlan& plan,
    std::span<const std::uint64_t> seeds,
    const TrainingTable& present);

}  // namespace zcp::apps
