#include "apps/score/times.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "apps/progress.h"

namespace zcp::apps {

double seconds_between(
    std::chrono::steady_clock::time_point begin,
    std::chrono::steady_clock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

std::string times_line(
    const RunTimes& times,
    std::span<const std::string> proxies) {
  constexpr double kSmall = 0.05;
  std::vector<std::pair<double, std::string>> shares;
  double rest = 0;
  double sum = 0;
  for (std::size_t p = 0; p < proxies.size(); ++p) {
    const double share = times.busy > 0 ? times.proxies[p] / times.busy : 0;
    sum += share;
    if (share < kSmall) {
      rest += share;
    } else {
      shares.emplace_back(share, proxies[p]);
    }
  }
  std::ranges::stable_sort(shares, std::ranges::greater{}, [](const auto& one) {
    return one.first;
  });
  if (rest >= 0.005) shares.emplace_back(rest, "others");
  if (sum < 0.995) shares.emplace_back(1 - sum, "outside of proxies");
  std::string text;
  for (const auto& [share, name] : shares) {
    text += fmt::format(
        "{}{} {:.0f} %", text.empty() ? ": " : ", ", name, 100 * share);
  }
  const double all = times.wall * times.workers;
  const double idle = std::clamp(1 - times.busy / all, 0.0, 1.0);
  const std::string unused =
      times.threads > 1 ? std::string()
                        : fmt::format(", idle for {:.1f} % of it", 100 * idle);
  return fmt::format(
      "{} on {} worker{}{}{}",
      format_duration(times.wall),
      times.workers,
      times.workers == 1 ? "" : "s",
      unused,
      text);
}

}  // namespace zcp::apps
