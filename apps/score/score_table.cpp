#include "apps/score/score_table.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "common/missing.h"

namespace zcp::apps {
namespace {

using Positions = std::unordered_map<std::string_view, std::size_t>;

Positions positions(std::span<const std::string> names) {
  Positions result;
  for (std::size_t i = 0; i < names.size(); ++i) result[names[i]] = i;
  return result;
}

}  // namespace

ScoreTable::ScoreTable(
    std::span<const std::string> archs,
    std::vector<std::string> proxies,
    std::span<const std::string> keys)
    : archs_(archs),
      keys_(keys.empty() ? archs : keys),
      proxies_(std::move(proxies)),
      scores_(
          archs.size(),
          std::vector<std::optional<engine::Score>>(proxies_.size())),
      unknown_(archs.size(), static_cast<int>(proxies_.size())) {}

double ScoreTable::value(std::size_t arch, std::size_t proxy) const {
  const auto& score = scores_[arch][proxy];
  return score && score->status == ScoreStatus::ok ? score->value : kNan;
}

void ScoreTable::add_records(std::span<const store::ScoreRecord> records) {
  const Positions rows = positions(keys_);
  const Positions columns = positions(proxies_);
  for (const store::ScoreRecord& record : records) {
    const auto row = rows.find(record.arch);
    if (row == rows.end()) continue;
    set(row->second,
        columns.at(record.proxy),
        {record.status, record.value, record.reason, record.seconds});
  }
}

std::size_t ScoreTable::count_missing(
    const std::function<bool(std::size_t)>& mine) const {
  std::size_t count = 0;
  for (std::size_t a = 0; a < archs_.size(); ++a) {
    if (mine(a)) count += static_cast<std::size_t>(unknown_[a]);
  }
  return count;
}

std::size_t ScoreTable::count_transient() const {
  std::size_t count = 0;
  for (const auto& row : scores_) {
    count += static_cast<std::size_t>(std::ranges::count_if(
        row, [](const auto& score) { return score && score->transient; }));
  }
  return count;
}

std::vector<engine::MissingScore> ScoreTable::missing(
    const std::function<bool(std::size_t)>& mine) const {
  std::vector<engine::MissingScore> missing;
  for (std::size_t a = 0; a < archs_.size(); ++a) {
    if (unknown_[a] == 0 || !mine(a)) continue;
    for (std::size_t p = 0; p < proxies_.size(); ++p) {
      if (!scores_[a][p]) missing.push_back({a, p});
    }
  }
  return missing;
}

void ScoreTable::give_up(std::size_t arch, const std::string& reason) {
  engine::Score none;
  none.status = ScoreStatus::failed;
  none.reason = reason;
  none.transient = true;
  for (std::size_t p = 0; p < proxies_.size(); ++p) {
    if (!scores_[arch][p]) set(arch, p, none);
  }
}

ScoreTable::Added ScoreTable::add(
    const engine::WorkItem& item,
    std::span<const engine::Score> scores) {
  Added added;
  for (std::size_t i = 0; i < item.proxies.size(); ++i) {
    const engine::Score& score = scores[i];
    const std::size_t proxy = item.proxies[i];
    const bool ok = score.status == ScoreStatus::ok;
    for (const std::size_t arch : item.architectures[i]) {
      if (set(arch, proxy, score)) ++added.completed;
      if (score.transient) continue;
      added.records.push_back(
          {keys_[arch],
           proxies_[proxy],
           score.status,
           ok ? score.value : kNan,
           score.reason,
           score.seconds});
    }
  }
  return added;
}

/// True when it was the architecture's last unknown one.
bool ScoreTable::set(std::size_t arch, std::size_t proxy, engine::Score score) {
  scores_[arch][proxy] = std::move(score);
  return --unknown_[arch] == 0;
}

}  // namespace zcp::apps
