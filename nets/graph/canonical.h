// The canonical form of a graph: what a network runs, in an order and with
// identities that depend on structure alone.
#pragma once

#include <cstdint>
#include <vector>

#include "nets/graph/graph.h"

namespace zcp::graph {

/// A graph as declared: nodes in topological order, node 0 the input.
struct CanonicalInput {
  std::vector<Node> nodes;
  std::vector<int> edges;
  std::vector<int> blocks;
  int output = 0;
  Folding folding = Folding::functional;
};

struct CanonicalForm {
  std::vector<Node> nodes;
  std::vector<int> edges;
  std::vector<int> blocks;
  int output = 0;
  std::uint64_t hash = 0;         ///< of all nodes' identities
  std::uint64_t module_hash = 0;  ///< of their module calls too
};

/// 1. Drops what the output does not read (the input node stays), unless the
///    graph is to run as declared.
/// 2. Merges parameter-free nodes that read the same; ReLUs add their uses.
/// 3. Gives each node an identity: a hash of its operation, of what it reads
///    and of how it is read. Nodes that are alike in all of that (two parallel
///    convolutions) are numbered in topological order, and the number enters
///    the identities of their readers. Any numbering gives an isomorphic graph,
///    so the form is canonical; colour refinement could fail to be so only for
///    graphs in which two such choices depend on each other through nodes that
///    read both.
/// 4. Orders nodes by depth, then identity, and the terms of sums by identity,
///    so that floating-point sums run in one order.
CanonicalForm canonical_form(const CanonicalInput& declared);

}  // namespace zcp::graph
