// Work that an interrupt ends in order.
#pragma once

#include <array>
#include <atomic>
#include <csignal>

namespace zcp::apps {

/// While it lives, an interrupt (Ctrl-C), a request to end, a terminal that
/// goes or a batch system's limit of time (SIGXCPU, or the SIGUSR1 of Slurm's
/// `--signal=USR1@120`) asks instead of killing, so that the
/// table of what is complete can be written; a second one kills. What the
/// program's caller ignores stays ignored.
class Interruptible {
 public:
  Interruptible();
  ~Interruptible();
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

  /// Whether a signal has come since the last object was made.
  static bool was_asked() { return asked; }

 private:
  static constexpr std::array kSignals{
      SIGINT,
      SIGTERM,
      SIGHUP,
      SIGXCPU,
      SIGUSR1};

  // A handler gets no argument of ours.
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
  static inline std::atomic<bool> asked = false;
  static_assert(std::atomic<bool>::is_always_lock_free);

  std::array<struct sigaction, kSignals.size()> before_{};
};

}  // namespace zcp::apps
