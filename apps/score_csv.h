// Scores as comma-separated values (RFC 4180, lines end in a line feed).
#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>

namespace zcp::apps {

/// The score of the arch-th architecture by the proxy-th proxy; NaN for none.
using ScoreLookup = std::function<double(std::size_t arch, std::size_t proxy)>;

/// A header `arch` and the proxies, then a row an architecture. Numbers have
/// 17 significant digits, enough to get every bit back; a field is empty where
/// the score is not finite. Negative zero is written as 0, as a store keeps it.
void write_scores_csv(
    std::ostream& out,
    std::span<const std::string> archs,
    std::span<const std::string> proxies,
    const ScoreLookup& lookup);

}  // namespace zcp::apps
