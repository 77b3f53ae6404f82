// The passes that observers see: forward and backward, once for all jobs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "proxies/observer.h"

namespace zcp::proxies {

/// One proxy at work on one architecture.
struct Job {
  const Descriptor* proxy = nullptr;
  std::unique_ptr<Observer> observer;
  Score score;
  bool failed = false;

  void fail(const std::string& reason);
};

/// Jobs that share a network and a kind of pass.
using Jobs = std::vector<Job*>;

/// Makes the jobs' observers, runs the passes of `kind` with the united needs
/// of all and takes their scores. What an observer throws is its own failure,
/// what a pass throws that of all.
void run_group(PassKind kind, const Setting& setting, Jobs& jobs);

}  // namespace zcp::proxies
