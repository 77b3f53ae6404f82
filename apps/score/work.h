// How the architectures of a call are told apart, and how they are scored.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "apps/architectures.h"
#include "apps/fingerprints.h"
#include "apps/score/options.h"
#include "apps/selection.h"

namespace zcp::apps {

using Proxies = std::vector<const engine::Descriptor*>;

std::vector<std::string> names_of(const Proxies& proxies);

/// Whether a proxy looks at the task's data.
bool read_data(const Proxies& proxies);

/// Scores work items, from several workers at once.
class Scorer {
 public:
  /// Everything has to outlive the object; `graphs` is null for models, whose
  /// contents have to be read.
  Scorer(
      const ScoreOptions& options,
      const Proxies& proxies,
      const Selection& selection,
      const TaskChoice& task,
      const Architectures& architectures,
      GraphCache* graphs);

  /// By index in Architectures::unique.
  std::vector<engine::Fingerprint> fingerprints() const;

  /// The item's scores, in the order of its proxies. What is wrong with one of
  /// several models is the reason in its scores; with the only one it is thrown
  /// as UserError.
  std::vector<engine::Score> score(const engine::WorkItem& item) const;

 private:
  void make_evaluators(const TaskChoice& task);
  const engine::Evaluator& evaluator() const;
  std::vector<engine::Score> score_model(
      std::size_t asked,
      const Proxies& which) const;

  const ScoreOptions& options_;
  const Proxies& proxies_;
  const Selection& selection_;
  const Architectures& architectures_;
  GraphCache* graphs_;
  /// No proxy runs or looks at anything, and the shard is the whole. Then each
  /// architecture is work of its own, and building it once is all there is to
  /// do.
  bool only_counts_;
  std::vector<std::unique_ptr<const engine::Evaluator>> evaluators_;
};

}  // namespace zcp::apps
