#include <algorithm>
#include <numeric>
#include <set>

#include "common/error.h"
#include "nets/encodings/node_graph.h"
#include "nets/spaces/json/json_space.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::encodings;

namespace {

NodeGraphs graphs_of(
    const std::string& space,
    const std::vector<std::string>& specs) {
  return node_graphs(encoded_pool(spaces::find_space(space), specs));
}

/// Pairs (from, to) with an edge.
std::set<std::pair<int, int>> edges_of(const NodeGraph& graph) {
  const int nodes = static_cast<int>(graph.words.size());
  std::set<std::pair<int, int>> edges;
  for (int from = 0; from < nodes; ++from) {
    for (int to = 0; to < nodes; ++to) {
      if (graph.edges[static_cast<std::size_t>(from * nodes + to)] != 0) {
        edges.emplace(from, to);
      }
    }
  }
  return edges;
}

std::string word(const NodeGraphs& all, const NodeGraph& graph, std::size_t v) {
  return graph.words[v] == NodeGraph::kNoWord ? "" : all.words[graph.words[v]];
}

const std::vector<std::string> kCells{
    "|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|skip_connect~0|avg_pool_3x3~1|"
    "nor_conv_3x3~2|",
    "|nor_conv_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|skip_connect~0|"
    "avg_pool_3x3~1|none~2|"};

/// "conv, pool" in a chain with a branch from input to output.
constexpr const char* kDirectCell =
    "0101-0010-0001-0000|input,conv3x3-bn-relu,maxpool3x3,output";
constexpr const char* kDiamond =
    "01100-00010-00010-00001-00000|input,conv3x3-bn-relu,conv1x1-bn-relu,"
    "maxpool3x3,output";

}  // namespace

TEST_CASE("node graphs: cells with six edges are arch2vec's eight nodes") {
  const NodeGraphs all = graphs_of("nats-tss", kCells);
  REQUIRE_EQ(all.nodes, 8);
  REQUIRE_EQ(all.graphs.size(), 2);
  CHECK_FALSE(all.sized);
  CHECK(
      all.words == std::vector<std::string>{
                       "input",
                       "avg_pool_3x3",
                       "none",
                       "nor_conv_1x1",
                       "nor_conv_3x3",
                       "skip_connect",
                       "output"});
  // preprocessing/nasbench201_json.py of AIoT-MLSys-Lab/arch2vec.
  const std::set<std::pair<int, int>> edges{
      {0, 1},
      {0, 2},
      {0, 4},
      {1, 3},
      {1, 5},
      {2, 6},
      {3, 6},
      {4, 7},
      {5, 7},
      {6, 7}};
  for (const NodeGraph& graph : all.graphs) CHECK(edges_of(graph) == edges);
  const NodeGraph& first = all.graphs[0];
  CHECK_EQ(word(all, first, 0), "input");
  CHECK_EQ(word(all, first, 1), "nor_conv_3x3");
  CHECK_EQ(word(all, first, 2), "nor_conv_1x1");
  CHECK_EQ(word(all, first, 3), "none");
  CHECK_EQ(word(all, first, 4), "skip_connect");
  CHECK_EQ(word(all, first, 5), "avg_pool_3x3");
  CHECK_EQ(word(all, first, 6), "nor_conv_3x3");
  CHECK_EQ(word(all, first, 7), "output");
  // The second cell differs at the edges 1->2 and 2->3.
  CHECK_EQ(edit_distance(first, all.graphs[1]), 2);
  CHECK_EQ(edit_distance(first, first), 0);
}

TEST_CASE("node graphs: smaller cells of NAS-Bench-101 are filled up") {
  const NodeGraphs all = graphs_of("nas-bench-101", {kDirectCell, kDiamond});
  REQUIRE_EQ(all.nodes, 5);
  REQUIRE_EQ(all.graphs.size(), 2);
  const NodeGraph& direct = all.graphs[0];
  CHECK(
      edges_of(direct) ==
      std::set<std::pair<int, int>>{{0, 1}, {0, 3}, {1, 2}, {2, 3}});
  CHECK_EQ(word(all, direct, 3), "output");
  CHECK_EQ(word(all, direct, 4), "");
  CHECK_EQ(word(all, all.graphs[1], 4), "output");
  for (const std::string& name : all.words) CHECK(name != "direct");
}

