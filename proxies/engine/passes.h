// The passes that observers see: forward and backward, once for all jobs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "proxies/engine/observer.h"

namespace zcp::engine {

/// One proxy at work on one architecture.
struct Job {
  const Descriptor* proxy = nullptr;
  std::unique_ptr<Observer> observer;
  Score score;
  bool failed = false;

  void fail(const std::string& reason);
};

/// Jobs that share a network and, by shared_kind(), a kind of pass.
using Jobs = std::vector<Job*>;

/// The kind whose passes are those of `kind` too: the Jacobian is taken of a
/// minibatch's forward pass.
PassKind shared_kind(PassKind kind);

/// Makes the jobs' observers, runs the passes of `kind` with the united needs
/// of all and takes their scores. What an observer throws is its own failure,
/// what a pass throws that of all,
/// but of the kinds that share one only where it throws for that kind alone.
void run_group(PassKind kind, const Setting& setting, const Jobs& jobs);

}  // namespace zcp::engine
