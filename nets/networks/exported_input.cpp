#include "nets/networks/exported_input.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/error.h"

namespace zcp::networks {
namespace {

/// Whether an axis may have that size. torch.export writes 2 as the least size
/// of every free axis: it treats 0 and 1 apart only where the code asks.
bool takes(const ExportedAxis& axis, std::int64_t size) {
  if (axis.size >= 0) return size == axis.size;
  const std::int64_t least = axis.least <= 2 ? 1 : axis.least;
  return size >= least && (axis.most < 0 || size <= axis.most);
}

std::string text_of(const ExportedAxis& axis) {
  if (axis.size >= 0) return std::to_string(axis.size);
  if (axis.least <= 2 && axis.most < 0) return "any";
  return fmt::format(
      "{}..{}",
      std::max<std::int64_t>(axis.least, 1),
      axis.most < 0 ? std::string() : std::to_string(axis.most));
}

}  // namespace

void check_input(
    const ScriptProgram& program,
    std::size_t place,
    const at::Tensor& x) {
  if (place >= program.axes.size() || program.axes[place].empty()) return;
  const auto& axes = program.axes[place];
  std::vector<std::string> wanted;
  for (const ExportedAxis& axis : axes) wanted.push_back(text_of(axis));
  bool good = static_cast<std::size_t>(x.dim()) == axes.size();
  for (std::size_t i = 1; good && i < axes.size(); ++i) {
    good = takes(axes[i], x.size(static_cast<std::int64_t>(i)));
  }
  if (!good) {
    throw UserError(
        "{}: takes inputs of [{}]{}, found [{}]",
        program.path,
        fmt::join(wanted, ", "),
        program.axes.size() == 1
            ? std::string()
            : fmt::format(" as '{}'", program.input_names[place]),
        fmt::join(x.sizes(), ", "));
  }
  if (takes(axes[0], x.size(0))) return;
  throw UserError(
      "{}: takes batches of {}, found {}; expected --batch-size {}, or an "
      "export whose batch is free: dynamic_shapes=({{0: "
      "torch.export.Dim.DYNAMIC}},)",
      program.path,
      wanted[0],
      x.size(0),
      axes[0].size >= 0 ? wanted[0] : "in that range");
}

std::int64_t least_batch(const ScriptProgram& program) {
  if (program.axes.empty() || program.axes[0].empty()) return 1;
  const ExportedAxis& batch = program.axes[0][0];
  if (batch.size >= 0) return std::max<std::int64_t>(batch.size, 1);
  return batch.least <= 2 ? 1 : batch.least;
}

}  // namespace zcp::networks
