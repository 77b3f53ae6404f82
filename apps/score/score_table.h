// The scores of a call: what is known, and what is still missing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/store/score_store.h"
#include "proxies/engine/descriptor.h"
#include "proxies/engine/schedule.h"

namespace zcp::apps {

/// A row an architecture, a column a proxy. Not to be changed by several
/// threads at once.
class ScoreTable {
 public:
  /// Each architecture and each proxy once. `keys` are what a store calls the
  /// architectures; empty: as `archs`. Both have to outlive the table: the
  /// names of a whole space are not kept twice.
  ScoreTable(
      std::span<const std::string> archs,
      std::vector<std::string> proxies,
      std::span<const std::string> keys = {});

  std::span<const std::string> archs() const { return archs_; }
  std::span<const std::string> keys() const { return keys_; }
  const std::vector<std::string>& proxies() const { return proxies_; }

  /// None where it is not known. A score that does not exist is known, with its
  /// reason.
  const std::optional<engine::Score>& at(std::size_t arch, std::size_t proxy)
      const {
    return scores_[arch][proxy];
  }

  /// The value; NaN where there is none.
  double value(std::size_t arch, std::size_t proxy) const;

  /// Takes what a store has. Records of other architectures are passed over,
  /// all have to be of these proxies.
  void add_records(std::span<const store::ScoreRecord> records);

  /// How many scores of the architectures of which `mine` is true are not
  /// known.
  std::size_t count_missing(const std::function<bool(std::size_t)>& mine) const;

  /// How many scores are missing for a reason outside the architecture.
  std::size_t count_transient() const;

  /// What is not known of the architectures of which `mine` is true, by
  /// architecture, then by proxy.
  std::vector<engine::MissingScore> missing(
      const std::function<bool(std::size_t)>& mine) const;

  /// Gives what is not known of an architecture no score, for a reason outside
  /// it.
  void give_up(std::size_t arch, const std::string& reason);

  /// What a work item's scores were worth.
  struct Added {
    /// For a store: all but those that say nothing of the architecture
    /// (engine::Score::transient).
    std::vector<store::ScoreRecord> records;
    std::int64_t completed = 0;  ///< architectures with no score missing now
  };

  /// Gives an item's scores, in the order of its proxies, to all architectures
  /// they serve. None of them may be known yet.
  Added add(
      const engine::WorkItem& item,
      std::span<const engine::Score> scores);

 private:
  bool set(std::size_t arch, std::size_t proxy, engine::Score score);

  std::span<const std::string> archs_;
  std::span<const std::string> keys_;
  std::vector<std::string> proxies_;
  std::vector<std::vector<std::optional<engine::Score>>> scores_;
  std::vector<int> unknown_;  ///< how many scores, by architecture
};

}  // namespace zcp::apps
