#include "analysis/prediction/design.h"

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
bool standardise(std::vector<double>& column) {
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

}  // namespace

Design::Design(const std::vector<Block>& blocks)
    : numbers_(std::make_unique<Numbers>()) {
  std::vector<std::vector<double>> columns;
  std::size_t rows = 0;
  for (const Block& block : blocks) {
    const std::size_t first = columns.size();
    for (std::size_t c = 0; c < block.values.size(); ++c) {
      if (rows == 0) rows = block.values[c].size();
      if (block.values[c].size() != rows) {
        throw std::invalid_argument("design: columns differ in length");
      }
      std::vector<double> column = prepared(block, c);
      if (!standardise(column)) continue;
      columns.push_back(std::move(column));
      numbers_->columns.push_back(block.columns[c]);
    }
    if (columns.size() == first) continue;
    numbers_->bounds.push_back(static_cast<Eigen::Index>(first));
    numbers_->blocks.push_back(block.name);
  }
  if (columns.empty()) {
    throw UserError("nothing to predict from: every column is constant");
  }
  const auto count = static_cast<Eigen::Index>(columns.size());
  numbers_->bounds.push_back(count);
  numbers_->matrix.resize(static_cast<Eigen::Index>(rows), count);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    numbers_->matrix.col(static_cast<Eigen::Index>(c)) = as_vector(columns[c]);
  }
}

Design::~Design() = default;

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
    const double share = (score - 0.5) / n;
    score = -std::numbers::sqrt2 * boost::math::erfc_inv(2 * share);
  }
  return scores;
}

}  // namespace zcp::prediction
