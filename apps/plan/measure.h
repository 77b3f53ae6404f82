// What a few of the networks take.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "apps/plan/options.h"
#include "apps/plan/prediction.h"
#include "apps/score/run.h"

namespace zcp::apps {

/// What a run of the whole will take on one kind of machine.
struct Plan {
  std::size_t architectures = 0;
  std::size_t networks = 0;  ///< to run: equal functions are run once
  std::size_t measured = 0;  ///< of them
  double measured_seconds = 0;
  /// Processor time of all networks; on other devices time of a worker.
  double network_seconds = 0;
  double longest_network = 0;
  double start_seconds = 0;  ///< of each task, before its first network
  double memory = 0;         ///< bytes of a process before it runs networks
  double worker_memory = 0;  ///< bytes that each worker adds
  double store_bytes = 0;
  std::map<std::string, double> proxy_seconds;  ///< of those measured
  Division division;
  double hours = 0;  ///< from the first task's start to the last one's end
};

/// Runs networks of the job, which `options` asked for, and predicts. Throws
/// UserError where nothing can be run.
Plan make_plan(const PlanOptions& options, const ScoreJob& job);

}  // namespace zcp::apps
