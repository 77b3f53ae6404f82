// The network of a graph as a TorchScript file. No LibTorch in this header.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "nets/graph/graph.h"
#include "nets/initialisers/initialise.h"

namespace zcp::networks {

struct ScriptToWrite {
  /// The graph as declared, with every layer of the benchmark's network.
  const graph::Graph& graph;
  initialisers::Initialiser initialiser;
  std::uint64_t seed = 0;  ///< of the weights, as make_graph_network() has it
  bool doubles = false;    ///< float64 instead of float32
  std::string note;        ///< JSON, kept in the file as extra/zcp.json
};

/// Why no such file can be written; empty where one can.
std::string cannot_write_script(const graph::Graph& graph);

/// The TorchScript source of the network's forward(): a line a node. Parameters
/// and running statistics are attributes of `self`. Throws std::logic_error
/// where cannot_write_script() has a reason.
std::string script_source(const graph::Graph& graph);

/// Writes the file whole, in the place of one that is there. It computes what
/// the network of the graph computes; in train mode BatchNorms keep running
/// statistics as PyTorch's do, and the file's module is in train mode. Returns
/// how many parameters it has. Throws UserError where the file cannot be
/// written.
std::int64_t write_script(
    const ScriptToWrite& what,
    const std::filesystem::path& path);

}  // namespace zcp::networks
