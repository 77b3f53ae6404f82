#include <doctest/doctest.h>

#include "apps/shard.h"
#include "apps/train/plan.h"
#include "apps/train/records.h"

namespace {

using namespace zcp::apps;
using zcp::engine::Fingerprint;
using Indices = std::vector<std::size_t>;
using Strings = std::vector<std::string>;

const Strings kSpecs{"a", "b", "c", "d"};

/// a and c are one function; d is in the other one of two shards.
const std::vector<Fingerprint> kPrints{
    {4, 0, 0, 100},
    {6, 0, 0, 300},
    {4, 0, 0, 100},
    {5, 0, 0, 200}};

}  // namespace

TEST_CASE("a training plan: twins, costs, shards") {
  const TrainingPlan whole =
      plan_training(kSpecs, kPrints, Shard{}.part_of(kPrints));
  CHECK(whole.specs == kSpecs);
  CHECK(whole.twin == Indices{0, 1, 0, 3});
  CHECK(whole.macs == std::vector<double>{100, 300, 100, 200});
  const TrainingPlan even =
      plan_training(kSpecs, kPrints, Shard{0, 2}.part_of(kPrints));
  CHECK(even.specs == Strings{"a", "b", "c"});
  const TrainingPlan odd =
      plan_training(kSpecs, kPrints, Shard{1, 2}.part_of(kPrints));
  CHECK(odd.specs == Strings{"d"});
  CHECK(odd.twin == Indices{0});
}

TEST_CASE("jobs: each function once a seed, the heaviest first") {
  const TrainingPlan plan =
      plan_training(kSpecs, kPrints, Shard{}.part_of(kPrints));
  const std::vector<std::uint64_t> seeds{3, 4};
  const auto records = training_records("b", "task", 4, {});
  const TrainingTable present("task", plan.specs, plan.twin, records);
  std::vector<std::pair<std::size_t, std::uint64_t>> jobs;
  for (const auto& job : missing_jobs(plan, seeds, present)) {
    jobs.emplace_back(job.architecture, job.seed);
  }
  CHECK(
      jobs == std::vector<std::pair<std::size_t, std::uint64_t>>{
                  {1, 3}, {3, 3}, {3, 4}, {0, 3}, {0, 4}});
}
