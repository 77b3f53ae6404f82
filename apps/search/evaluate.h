// How the proposals of a search get their values.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "analysis/search/runner.h"
#include "apps/search/columns.h"
#include "apps/search/run.h"

namespace zcp::apps {

/// A scorer and the columns that its scores go to, in its order.
struct ScoredColumns {
  std::unique_ptr<ProxyScorer> scorer;
  std::vector<std::size_t> places;  ///< in SearchData::columns()
};

/// Looks up columns of tables and graphs, has proxies scored, and makes
/// objectives of them.
class ColumnEvaluator final : public search::Evaluator {
 public:
  /// Everything has to outlive the object.
  ColumnEvaluator(
      const SearchOptions& options,
      const SearchData& data,
      std::span<const ScoredColumns> scored = {});

  bool evaluate(std::span<const std::string> archs) override;
  void update(search::History& history) override;

  /// Takes what another one has evaluated, each architecture once. Returns how
  /// many were new.
  std::size_t add(const ColumnEvaluator& other);

  /// The objectives of the history's records, not negated.
  std::vector<std::vector<double>> values() const;

  /// Seconds that evaluations took.
  double seconds() const { return seconds_; }

 private:
  const SearchOptions& options_;
  const SearchData& data_;
  std::span<const ScoredColumns> scored_;
  tables::Table rows_;                     // what was evaluated
  std::unordered_set<std::string> added_;  // by add()
  double seconds_ = 0;
};

}  // namespace zcp::apps
