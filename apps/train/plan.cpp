#include "apps/train/plan.h"

#include <algorithm>
#include <functional>
#include <map>

namespace zcp::apps {

TrainingPlan plan_training(
    std::span<const std::string> specs,
    std::span<const engine::Fingerprint> prints,
    const std::vector<bool>& part) {
  TrainingPlan plan;
  std::map<std::uint64_t, std::size_t> first;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const std::uint64_t hash = prints[i].functional;
    if (!part[i]) continue;
    plan.twin.push_back(
        first.try_emplace(hash, plan.specs.size()).first->second);
    plan.specs.push_back(specs[i]);
    plan.macs.push_back(static_cast<double>(prints[i].macs));
  }
  return plan;
}

std::vector<TrainingJob> missing_jobs(
    const TrainingPlan& plan,
    std::span<const std::uint64_t> seeds,
    const TrainingTable& present) {
  // Part of the time does not depend on the architecture.
  constexpr double kOverhead = 1e6;
  std::vector<TrainingJob> jobs;
  for (std::size_t i = 0; i < plan.specs.size(); ++i) {
    if (plan.twin[i] != i) continue;
    for (const std::uint64_t seed : seeds) {
      if (present.has(i, seed)) continue;
      jobs.push_back({i, seed, plan.macs[i] + kOverhead});
    }
  }
  std::ranges::stable_sort(jobs, std::greater{}, &TrainingJob::work);
  return jobs;
}

}  // namespace zcp::apps
