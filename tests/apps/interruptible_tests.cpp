#include <doctest/doctest.h>

#include "apps/interruptible.h"

namespace {

using zcp::apps::Interruptible;

struct sigaction action_of(int signal) {
  struct sigaction action {};
  sigaction(signal, nullptr, &action);
  return action;
}

}  // namespace

TEST_CASE("an interrupt asks; afterwards signals act as before") {
  const auto before = action_of(SIGTERM).sa_handler;
  {
    const Interruptible interruptible;
    CHECK_FALSE(Interruptible::was_asked());
    CHECK((action_of(SIGTERM).sa_handler != before));
    std::raise(SIGTERM);
    CHECK(Interruptible::was_asked());
    // The second one kills.
    CHECK((action_of(SIGTERM).sa_handler == SIG_DFL));
  }
  CHECK((action_of(SIGTERM).sa_handler == before));
  const Interruptible again;
  CHECK_FALSE(Interruptible::was_asked());
}

TEST_CASE("every signal that a batch system sends before it kills asks") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGUSR1}) {
    const auto before = action_of(signal).sa_handler;
    {
      const Interruptible interruptible;
      std::raise(signal);
      CHECK(Interruptible::was_asked());
    }
    CHECK((action_of(signal).sa_handler == before));
  }
}

TEST_CASE("a signal that the caller ignores stays ignored") {
  const auto before = std::signal(SIGINT, SIG_IGN);
  {
    const Interruptible interruptible;
    std::raise(SIGINT);
    CHECK_FALSE(Interruptible::was_asked());
    CHECK((action_of(SIGINT).sa_handler == SIG_IGN));
  }
  std::signal(SIGINT, before);
}
