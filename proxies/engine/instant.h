// Moments of a run, between which time is measured where the work is done.
// Needs LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <chrono>
#include <memory>

namespace zcp::engine {

using Clock = std::chrono::steady_clock;

/// The moment at which a device reaches what was put on this thread's queue so
/// far. A CUDA device works on while its processor goes on, so that there it is
/// an event on the queue; on a processor it is the time of its clock.
class Instant {
 public:
  static Instant now(const at::Device& device);

  /// Seconds from here to `later`, which is of the same device. Waits until the
  /// device has come there. 0 where the device has failed: the scores say so.
  double seconds_to(const Instant& later) const;

 private:
  struct Event;

  Clock::time_point time_;
  std::shared_ptr<const Event> event_;  ///< null on a processor
};

/// From one moment to another.
struct Span {
  Instant begin;
  Instant end;

  double seconds() const { return begin.seconds_to(end); }
};

}  // namespace zcp::engine
