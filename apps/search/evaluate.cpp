#include "apps/search/evaluate.h"

#include <chrono>
#include <limits>

namespace zcp::apps {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

ColumnEvaluator::ColumnEvaluator(
    const SearchOptions& options,
    const SearchData& data,
    std::span<const ScoredColumns> scored)
    : options_(options), data_(data), scored_(scored) {
  rows_.source = "the search";
  for (const SearchColumn& column : data.columns()) {
    rows_.columns.push_back(column.name);
  }
  rows_.values.resize(rows_.columns.size());
}

bool ColumnEvaluator::evaluate(std::span<const std::string> archs) {
  const auto start = Clock::now();
  const std::size_t before = rows_.arch.size();
  std::vector<std::vector<std::vector<double>>> scores;
  for (const ScoredColumns& scored : scored_) {
    auto own = scored.scorer->score({archs.begin(), archs.end()});
    if (!own) {
      seconds_ += since(start);
      return false;
    }
    scores.push_back(std::move(*own));
  }
  rows_.arch.insert(rows_.arch.end(), archs.begin(), archs.end());
  for (std::size_t c = 0; c < rows_.columns.size(); ++c) {
    rows_.values[c].resize(rows_.arch.size());
    if (data_.columns()[c].source == SearchColumn::Source::proxy) continue;
    for (std::size_t i = 0; i < archs.size(); ++i) {
      rows_.values[c][before + i] = data_.value(archs[i], data_.columns()[c]);
    }
  }
  for (std::size_t s = 0; s < scores.size(); ++s) {
    for (std::size_t p = 0; p < scored_[s].places.size(); ++p) {
      auto& column = rows_.values[scored_[s].places[p]];
      for (std::size_t i = 0; i < archs.size(); ++i) {
        column[before + i] = scores[s][i][p];
      }
    }
  }
  seconds_ += since(start);
  return true;
}

void ColumnEvaluator::update(search::History& history) {
  for (std::size_t o = 0; o < options_.objectives.size(); ++o) {
    const Objective& objective = options_.objectives[o];
    std::vector<double> values = objective_values(objective, rows_);
    if (objective.less) {
      for (double& value : values) value = -value;
    }
    history.set_values(o, std::move(values));
  }
}

std::size_t ColumnEvaluator::add(const ColumnEvaluator& other) {
  const std::size_t before = rows_.arch.size();
  for (std::size_t i = 0; i < other.rows_.arch.size(); ++i) {
    if (!added_.insert(other.rows_.arch[i]).second) continue;
    rows_.arch.push_back(other.rows_.arch[i]);
    for (std::size_t c = 0; c < rows_.values.size(); ++c) {
      rows_.values[c].push_back(other.rows_.values[c][i]);
    }
  }
  return rows_.arch.size() - before;
}

std::vector<std::vector<double>> ColumnEvaluator::values() const {
  std::vector<std::vector<double>> values;
  for (const Objective& objective : options_.objectives) {
    values.push_back(
        rows_.arch.empty() ? std::vector<double>()
                           : objective_values(objective, rows_));
  }
  return values;
}

}  // namespace zcp::apps