TEST_CASE("node graphs: sizes are shares of the logarithms' range") {
  const NodeGraphs all =
      graphs_of("nats-sss", {"8:8:8:8:8", "64:64:64:64:64", "16:8:8:8:64"});
  REQUIRE(all.sized);
  REQUIRE_EQ(all.nodes, 7);
  CHECK_EQ(all.graphs[0].sizes[3], 0);
  CHECK_EQ(all.graphs[1].sizes[3], 1);
  CHECK_EQ(all.graphs[2].sizes[1], doctest::Approx(1.0 / 3));
  CHECK_EQ(all.graphs[2].sizes[0], 0);
  CHECK_EQ(edit_distance(all.graphs[0], all.graphs[2]), 2);
}

TEST_CASE("node graphs: every space has them") {
  int seen = 0;
  for (const auto& space : spaces::all_spaces()) {
    CAPTURE(space->info().name);
    std::vector<std::string> specs;
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      specs.push_back(space->draw(seed));
    }
    const NodeGraphs all = node_graphs(encoded_pool(*space, specs));
    REQUIRE_EQ(all.architectures(), specs.size());
    CHECK_EQ(all.words.front(), "input");
    CHECK_EQ(all.words.back(), "output");
    for (const NodeGraph& graph : all.graphs) {
      REQUIRE_EQ(graph.words.size(), all.nodes);
      CHECK_EQ(word(all, graph, 0), "input");
      const auto outputs = std::ranges::count(
          graph.words, static_cast<std::uint8_t>(all.words.size() - 1));
      CHECK_EQ(outputs, 1);
      const auto edges = edges_of(graph);
      CHECK_FALSE(edges.empty());
      for (const auto& [from, to] : edges) CHECK_LT(from, to);
    }
    ++seen;
  }
  CHECK_GE(seen, 14);
}

TEST_CASE("node graphs: isomorphic ones share a hash") {
  NodeGraph graph = graphs_of("nas-bench-101", {kDiamond}).graphs[0];
  NodeGraph swapped = graph;
  // Both inner vertices are between the same two.
  std::swap(swapped.words[1], swapped.words[2]);
  CHECK(graph.words != swapped.words);
  CHECK_EQ(isomorphism_hash(graph), isomorphism_hash(swapped));
  NodeGraph other = graph;
  other.words[1] = other.words[2];
  CHECK_NE(isomorphism_hash(graph), isomorphism_hash(other));
  other = graph;
  other.edges[1] = 0;
  CHECK_NE(isomorphism_hash(graph), isomorphism_hash(other));
  // 15,625 cells; words alone tell them apart unless the graph has a symmetry,
  // and that of the six edges has none (counted by hand: the nodes 1 to 6 have
  // different neighbourhoods).
  const spaces::Space& space = spaces::find_space("nats-tss");
  std::vector<std::string> specs;
  for (std::int64_t i = 0; i < 2000; ++i) specs.push_back(space.spec(7 * i));
  std::set<std::uint64_t> hashes;
  for (const NodeGraph& own : graphs_of("nats-tss", specs).graphs) {
    hashes.insert(isomorphism_hash(own));
  }
  CHECK_EQ(hashes.size(), specs.size());
}

TEST_CASE("node graphs: which decoded ones are valid") {
  const spaces::Space& space = spaces::find_space("nats-tss");
  std::vector<std::string> specs;
  for (std::int64_t i = 0; i < space.info().size; i += 5) {
    specs.push_back(space.spec(i));
  }
  for (std::int64_t i = 0; i < 5; ++i) specs.push_back(space.spec(i));
  const NodeGraphs all = node_graphs(encoded_pool(space, specs));
  const NodeGraphRules rules(space, all);
  NodeGraph graph = all.graphs[11];
  CHECK(rules.valid_by_authors(graph) == true);
  CHECK(rules.valid(graph) == true);
  // is_valid_nasbench201 looks neither at node 1 nor at edges.
  graph.words[1] = 0;
  CHECK(rules.valid_by_authors(graph) == true);
  CHECK(rules.valid(graph) == false);
  graph = all.graphs[11];
  graph.edges[3] = 1;
  CHECK(rules.valid_by_authors(graph) == true);
  CHECK(rules.valid(graph) == false);
  graph = all.graphs[11];
  graph.words[2] = static_cast<std::uint8_t>(all.words.size() - 1);
  CHECK(rules.valid_by_authors(graph) == false);
  CHECK(rules.valid(graph) == false);
}

