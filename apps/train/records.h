// A training's result as a store keeps it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/store/score_store.h"
#include "nets/training/trainer.h"

namespace zcp::apps {

/// Why a training that diverged has no accuracies.
std::string divergence_reason(const training::TrainingResult& result);

/// All of a training, to be put into the store in one transaction: a record for
/// each of kTrainingMeasures, without values when it diverged.
std::vector<store::ScoreRecord> training_records(
    const std::string& spec,
    const std::string& task,
    std::uint64_t seed,
    const training::TrainingResult& result);

}  // namespace zcp::apps
