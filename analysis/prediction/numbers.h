// The matrix of a design. Eigen stays within this folder.
#pragma once

#include <Eigen/Dense>

#include "analysis/prediction/design.h"

namespace zcp::prediction {

using RowMatrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// How the values of a column became numbers.
struct ColumnScale {
  std::size_t block = 0;
  std::size_t column = 0;      ///< in its block
  double mean = 0;             ///< that was taken away
  double factor = 1;           ///< by which the rest was multiplied
  std::vector<double> sorted;  ///< of a ranked block: its values, NaN left out
};

struct Design::Numbers {
  RowMatrix matrix;  ///< architectures x columns
  std::vector<std::string> columns;
  std::vector<std::string> blocks;
  std::vector<double> weights;  ///< Block::weight of these
  std::vector<bool> ranked;     ///< Block::ranked of these
  /// First column of each block and, last, the number of columns.
  std::vector<Eigen::Index> bounds;
  std::vector<ColumnScale> scales;  ///< by column
  std::vector<std::size_t> widths;  ///< columns of each block, constant or not
  std::size_t ranked_rows = 0;      ///< that ranks are among
};

/// Some rows of a design, in the order of `rows`.
inline RowMatrix rows_of(
    const Design& design,
    std::span<const std::size_t> rows) {
  const RowMatrix& all = design.numbers().matrix;
  RowMatrix some(static_cast<Eigen::Index>(rows.size()), all.cols());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    some.row(static_cast<Eigen::Index>(i)) =
        all.row(static_cast<Eigen::Index>(rows[i]));
  }
  return some;
}

/// Columns divided by the square root of their block's number of columns: each
/// block then has the same weight in an inner product.
inline RowMatrix evenly_weighted(RowMatrix rows, const Design& design) {
  const auto& bounds = design.numbers().bounds;
  for (std::size_t b = 0; b + 1 < bounds.size(); ++b) {
    const Eigen::Index width = bounds[b + 1] - bounds[b];
    rows.middleCols(bounds[b], width) /= std::sqrt(double(width));
  }
  return rows;
}

inline Eigen::VectorXd as_vector(std::span<const double> values) {
  return Eigen::Map<const Eigen::VectorXd>(
      values.data(), static_cast<Eigen::Index>(values.size()));
}

inline std::vector<double> as_values(const Eigen::VectorXd& vector) {
  return {vector.data(), vector.data() + vector.size()};
}

}  // namespace zcp::prediction
