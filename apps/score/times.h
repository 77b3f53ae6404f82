// Where the time of a run went.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

namespace zcp::apps {

struct RunTimes {
  double wall =
      0;  ///< seconds from the first network's start to the last's end
  double busy = 0;  ///< seconds of all workers with a network
  int workers = 1;
  std::vector<double> proxies;  ///< seconds of each, of all workers
  int threads = 1;              ///< workers that a network may use
};

double seconds_between(
    std::chrono::steady_clock::time_point begin,
    std::chrono::steady_clock::time_point end);

/// "0:42 on 2 workers, idle for 0.8 % of it: zico 51 %,
/// naswot 30 %, others 12 %, outside of proxies 7 %". The shares are of what
/// the workers did. Where a network uses several workers, nobody knows for how
/// long they were idle.
std::string times_line(
    const RunTimes& times,
    std::span<const std::string> proxies);

}  // namespace zcp::apps
