#include <doctest/doctest.h>

#include "apps/score/times.h"

namespace {

using namespace zcp::apps;
using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("times: shares of what the workers did, the dearest first") {
  const Strings proxies{"params", "naswot", "zico"};
  CHECK(
      times_line({10, 19.8, 2, {0.198, 4.95, 9.9}}, proxies) ==
      "0:10 on 2 workers, idle for 1.0 % of it: zico 50 %, naswot 25 %, others "
      "1 %, outside of proxies 24 %");
  CHECK(
      times_line({60, 60, 1, {0, 0, 60}}, proxies) ==
      "1:00 on 1 worker, idle for 0.0 % of it: zico 100 %");
}

TEST_CASE("where a network uses several workers nothing is said to be idle") {
  RunTimes times;
  times.wall = 60;
  times.busy = 60;
  times.workers = 2;
  times.threads = 2;
  times.proxies = {60};
  const std::vector<std::string> proxies{"zico"};
  CHECK(times_line(times, proxies) == "1:00 on 2 workers: zico 100 %");
}
