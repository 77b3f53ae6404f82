#include "analysis/prediction/design.h"

#include <algorithm>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "analysis/prediction/numbers.h"
#include "analysis/statistics/ranks.h"
#include "common/error.h"

namespace zcp::prediction {
namespace {

/// The column with mean 0 and variance 1; false where it is constant.
bool standardise(std::vector<double>& column, ColumnScale& how) {
  const auto n = static_cast<double>(column.size());
  double mean = 0;
  for (const double value : column) mean += value / n;
  double square = 0;
  double greatest = 0;
  for (double& value : column) {
    value -= mean;
    square += value * value / n;
    greatest = std::max(greatest, std::abs(value));
  }
  // What rounding leaves of a constant column is no information.
  if (greatest <= 1e-12 * std::max(1.0, std::abs(mean))) return false;
  const double scale = 1 / std::sqrt(square);
  for (double& value : column) value *= scale;
  how.mean = mean;
  how.factor = scale;
  return true;
}

std::vector<double> prepared(const Block& block, std::size_t column) {
  const std::vector<double>& values = block.values[column];
  if (block.ranked) return normal_scores(values);
  for (const double value : values) {
    if (!std::isfinite(value)) {
      throw std::invalid_argument(
          "design: column " + block.columns[column] + " has no finite number");
    }
  }
  return values;
}

double normal_score(double share) {
  return -std::numbers::sqrt2 * boost::math::erfc_inv(2 * share);
}

std::vector<double> sorted_numbers(const std::vector<double>& values) {
  std::vector<double> sorted;
  for (const double value : values) {
    if (!std::isnan(value)) sorted.push_back(value);
  }
  std::ranges::sort(sorted);
  return sorted;
}

/// The normal score of a value among `rows` values, of which those that are no
/// NaN are sorted: that of its equals, or between its neighbours.
double
placed(double value, const std::vector<double>& sorted, std::size_t rows) {
  const auto n = static_cast<double>(rows);
  const auto missing = static_cast<double>(rows - sorted.size());
  double below = 0;
  double equal = missing;
  if (!std::isnan(value)) {
    const auto range = std::ranges::equal_range(sorted, value);
    below = missing + static_cast<double>(range.begin() - sorted.begin());
    equal = static_cast<double>(range.size());
  }
  const double share = (below + equal / 2) / n;
  return normal_score(std::clamp(share, 0.5 / n, 1 - 0.5 / n));
}

}  // namespace

Design::Design(const std::vector<Block>& blocks)
    : numbers_(std::make_unique<Numbers>()) {
  std::vector<std::vector<double>> columns;
  std::size_t rows = 0;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const Block& block = blocks[b];
    const std::size_t first = columns.size();
    numbers_->widths.push_back(block.values.size());
    for (std::size_t c = 0; c < block.values.size(); ++c) {
      if (rows == 0) rows = block.values[c].size();
      if (block.values[c].size() != rows) {
        throw std::invalid_argument("design: columns differ in length");
      }
      std::vector<double> column = prepared(block, c);
      ColumnScale how{b, c, 0, 1, {}};
      if (!standardise(column, how)) continue;
      if (block.ranked) how.sorted = sorted_numbers(block.values[c]);
      numbers_->scales.push_back(std::move(how));
      columns.push_back(std::move(column));
      numbers_->columns.push_back(block.columns[c]);
    }
    if (columns.size() == first) continue;
    numbers_->bounds.push_back(static_cast<Eigen::Index>(first));
    numbers_->blocks.push_back(block.name);
    numbers_->weights.push_back(block.weight);
    numbers_->ranked.push_back(block.ranked);
  }
  if (columns.empty()) {
    throw UserError("nothing to predict from: every column is constant");
  }
  numbers_->ranked_rows = rows;
  const auto count = static_cast<Eigen::Index>(columns.size());
  numbers_->bounds.push_back(count);
  numbers_->matrix.resize(static_cast<Eigen::Index>(rows), count);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    numbers_->matrix.col(static_cast<Eigen::Index>(c)) = as_vector(columns[c]);
  }
}

Design::~Design() = default;

void Design::add_rows(const std::vector<Block>& blocks) {
  const auto& widths = numbers_->widths;
  bool same = blocks.size() == widths.size();
  for (std::size_t b = 0; same && b < blocks.size(); ++b) {
    same = blocks[b].values.size() == widths[b];
  }
  if (!same) throw std::invalid_argument("design: rows of other columns");
  RowMatrix& matrix = numbers_->matrix;
  const Eigen::Index before = matrix.rows();
  for (std::size_t at = 0; at < numbers_->scales.size(); ++at) {
    const ColumnScale& how = numbers_->scales[at];
    const Block& block = blocks[how.block];
    const auto& values = block.values[how.column];
    if (at == 0) {
      matrix.conservativeResize(
          before + static_cast<Eigen::Index>(values.size()), matrix.cols());
    }
    if (before + static_cast<Eigen::Index>(values.size()) != matrix.rows()) {
      throw std::invalid_argument("design: columns differ in length");
    }
    for (std::size_t row = 0; row < values.size(); ++row) {
      const double value =
          block.ranked ? placed(values[row], how.sorted, numbers_->ranked_rows)
                       : values[row];
      if (!std::isfinite(value)) {
        throw std::invalid_argument(
            "design: column " + numbers_->columns[at] +
            " has no finite number");
      }
      matrix(
          before + static_cast<Eigen::Index>(row),
          static_cast<Eigen::Index>(at)) = (value - how.mean) * how.factor;
    }
  }
}

void Design::keep_rows(std::size_t count) {
  RowMatrix& matrix = numbers_->matrix;
  matrix.conservativeResize(static_cast<Eigen::Index>(count), matrix.cols());
}

std::size_t Design::rows() const {
  return static_cast<std::size_t>(numbers_->matrix.rows());
}

std::size_t Design::columns() const {
  return numbers_->columns.size();
}

const std::vector<std::string>& Design::column_names() const {
  return numbers_->columns;
}

const std::vector<std::string>& Design::block_names() const {
  return numbers_->blocks;
}

std::vector<double> normal_scores(std::span<const double> values) {
  std::vector<double> scores = statistics::average_ranks(values);
  const auto n = static_cast<double>(scores.size());
  for (double& score : scores) {
    score = normal_score((score - 0.5) / n);
  }
  return scores;
}

}  // namespace zcp::prediction
