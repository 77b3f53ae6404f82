// Which rows a statistic is over: subsets by true accuracy, and the populations
// of NATS-TSS that papers silently differ in.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zcp::study {

/// Named rows of a table, ascending.
struct Subset {
  std::string name;
  std::vector<std::size_t> rows;
};

/// Every row, named `all`.
Subset all_rows(std::size_t count);

/// The `share` (0 < share <= 1) of the rows with the greatest truth, at least
/// one, with all rows that tie with the last of them; named `top SHARE`. NaN
/// is in no subset. Throws UserError when the share is out of range.
Subset top_rows(std::span<const double> truth, double share);

/// Names that `population` takes, the whole table first.
std::vector<std::string> population_names();

/// The rows of `arch` that belong to a population of NATS-TSS specs
/// (`|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`):
///
/// - `all`: whatever is in the table, of whatever space;
/// - `connected`: a path without `none` leads from input to output (15,284 of
///   the 15,625);
/// - `filtered`: every edge that is not `none` lies on such a path, which the
///   cell without any edge does too (9,445: the population of VKDNW's tables);
/// - `functions`: of each class of canonical_cell the cell that the space
/// numbers
///   first (5,390).
///
/// Throws UserError for an unknown name or, but for `all`, a spec that is no
/// NATS-TSS cell.
Subset population(std::span<const std::string> arch, std::string_view name);

/// The function of a NATS-TSS cell as a string. It is NAS-Bench-201's
/// to_unique_str with zeros folded: a node is the sorted sum of its terms; a
/// term is the source itself for skip_connect, `(source)@op` otherwise, and
/// left out when the op is none or the source is zero; a node without terms is
/// zero, `#`. A skip of a sum stays one term of the outer sum, which is why
/// there are 5,390 classes and not the 4,930 of full associativity.
std::string canonical_cell(std::string_view spec);

}  // namespace zcp::study
