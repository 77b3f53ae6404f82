#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <initializer_list>

#include "common/held_signals.h"

TEST_CASE("held signals: they come once the work is tidied up") {
  for (const int signal :
       {SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGXFSZ, SIGUSR1}) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::signal(signal, SIG_DFL);
      {
        const zcp::HeldSignals held;
        if (zcp::HeldSignals::pending()) ::_exit(2);
        ::raise(signal);
        if (!zcp::HeldSignals::pending()) ::_exit(3);
        if (::write(ends[1], "x", 1) != 1) ::_exit(4);
      }
      ::_exit(1);
    }
    ::close(ends[1]);
    char byte = 0;
    CHECK(::read(ends[0], &byte, 1) == 1);
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == signal);
  }
}

TEST_CASE("held signals: one that is ignored stops nothing") {
  const auto before = ::signal(SIGHUP, SIG_IGN);
  {
    const zcp::HeldSignals held;
    ::raise(SIGHUP);
    CHECK_FALSE(zcp::HeldSignals::pending());
  }
  ::signal(SIGHUP, before);
}
