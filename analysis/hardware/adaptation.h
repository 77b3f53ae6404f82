// A proxy device's latency predictor adapted to another device by few
// measurements: OneProxy's AdaProxy (SIGMETRICS 2022, section 4;
// Ren-Research/OneProxy: functions/solver.py), solved exactly.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace zcp::hardware {

/// Rows of a table by what they are used for.
struct Rows {
  std::vector<std::size_t> train;
  std::vector<std::size_t> validation;
  std::vector<std::size_t> held;
};

/// One way to predict the target device, and its Spearman's rho on held rows.
struct Adapted {
  std::vector<double> values;  ///< of every row
  double rho = 0;
  double lambda = 0;  ///< of adapt_linear()
};

/// Encodings of the architectures: [row][column], such as one-hot operations
/// and a constant.
using Encodings = std::vector<std::vector<double>>;

/// The proxy device's linear predictor w = pinv(X) y (singular values below
/// 1e-10 of the greatest are 0) as it is.
Adapted unadapted(
    const Encodings& x,
    std::span<const double> proxy,
    std::span<const double> target,
    const Rows& rows);

/// min over a, b, c of (1/m) sum (x_i (w * (a + b)) + c - y_i)^2 +
/// lambda |b|_2 on the training rows, with |b| not squared, for one lambda.
Adapted adapt_linear(
    const Encodings& x,
    std::span<const double> proxy,
    std::span<const double> target,
    const Rows& rows,
    double lambda);

/// The same with the lambda of 0, 1e-5, 1e-4, ..., 100 whose predictions have
/// the greatest rho on the validation rows (the first of equals).
Adapted adapt_linear(
    const Encodings& x,
    std::span<const double> proxy,
    std::span<const double> target,
    const Rows& rows);

/// Least squares of the target on the training rows alone: no proxy device.
Adapted from_scratch(
    const Encodings& x,
    std::span<const double> target,
    const Rows& rows);

}  // namespace zcp::hardware
