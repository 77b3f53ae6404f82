// Signals that wait until something is tidied up.
#pragma once

#include <signal.h>

#include <array>

namespace zcp {

/// Holds back the signals by which terminals, users and batch systems end a
/// process (kEnding) from this thread, which has to be the only one of the
/// process to keep them from it. They arrive when the object goes; whoever
/// works meanwhile asks pending() from time to time.
class HeldSignals {
 public:
  HeldSignals() {
    const sigset_t held = ending_signals();
    pthread_sigmask(SIG_BLOCK, &held, &before_);
  }
  ~HeldSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  /// True when one of them waits that will end the process or call a handler.
  static bool pending() {
    sigset_t waiting;
    if (sigpending(&waiting) != 0) return false;
    for (const int signal : kEnding) {
      if (sigismember(&waiting, signal) == 1 && !is_ignored(signal)) {
        return true;
      }
    }
    return false;
  }

 private:
  static constexpr std::array kEnding =
      {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU, SIGXFSZ, SIGUSR1, SIGUSR2};

  static sigset_t ending_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : kEnding) sigaddset(&signals, signal);
    return signals;
  }

  /// As under nohup, which has SIGHUP ignored.
  static bool is_ignored(int signal) {
    struct sigaction set {};
    return sigaction(signal, nullptr, &set) == 0 && set.sa_handler == SIG_IGN;
  }

  sigset_t before_;
};

}  // namespace zcp
