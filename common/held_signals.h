// Signals that wait until something is tidied up.
#pragma once

#include <signal.h>

#include <initializer_list>

namespace zcp {

/// Holds back SIGINT, SIGTERM and SIGHUP from this thread, which has to be the
/// only one of the process to keep them from it. They arrive when the object
/// goes; whoever works meanwhile asks pending() from time to time.
class HeldSignals {
 public:
  HeldSignals() {
    const sigset_t held = ending_signals();
    pthread_sigmask(SIG_BLOCK, &held, &before_);
  }
  ~HeldSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  /// True when one of them waits.
  static bool pending() {
    sigset_t waiting;
    if (sigpending(&waiting) != 0) return false;
    return sigismember(&waiting, SIGINT) == 1 ||
           sigismember(&waiting, SIGTERM) == 1 ||
           sigismember(&waiting, SIGHUP) == 1;
  }

 private:
  static sigset_t ending_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
      sigaddset(&signals, signal);
    }
    return signals;
  }

  sigset_t before_;
};

}  // namespace zcp
