// Cells of DARTS as benchmarks write them, turned into specs of the space
// `darts`.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace zcp::importers {

inline constexpr std::array<std::string_view, 2> kDartsCells = {
    "normal",
    "reduce"};
inline constexpr int kDartsInputs = 2;  ///< of a cell, sources 0 and 1
inline constexpr int kDartsNodes = 4;   ///< of a cell, sources 2 to 5

/// One of the two edges into a node.
struct DartsEdge {
  std::string operation;
  int source = 0;
};

/// "OP~SRC,OP~SRC|..." of a cell's edges, two for each node. Throws UserError
/// naming `place` for an operation or a source that there is not.
std::string darts_cell_spec(
    const std::vector<DartsEdge>& edges,
    const std::string& place);

/// The spec of Python's text of a DARTS genotype, such as
/// "Genotype(normal=[('skip_connect', 0), ...], normal_concat=..., ...)":
/// "normal:OP~SRC,OP~SRC|...;reduce:..." with the four nodes separated by '|',
/// edges as the text has them, sources 0 and 1 the cell's inputs. Throws
/// UserError naming `place`, what was found and what was expected.
std::string genotype_spec(std::string_view text, const std::string& place);

}  // namespace zcp::importers
