#include "analysis/study/subset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <unordered_set>

#include "common/error.h"

namespace zcp::study {
namespace {

constexpr std::size_t kNodes = 4;

struct Edge {
  std::size_t source;
  std::size_t target;
  std::string_view op;
};

bool known_op(std::string_view op) {
  constexpr std::array<std::string_view, 5> kOps{
      "none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"};
  return std::find(kOps.begin(), kOps.end(), op) != kOps.end();
}

[[noreturn]] void refuse(std::string_view spec) {
  throw UserError(
      "{} is no NATS-TSS cell (|op~0|+|op~0|op~1|+|op~0|op~1|op~2|), as every "
      "population but `all` needs",
      spec);
}

/// Takes `text` off the front of `rest`.
bool skip(std::string_view& rest, std::string_view text) {
  if (!rest.starts_with(text)) return false;
  rest.remove_prefix(text.size());
  return true;
}

/// The six edges, those of a node together, nodes ascending.
std::vector<Edge> parse_cell(std::string_view spec) {
  std::string_view rest = spec;
  std::vector<Edge> edges;
  for (std::size_t target = 1; target < kNodes; ++target) {
    if (!skip(rest, target == 1 ? "|" : "+|")) refuse(spec);
    for (std::size_t source = 0; source < target; ++source) {
      const std::string_view op = rest.substr(0, rest.find('~'));
      rest.remove_prefix(op.size());
      if (!known_op(op) || !skip(rest, fmt::format("~{}|", source))) {
        refuse(spec);
      }
      edges.push_back({source, target, op});
    }
  }
  if (!rest.empty()) refuse(spec);
  return edges;
}

using Nodes = std::array<bool, kNodes>;

Nodes reached_from_input(const std::vector<Edge>& edges) {
  Nodes reached{true, false, false, false};
  for (const Edge& edge : edges) {
    if (edge.op != "none" && reached[edge.source]) reached[edge.target] = true;
  }
  return reached;
}

Nodes reaching_output(const std::vector<Edge>& edges) {
  Nodes reaching{false, false, false, true};
  for (auto edge = edges.rbegin(); edge != edges.rend(); ++edge) {
    if (edge->op != "none" && reaching[edge->target]) {
      reaching[edge->source] = true;
    }
  }
  return reaching;
}

bool connected(std::string_view spec) {
  return reached_from_input(parse_cell(spec)).back();
}

bool without_loose_edges(std::string_view spec) {
  const std::vector<Edge> edges = parse_cell(spec);
  const Nodes reached = reached_from_input(edges);
  const Nodes reaching = reaching_output(edges);
  return std::all_of(edges.begin(), edges.end(), [&](const Edge& edge) {
    return edge.op == "none" || (reached[edge.source] && reaching[edge.target]);
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

std::vector<std::size_t> first_of_each_function(
    std::span<const std::string> arch) {
  std::unordered_set<std::string> seen;
  return rows_where(arch, [&](const std::string& spec) {
    return seen.insert(canonical_cell(spec)).second;
  });
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
  if (name == "functions") return {"functions", first_of_each_function(arch)};
  throw UserError(
      "unknown population {} (known: {})",
      name,
      fmt::join(population_names(), ", "));
}

std::string canonical_cell(std::string_view spec) {
  const std::vector<Edge> edges = parse_cell(spec);
  std::array<std::string, kNodes> nodes{"0", "#", "#", "#"};
  for (std::size_t target = 1; target < kNodes; ++target) {
    std::vector<std::string> terms;
    for (const Edge& edge : edges) {
      const std::string& source = nodes[edge.source];
      if (edge.target != target || edge.op == "none" || source == "#") continue;
      terms.push_back(
          edge.op == "skip_connect" ? source
                                    : fmt::format("({})@{}", source, edge.op));
    }
    std::sort(terms.begin(), terms.end());
    if (!terms.empty())
      nodes[target] = fmt::format("{}", fmt::join(terms, "+"));
  }
  return nodes.back();
}

}  // namespace zcp::study