TEST_CASE("node graphs: what NAS-Bench-101 accepts") {
  const spaces::Space& space = spaces::find_space("nas-bench-101");
  const NodeGraphs all =
      node_graphs(encoded_pool(space, std::vector<std::string>{kDiamond}));
  const NodeGraphRules rules(space, all);
  NodeGraph graph = all.graphs[0];
  CHECK(rules.valid(graph) == true);
  // A vertex that is on no path is pruned, not refused.
  graph.edges[0 * 5 + 1] = 0;
  CHECK(rules.valid(graph) == true);
  // No path from input to output.
  graph.edges[0 * 5 + 2] = 0;
  CHECK(rules.valid(graph) == false);
  graph = all.graphs[0];
  std::fill(graph.edges.begin(), graph.edges.end(), std::uint8_t{1});
  CHECK(rules.valid(graph) == false);  // ten edges
  graph = all.graphs[0];
  graph.words[1] = 0;
  CHECK(rules.valid(graph) == false);
}

TEST_CASE("node graphs: DARTS has two an architecture and no known rule") {
  const spaces::Space& space = spaces::find_space("darts");
  std::vector<std::string> specs;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    specs.push_back(space.draw(seed));
  }
  const NodeGraphs all = node_graphs(encoded_pool(space, specs));
  CHECK_EQ(all.each, 2);
  CHECK_EQ(all.graphs.size(), 10);
  const NodeGraphRules rules(space, all);
  CHECK_FALSE(rules.valid(all.graphs[0]).has_value());
  CHECK_FALSE(rules.valid_by_authors(all.graphs[0]).has_value());
}

TEST_CASE("node graphs: others as a pool lays them out, and what misfits") {
  const spaces::Space& nats = spaces::find_space("nats-tss");
  const NodeGraphs all = graphs_of("nats-tss", kCells);
  const auto second = std::vector<std::string>{kCells[1]};
  // Alone it would have fewer words.
  const NodeGraphs again = node_graphs(encoded_pool(nats, second), all);
  REQUIRE_EQ(again.graphs.size(), 1);
  CHECK(again.words == all.words);
  CHECK(again.graphs[0] == all.graphs[1]);
  const auto why = [](const std::string& space,
                      const std::string& spec,
                      const NodeLayout& layout) {
    const auto pool =
        encoded_pool(spaces::find_space(space), std::vector<std::string>{spec});
    return misfit(pool[0], layout).value_or("");
  };
  CHECK_EQ(why("nats-tss", kCells[0], all), "");
  const NodeGraphs few = graphs_of(
      "nats-tss", {"|none~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|"});
  CHECK_EQ(why("nats-tss", kCells[0], few), "has the operation nor_conv_1x1");
  CHECK_THROWS_AS(
      node_graphs(encoded_pool(nats, kCells), few), std::invalid_argument);
  // Operations on edges, three of them alike in both.
  const NodeGraphs direct = graphs_of("nas-bench-101", {kDirectCell});
  CHECK_EQ(
      why("nas-bench-101",
          "01100-00100-00010-00001-00000|input,conv3x3-bn-relu,conv3x3-bn-relu,"
          "maxpool3x3,output",
          direct),
      "has 5 nodes, more than 4");
  const GraphPool blocks{{chain({"conv", "conv", "pool"}, {8, 32, 16})}};
  const NodeGraphs sizes = node_graphs(blocks);
  CHECK_FALSE(misfit({chain({"pool", "conv"}, {10, 32})}, sizes).has_value());
  CHECK_EQ(
      misfit({chain({"pool", "conv"}, {10, 64})}, sizes).value_or(""),
      "has the size 64, outside 8 to 32");
  CHECK_EQ(
      why("darts", spaces::find_space("darts").draw(1), all),
      "has 2 graphs, not 1");
  NodeLayout unsized = sizes;
  unsized.sized = false;
  CHECK_EQ(misfit(blocks[0], unsized).value_or(""), "has sizes");
}
