#include "apps/score/output.h"

#include <fmt/format.h>

#include <map>
#include <ostream>

#include "apps/score_csv.h"

namespace zcp::apps {

void write_score_rows(
    std::ostream& out,
    const Architectures& architectures,
    const ScoreTable& table,
    const std::function<bool(std::size_t)>& mine) {
  std::vector<std::string> names;
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < architectures.asked.size(); ++i) {
    if (!mine(architectures.unique_of[i])) continue;
    names.push_back(architectures.asked[i]);
    rows.push_back(architectures.unique_of[i]);
  }
  write_scores_csv(
      out, names, table.proxies(), [&](std::size_t arch, std::size_t proxy) {
        return table.value(rows[arch], proxy);
      });
}

std::vector<std::string> missing_score_lines(const ScoreTable& table) {
  struct Group {
    std::size_t count = 0;
    std::string example;
  };
  std::map<std::pair<std::string, std::string>, Group> groups;
  for (std::size_t a = 0; a < table.archs().size(); ++a) {
    for (std::size_t p = 0; p < table.proxies().size(); ++p) {
      const auto& score = table.at(a, p);
      if (!score || score->status == ScoreStatus::ok) continue;
      Group& group = groups[{table.proxies()[p], score->reason}];
      if (group.count++ == 0) group.example = table.archs()[a];
    }
  }
  std::vector<std::string> lines;
  for (const auto& [key, group] : groups) {
    const auto& [proxy, reason] = key;
    lines.push_back(fmt::format(
        "no {} for {} of {}: {} ({}{})",
        proxy,
        group.count,
        table.archs().size(),
        reason,
        group.count > 1 ? "first " : "",
        group.example));
  }
  return lines;
}

}  // namespace zcp::apps
