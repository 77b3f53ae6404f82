// One proxy at work on one architecture, with its time and its failures. Needs
// LibTorch.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "proxies/engine/observer.h"

namespace zcp::engine {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start);

/// The first line of what went wrong, without LibTorch's back trace.
std::string brief(const std::exception& error);

/// Whether the error says something of the machine, not of the network: memory
/// that could not be had, or a device that broke.
bool is_transient(const std::exception& error);

/// The score of a proxy that ended with this error.
Score failed_by(const std::exception& error);

/// A proxy, its observer and the score that comes of it. What the observer
/// throws is this run's own failure.
class ProxyRun {
 public:
  explicit ProxyRun(const Descriptor& proxy) : proxy_(&proxy) {}

  const Descriptor& proxy() const { return *proxy_; }
  const Needs& needs() const { return proxy_->needs; }

  /// Makes the observer; what that throws is the caller's to catch.
  void start(const Setting& setting);
  /// Lets the observer see a pass, unless it has failed.
  void observe(const Pass& pass);
  /// Takes the observer's score, unless it has failed, and lets go of it.
  void finish();

  void fail(const std::exception& error);
  /// Gives a score without a run.
  void set(Score score) {
    score_ = std::move(score);
    is_set_ = true;
  }
  /// Whether it has a score that needs no run.
  bool is_set() const { return is_set_; }
  /// Forgets what was done.
  void reset();
  /// Adds a share of what the run's group did together.
  void add_seconds(double seconds) { score_.seconds += seconds; }

  const Score& score() const { return score_; }
  Score& score() { return score_; }

 private:
  const Descriptor* proxy_;
  std::unique_ptr<Observer> observer_;
  Score score_;
  bool failed_ = false;
  bool is_set_ = false;
};

/// Runs that share a network and a kind of pass. They are owned elsewhere.
using ProxyRuns = std::vector<ProxyRun*>;

}  // namespace zcp::engine
