// NATS-Bench topology space (= NAS-Bench-201): cells of six edges.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace zcp::spaces {

/// Operations in the order in which the space is enumerated.
enum class CellOp : std::uint8_t {
  none,
  skip_connect,
  nor_conv_1x1,
  nor_conv_3x3,
  avg_pool_3x3,
};

/// Edges of the cell in the order of the spec string: node 1 from 0; node 2
/// from 0, 1; node 3 from 0, 1, 2.
struct CellEdge {
  int target;
  int source;
};
inline constexpr std::array<CellEdge, 6> kCellEdges{
    {{1, 0}, {2, 0}, {2, 1}, {3, 0}, {3, 1}, {3, 2}}};

struct NatsCell {
  std::array<CellOp, 6> ops{};

  bool operator==(const NatsCell&) const = default;
};

/// "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|..." or NASLib's tuple,
/// "(4, 0, 3, 1, 4, 3)", as a cell. Throws UserError that names the part that
/// is wrong.
NatsCell parse_nats_cell(std::string_view spec);

std::string format_nats_cell(const NatsCell& cell);

/// The operation as specs have it, "nor_conv_3x3".
std::string_view op_name(CellOp op);

}  // namespace zcp::spaces
