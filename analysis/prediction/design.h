// What accuracy is predicted from: columns of numbers, in groups.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace zcp::prediction {

/// Where a column comes from. Columns of one group share one weight, so that a
/// hundred graph features do not drown ten proxies.
struct Block {
  std::string name;  ///< "proxies", "graph", "paths", ...
  std::vector<std::string> columns;
  std::vector<std::vector<double>> values;  ///< [column][row]; NaN: missing
  /// Whether values become normal scores of their ranks over all rows, missing
  /// ones the lowest: scores of proxies, whose scale means little.
  bool ranked = false;
  /// How much of what a Gaussian process explains it expects of the block
  /// before it saw a label, beside the others' weights; above 0.
  double weight = 1;
};

/// The columns of all architectures, labelled or not, each with mean 0 and
/// variance 1 over all rows; constant columns are gone. No label is needed for
/// it, and none is used.
class Design {
 public:
  /// Throws std::invalid_argument where columns differ in length, or a NaN is
  /// in a block that is not ranked; UserError where no column varies.
  explicit Design(const std::vector<Block>& blocks);
  ~Design();
  Design(const Design&) = delete;
  Design& operator=(const Design&) = delete;

  /// Adds rows to those of the constructor, which decide ranks, means and
  /// variances: a value of a ranked block has the normal score that it would
  /// have in the place of its equals or between its neighbours. `blocks` are
  /// those of the constructor with other values. Throws std::invalid_argument
  /// where they are not, or a NaN is in a block that is not ranked.
  void add_rows(const std::vector<Block>& blocks);

  /// Takes all rows but the first `count` away.
  void keep_rows(std::size_t count);

  std::size_t rows() const;
  std::size_t columns() const;
  const std::vector<std::string>& column_names() const;
  const std::vector<std::string>& block_names() const;

  /// The numbers, for the models of this folder.
  struct Numbers;
  const Numbers& numbers() const { return *numbers_; }

 private:
  std::unique_ptr<Numbers> numbers_;
};

/// Normal scores of the values' ranks: the standard normal quantile at
/// (rank - 1/2) / n, equal values sharing their mean rank, NaN the lowest.
std::vector<double> normal_scores(std::span<const double> values);

}  // namespace zcp::prediction
