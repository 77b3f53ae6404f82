// What a search has evaluated so far.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace zcp::search {

/// Architectures with a value for each objective, more is better; each
/// architecture once, in the order of evaluation.
class History {
 public:
  explicit History(std::size_t objectives) : values_(objectives) {}

  std::size_t size() const { return archs_.size(); }
  std::size_t objectives() const { return values_.size(); }
  const std::string& arch(std::size_t record) const { return archs_[record]; }
  const std::vector<std::string>& archs() const { return archs_; }

  /// Where an architecture is, if it was evaluated.
  std::optional<std::size_t> find(const std::string& arch) const;

  /// Adds an architecture, which must not be there yet, without values.
  std::size_t add(const std::string& arch);

  /// The values of an objective for every record; NaN: there is none. They may
  /// change while the history grows: the ranks of a composite do.
  void set_values(std::size_t objective, std::vector<double> values);

  /// NaN where there is none.
  double value(std::size_t record, std::size_t objective = 0) const {
    return values_[objective][record];
  }
  const std::vector<double>& values(std::size_t objective = 0) const {
    return values_[objective];
  }

  /// The value, or minus infinity where there is none: nothing is worse.
  double fitness(std::size_t record, std::size_t objective = 0) const;

  /// The first record of the greatest fitness in the first objective; none in
  /// an empty history or where no record has a value.
  std::optional<std::size_t> best() const;

 private:
  std::vector<std::string> archs_;
  std::unordered_map<std::string, std::size_t> places_;
  std::vector<std::vector<double>> values_;  // [objective][record]
};

}  // namespace zcp::search
