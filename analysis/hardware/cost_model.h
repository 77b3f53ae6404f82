// An analytic model of a cost: a term a layer type, as FLASH has it (Li et al.,
// TECS 2021), fitted to few measured architectures.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "nets/encodings/features.h"

namespace zcp::hardware {

/// Terms that a model may have, beside a constant.
struct TermSet {
  std::string name;  ///< such as "operations"
  std::vector<encodings::Feature> terms;
  /// How many of them, from the first, are fitted as they come. The others are
  /// held near 0 by a penalty of 1 on their squares.
  std::size_t free = 0;
};

/// The sets that fit_cost_model() chooses among, of one pool:
/// - operations: how often each occurs;
/// - read operations: how often each occurs whose result reaches the output,
///   since compilers drop the others;
/// - placed operations: besides, what each differs by at each place;
/// - placed read operations: the same of the read ones.
std::vector<TermSet> term_sets(
    const encodings::GraphPool& pool,
    const std::vector<std::string>& names);

struct CostModel {
  std::string terms;  ///< name of the chosen set
  std::vector<std::string> names;
  std::vector<double> coefficients;  ///< in the cost's unit, per term
  double constant = 0;
  std::vector<double> predicted;  ///< of every row
};

/// Least squares on the measured rows (see TermSet::free), of the set with the
/// least absolute error in five-fold cross-validation on them; the smaller set
/// where a larger one gains nothing. Throws UserError for fewer than ten rows.
CostModel fit_cost_model(
    const std::vector<TermSet>& sets,
    std::span<const double> cost,
    std::span<const std::size_t> measured,
    std::uint64_t seed);

}  // namespace zcp::hardware
