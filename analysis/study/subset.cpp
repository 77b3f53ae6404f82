#include "analysis/study/subset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "common/error.h"
#include "nets/spaces/nats_tss.h"

namespace zcp::study {
namespace {

using spaces::CellOp;

constexpr std::size_t kNodes = 4;

struct Edge {
  std::size_t source;
  std::size_t target;
  CellOp op;
};

/// The six edges, those of a node together, nodes ascending. Throws UserError
/// unless `spec` is a cell just as the space writes it.
std::vector<Edge> parse_edges(std::string_view spec) {
  spaces::NatsCell cell;
  bool written_so = false;
  try {
    cell = spaces::parse_nats_cell(spec);
    written_so = spaces::format_nats_cell(cell) == spec;
  } catch (const UserError&) {
    written_so = false;
  }
  if (!written_so) {
    throw UserError(
        "{} is no NATS-TSS cell (|op~0|+|op~0|op~1|+|op~0|op~1|op~2|), as "
        "every population but `all` needs",
        spec);
  }
  std::vector<Edge> edges;
  for (std::size_t i = 0; i < cell.ops.size(); ++i) {
    const spaces::CellEdge& edge = spaces::kCellEdges[i];
    edges.push_back(
        {static_cast<std::size_t>(edge.source),
         static_cast<std::size_t>(edge.target),
         cell.ops[i]});
  }
  return edges;
}

using Nodes = std::array<bool, kNodes>;

Nodes reached_from_input(const std::vector<Edge>& edges) {
  Nodes reached{true, false, false, false};
  for (const Edge& edge : edges) {
    if (edge.op != CellOp::none && reached[edge.source])
      reached[edge.target] = true;
  }
  return reached;
}

Nodes reaching_output(const std::vector<Edge>& edges) {
  Nodes reaching{false, false, false, true};
  for (auto edge = edges.rbegin(); edge != edges.rend(); ++edge) {
    if (edge->op != CellOp::none && reaching[edge->target]) {
      reaching[edge->source] = true;
    }
  }
  return reaching;
}

bool connected(std::string_view spec) {
  return reached_from_input(parse_edges(spec)).back();
}

bool without_loose_edges(std::string_view spec) {
  const std::vector<Edge> edges = parse_edges(spec);
  const Nodes reached = reached_from_input(edges);
  const Nodes reaching = reaching_output(edges);
  return std::all_of(edges.begin(), edges.end(), [&](const Edge& edge) {
    return edge.op == CellOp::none ||
           (reached[edge.source] && reaching[edge.target]);
  });
}

template <typename Predicate>
std::vector<std::size_t> rows_where(
    std::span<const std::string> arch,
    Predicate predicate) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < arch.size(); ++row) {
    if (predicate(arch[row])) rows.push_back(row);
  }
  return rows;
}

/// The operations by which the space numbers the cell; nats-tss counts with the
/// last edge as the fastest.
std::vector<CellOp> number_of(const std::string& spec) {
  std::vector<CellOp> ops;
  for (const Edge& edge : parse_edges(spec)) ops.push_back(edge.op);
  return ops;
}

/// Of each function the cell that the space numbers first, whatever the order
/// of the rows.
std::vector<std::size_t> one_of_each_function(
    std::span<const std::string> arch) {
  std::unordered_map<std::string, std::size_t> row_of;
  for (std::size_t row = 0; row < arch.size(); ++row) {
    const auto [known, is_new] = row_of.emplace(canonical_cell(arch[row]), row);
    if (!is_new && number_of(arch[row]) < number_of(arch[known->second])) {
      known->second = row;
    }
  }
  std::vector<std::size_t> rows;
  for (const auto& [function, row] : row_of) rows.push_back(row);
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

Subset all_rows(std::size_t count) {
  Subset subset{"all", std::vector<std::size_t>(count)};
  std::iota(subset.rows.begin(), subset.rows.end(), std::size_t{0});
  return subset;
}

Subset top_rows(std::span<const double> truth, double share) {
  if (!(share > 0) || share > 1) {
    throw UserError(
        "a top share of {}: expected one above 0, at most 1", share);
  }
  std::vector<double> sorted;
  for (const double value : truth) {
    if (!std::isnan(value)) sorted.push_back(value);
  }
  Subset subset{fmt::format("top {}", share), {}};
  if (sorted.empty()) return subset;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  const auto wanted = static_cast<std::size_t>(
      std::llround(share * static_cast<double>(sorted.size())));
  const double last =
      sorted[std::clamp<std::size_t>(wanted, 1, sorted.size()) - 1];
  for (std::size_t row = 0; row < truth.size(); ++row) {
    if (truth[row] >= last) subset.rows.push_back(row);
  }
  return subset;
}

std::vector<std::string> population_names() {
  return {"all", "connected", "filtered", "functions"};
}

Subset population(std::span<const std::string> arch, std::string_view name) {
  if (name == "all") return all_rows(arch.size());
  if (name == "connected") return {"connected", rows_where(arch, connected)};
  if (name == "filtered") {
    return {"filtered", rows_where(arch, without_loose_edges)};
  }
  if (name == "functions") return {"functions", one_of_each_function(arch)};
  throw UserError(
      "unknown population {} (known: {})",
      name,
      fmt::join(population_names(), ", "));
}

std::string canonical_cell(std::string_view spec) {
  const std::vector<Edge> edges = parse_edges(spec);
  std::array<std::string, kNodes> nodes{"0", "#", "#", "#"};
  for (std::size_t target = 1; target < kNodes; ++target) {
    std::vector<std::string> terms;
    for (const Edge& edge : edges) {
      const std::string& source = nodes[edge.source];
      if (edge.target != target || edge.op == CellOp::none || source == "#")
        continue;
      terms.push_back(
          edge.op == CellOp::skip_connect
              ? source
              : fmt::format("({})@{}", source, spaces::op_name(edge.op)));
    }
    std::sort(terms.begin(), terms.end());
    if (!terms.empty())
      nodes[target] = fmt::format("{}", fmt::join(terms, "+"));
  }
  return nodes.back();
}

}  // namespace zcp::study
