// How good the best-scored architectures are: criteria beyond correlation.
//
// Where architectures have equal scores, each criterion is its expected value
// over their random orders. Scores are higher = better, NaN is a missing score
// and comes last; truth holds no NaN and is higher = better. All throw
// std::invalid_argument when the lengths differ, the table is empty or k is 0;
// a k beyond the number of rows means all of them.
#pragma once

#include <cstddef>
#include <span>

namespace zcp::statistics {

/// Normalised discounted cumulative gain of the k best-scored with the gain
/// 2^truth - 1 and the discount 1 / log2(1 + place), as VKDNW has it (CVPR
/// 2025; scikit-learn's ndcg_score). It depends on the number of rows, on k
/// and on the unit of the truth: VKDNW's is an accuracy in percent.
double ndcg_at(
    std::span<const double> scores,
    std::span<const double> truth,
    std::size_t k);

/// Share of the k best-scored that are among the k truly best, in [0, 1].
double precision_at(
    std::span<const double> scores,
    std::span<const double> truth,
    std::size_t k);

/// The best true rank among the k best-scored as a share of all rows, in
/// (0, 1]; rank 1 is the best, equal truths share the first of their ranks
/// (BR@K of aw_nas).
double best_rank_at(
    std::span<const double> scores,
    std::span<const double> truth,
    std::size_t k);

/// The greatest truth less the greatest among the k best-scored, >= 0, in the
/// truth's unit.
double regret_at(
    std::span<const double> scores,
    std::span<const double> truth,
    std::size_t k);

/// The number of rows that a share of them is, at least one.
std::size_t rows_of_share(std::size_t rows, double share);

}  // namespace zcp::statistics
