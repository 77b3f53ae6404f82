// The numbers of an architecture that a search looks at, and where they come
// from: tables, the network's graph, or proxies.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "analysis/latent/encoded_space.h"
#include "analysis/search/wishes.h"
#include "apps/budget.h"
#include "apps/encode/saved.h"
#include "apps/search/options.h"
#include "benchmarks/tables/table.h"
#include "nets/spaces/space.h"

namespace zcp::apps {

/// A table whose architectures are looked up by their normalised specs.
class Lookup {
 public:
  /// Throws UserError for a name that is no spec of the space and for two names
  /// of one architecture with other numbers.
  Lookup(tables::Table table, const spaces::Space& space);

  const tables::Table& table() const { return table_; }
  /// The normalised spec of each row; of an architecture that comes again the
  /// first row counts.
  const std::vector<std::string>& specs() const { return specs_; }
  std::optional<std::size_t> column(const std::string& name) const;
  bool has(const std::string& arch) const { return rows_.contains(arch); }
  /// Of an architecture that comes again the first.
  std::optional<std::size_t> row(const std::string& arch) const;
  /// NaN for an architecture that is not there.
  double value(const std::string& arch, std::size_t column) const;

 private:
  tables::Table table_;
  std::vector<std::string> specs_;
  std::unordered_map<std::string, std::size_t> rows_;
};

/// One number of an architecture.
struct SearchColumn {
  enum class Source { scores, truth, graph, proxy };

  std::string name;  ///< as in --by
  Source source;
  std::size_t place = 0;  ///< in its table
  std::string task;       ///< of TASK:PROXY; empty: the search's own
  std::string proxy;
};

/// The tables of a search and what is known of networks from their graphs. Its
/// functions may be called from several threads.
class SearchData {
 public:
  /// Reads the tables and resolves the columns of the objectives; `encode`
  /// makes points where --encodings is an encoder and where a predictor has
  /// one. Throws UserError for a table or an encoder that cannot be read, and
  /// for an encoder without `encode`.
  explicit SearchData(
      const SearchOptions& options,
      const EncodePoints& encode = {});

  /// The space, as it is wished and as its points are.
  const spaces::Space& space() const {
    if (preferring_) return *preferring_;
    if (encoded_) return *encoded_;
    return wished_ ? static_cast<const spaces::Space&>(*wished_) : space_;
  }
  /// The space itself, whatever is wished and whose points are searched.
  const spaces::Space& whole_space() const { return space_; }
  /// What was wished, in words; empty without wishes.
  const search::Wishes& wishes() const { return wishes_; }
  /// Whether an algorithm draws or mutates, so that it can prefer.
  bool takes_preference(const std::string& algorithm) const;
  const std::vector<SearchColumn>& columns() const { return columns_; }
  const std::optional<Lookup>& truth() const { return truth_; }

  /// How the tables were read, a line each.
  std::vector<std::string> notes() const;

  /// Whether no column needs proxies.
  bool tables_alone() const;

  /// The truth's column of --metric or, without it, of an objective that is
  /// one.
  struct Metric {
    std::string name;
    std::size_t column;
    bool less;
  };
  const std::optional<Metric>& metric() const { return metric_; }

  /// Whether an architecture may be evaluated: it is as it is wished, among the
  /// points and in the tables that columns come from, in a replay also in the
  /// truth with its metric, and within the budget. Throws as
  /// spaces::Space::build().
  bool feasible(const std::string& arch) const;

  /// How often feasible() said no because of the budget or --drop-dead.
  std::int64_t rejected() const { return rejected_; }

  /// The value of a column that is no proxy; NaN where there is none.
  double value(const std::string& arch, const SearchColumn& column) const;

  /// The value of a column of the budget.
  double budget_value(const std::string& arch, const std::string& column) const;

 private:
  /// What is known of a network from its graph.
  struct GraphFacts {
    graph::Sizes sizes;
    bool dead;  ///< see dead.h
  };
  GraphFacts facts(const std::string& arch) const;
  void resolve(const std::string& name);
  void read_encodings(const EncodePoints& encode);
  tables::Table points_of_encoder(const EncodePoints& encode) const;
  void read_wishes();
  void check_predictors(const EncodePoints& encode) const;
  void find_metric();

  const SearchOptions& options_;
  std::shared_ptr<const spaces::Space> kept_;
  const spaces::Space& space_;
  search::Wishes wishes_;
  std::optional<search::WishedSpace> wished_;
  std::unique_ptr<latent::EncodedSpace> encoded_;  // what is allowed of them
  std::optional<search::WishedSpace> preferring_;  // among the points
  std::vector<std::string> encoded_notes_;
  std::optional<Lookup> scores_;
  std::optional<Lookup> truth_;
  std::optional<Costs> costs_;
  std::vector<SearchColumn> columns_;
  std::optional<Metric> metric_;
  std::function<graph::Graph(const std::string&)> build_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, GraphFacts> facts_;
  mutable std::atomic<std::int64_t> rejected_ = 0;
};

}  // namespace zcp::apps
