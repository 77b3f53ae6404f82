#include "benchmarks/importers/darts_genotype.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "common/error.h"

namespace zcp::importers {
namespace {

constexpr std::array<std::string_view, 8> kOperations = {
    "none",
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5"};
constexpr std::size_t kEdges = std::size_t{2} * kDartsNodes;

/// Reads ('OP', N), ... up to the closing bracket.
class EdgeReader {
 public:
  explicit EdgeReader(std::string_view text) : text_(text) {}

  /// The edges, or nothing when the text is another.
  std::optional<std::vector<DartsEdge>> read() {
    std::vector<DartsEdge> edges;
    if (!accept("[")) return std::nullopt;
    while (!accept("]")) {
      DartsEdge edge;
      const bool good = edges.size() < kEdges && accept("(") &&
                        read_operation(edge.operation) && accept(",") &&
                        read_source(edge.source) && accept(")");
      if (!good) return std::nullopt;
      edges.push_back(std::move(edge));
      accept(",");
    }
    return edges;
  }

 private:
  bool accept(std::string_view token) {
    while (text_.starts_with(' ')) text_.remove_prefix(1);
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }

  bool read_operation(std::string& operation) {
    if (!accept("'")) return false;
    const std::size_t end = text_.find('\'');
    if (end == std::string_view::npos) return false;
    operation = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return true;
  }

  bool read_source(int& source) {
    accept(" ");
    const auto* end = text_.data() + text_.size();
    const auto result = std::from_chars(text_.data(), end, source);
    if (result.ec != std::errc()) return false;
    text_.remove_prefix(static_cast<std::size_t>(result.ptr - text_.data()));
    return true;
  }

  std::string_view text_;
};

}  // namespace

std::string darts_cell_spec(
    const std::vector<DartsEdge>& edges,
    const std::string& place) {
  std::string spec;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const auto& [operation, source] = edges[i];
    const int node = kDartsInputs + static_cast<int>(i / 2);
    if (std::ranges::find(kOperations, operation) == kOperations.end() ||
        source < 0 || source >= node) {
      throw UserError(
          "{}: found '{}' of input {} into node {}, expected an operation of "
          "DARTS and an input before the node",
          place,
          operation,
          source,
          node);
    }
    if (i > 0) spec += i % 2 == 0 ? '|' : ',';
    spec += fmt::format("{}~{}", operation, source);
  }
  return spec;
}

std::string genotype_spec(std::string_view text, const std::string& place) {
  std::string spec;
  for (const std::string_view cell : kDartsCells) {
    const std::string name = fmt::format("{}=", cell);
    const std::size_t at = text.find(name);
    std::optional<std::vector<DartsEdge>> edges;
    if (text.starts_with("Genotype(") && at != std::string_view::npos) {
      edges = EdgeReader(text.substr(at + name.size())).read();
    }
    if (!edges || edges->size() != kEdges) {
      throw UserError(
          "{}: found '{}', expected Genotype({}=[('skip_connect', 0), ...], "
          "...) with 8 edges a cell",
          place,
          text.substr(0, 80),
          cell);
    }
    spec += fmt::format(
        "{}{}:{}",
        spec.empty() ? "" : ";",
        cell,
        darts_cell_spec(*edges, place));
  }
  return spec;
}

}  // namespace zcp::importers
