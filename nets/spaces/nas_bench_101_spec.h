// The specs of the space nas-bench-101: the benchmark's matrix and operations,
// or NASLib's numbers.
#pragma once

#include <string>
#include <string_view>

#include "nets/spaces/nas_bench_101_cell.h"

namespace zcp::spaces::nas_bench_101 {

/// "0110-0001-0001-0000|input,conv3x3-bn-relu,maxpool3x3,output": the rows of
/// the matrix and the operations of the vertices; or NASLib's tuple, the matrix
/// row by row and then the operations by number, 56 numbers for seven vertices.
/// Returns the canonical form of the cell without vertices that do not matter.
/// Throws UserError that names the part that is wrong, and for a cell of more
/// than nine edges or without a path from input to output.
Cell parse(std::string_view spec);

/// The cell in the first of the two forms.
std::string format(const Cell& cell);

}  // namespace zcp::spaces::nas_bench_101
