// One proxy at work on one architecture, with its time and its failures. Needs
// LibTorch.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "proxies/engine/instant.h"
#include "proxies/engine/observer.h"

namespace zcp::engine {

/// The first line of what went wrong, without LibTorch's back trace.
std::string brief(const std::exception& error);

/// Whether the error says something of the machine, not of the network: memory
/// that could not be had, or a device that broke.
bool is_transient(const std::exception& error);

/// The score of a proxy that ended with this error.
Score failed_by(const std::exception& error);

class ProxyRun;

/// What runs of a group did together.
struct GroupTime {
  Span whole;  ///< with what each run did of its own, but for its end
  std::vector<const ProxyRun*> runs;
};

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
  /// Notes what the run's group did together.
  void share(std::shared_ptr<const GroupTime> group) {
    group_ = std::move(group);
  }
  /// Puts into each score what the run's own work took and its share of the
  /// group's. `runs` are all of their groups. Waits for the device.
  static void measure(std::span<ProxyRun> runs);

  const Score& score() const { return score_; }
  Score& score() { return score_; }

 private:
  /// Notes whether the output holds NaN; true where that is known to be so.
  bool has_nan_output(const Pass& pass);
  /// What the passes' outputs say of the score.
  void check_outputs();

  const Descriptor* proxy_;
  std::unique_ptr<Observer> observer_;
  Score score_;
  at::Device device_ = at::kCPU;
  std::vector<Span> observing_;
  double seconds_of_observing_ = 0;  ///< once it was measured
  std::optional<Span> finishing_;
  std::vector<at::Tensor> nan_outputs_;  ///< of passes on a device
  std::shared_ptr<const GroupTime> group_;
  bool failed_ = false;
  bool is_set_ = false;
};

/// Runs that share a network and a kind of pass. They are owned elsewhere.
using ProxyRuns = std::vector<ProxyRun*>;

std::vector<const Descriptor*> proxies_of(const ProxyRuns& runs);

}  // namespace zcp::engine
