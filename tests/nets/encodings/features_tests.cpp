#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "benchmarks/tables/table.h"
#include "nets/encodings/features.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::encodings;

namespace {

using Named = std::map<std::string, double>;

/// The features of the first architecture.
Named first_row(const std::vector<Feature>& features) {
  Named row;
  for (const Feature& feature : features) {
    REQUIRE_FALSE(feature.values.empty());
    row[feature.name] = feature.values[0];
  }
  REQUIRE_EQ(row.size(), features.size());
  return row;
}

// Nearly all operations, so that the pool's vocabulary is the space's.
const std::vector<std::string> kCells{
    "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|"
    "nor_conv_1x1~2|",
    "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|"};

GraphPool cells() {
  return graph_pool(spaces::find_space("nats-tss"), kCells);
}

}  // namespace

TEST_CASE("features: GRAF's check values of its first cell") {
  // gabikadlecova/GRAF: skip, none, 3x3, 1x1, pool in this order.
  const Named row = first_row(graf_features(cells(), {""}));
  const std::array<const char*, 5> ops{
      "skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3"};
  const std::array counts{1, 1, 0, 2, 2};
  const std::array shortest{6, 6, 6, 1, 2};
  const std::array longest{0, 0, 0, 1, 2};
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const std::string op = ops[i];
    CAPTURE(op);
    CHECK_EQ(row.at("op_count " + op), counts[i]);
    CHECK_EQ(row.at("min_path_len {" + op + "}"), shortest[i]);
    CHECK_EQ(row.at("max_op_on_path {" + op + "}"), longest[i]);
  }
  CHECK_EQ(row.at("in_degree {skip_connect}"), 1);
  CHECK_EQ(row.at("out_degree {skip_connect}"), 0);
  CHECK_EQ(row.at("degree {skip_connect}"), 0.25);
  // 5 counts and 5 numbers for each of 31 sets.
  CHECK_EQ(row.size(), 5 + 5 * 31);
}

TEST_CASE("features: what a compiler and what a signal leave of a cell") {
  const CellGraph graph = cells()[0][0];
  // Edge 1->2 is none. All others lie on paths: 0-1-3, 0-2-3, 0-3.
  CHECK_EQ(
      live_nodes(graph),
      std::vector<bool>{true, true, false, true, true, true});
  const Named row = first_row(live_features(cells(), {""}));
  CHECK_EQ(row.at("paths"), 3);
  CHECK_EQ(row.at("live_count nor_conv_1x1"), 2);
  CHECK_EQ(row.at("most_on_path avg_pool_3x3"), 2);
  CHECK_EQ(row.at("fewest_on_path avg_pool_3x3"), 0);
  CHECK_EQ(row.at("sum_over_paths nor_conv_1x1"), 2);
  CHECK_EQ(row.at("mean_on_path nor_conv_1x1"), doctest::Approx(2.0 / 3));
  // An edge that is read but not reached: 2->3 behind two nones.
  const CellGraph unreached = graph_pool(
      spaces::find_space("nats-tss"),
      std::vector<std::string>{
          "|skip_connect~0|+|none~0|none~1|+|none~0|skip_connect~1|"
          "nor_conv_3x3~2|"})[0][0];
  CHECK_EQ(
      read_nodes(unreached),
      std::vector<bool>{true, false, false, false, true, true});
  CHECK_EQ(
      live_nodes(unreached),
      std::vector<bool>{true, false, false, false, true, false});
}

TEST_CASE("features: a cell without a path says so") {
  const std::vector<std::string> dead{
      "|none~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|"};
  const GraphPool pool = graph_pool(spaces::find_space("nats-tss"), dead);
  const Named row = first_row(live_features(pool, {""}));
  CHECK_EQ(row.at("paths"), 0);
  CHECK_EQ(row.at("most_on_path nor_conv_3x3"), -1);
  CHECK_EQ(row.at("read_count nor_conv_3x3"), 1);
  CHECK_EQ(row.at("live_count nor_conv_3x3"), 0);
}

TEST_CASE("encodings: every cell of NATS-TSS, counted by hand") {
  const spaces::Space& space = spaces::find_space("nats-tss");
  std::vector<std::string> specs;
  for (std::int64_t i = 0; i < space.info().size; ++i) {
    specs.push_back(space.spec(i));
  }
  const GraphPool pool = graph_pool(space, specs);
  // Six edges of five operations each; the adjacency never changes.
  CHECK_EQ(adjacency_encoding(pool, {""}).size(), 30);
  // 5 + 25 + 125 sequences on paths of one, two and three edges.
  CHECK_EQ(path_encoding(pool, {""}).size(), 155);
  CHECK_EQ(path_encoding(pool, {""}, 100).size(), 100);
}

TEST_CASE("encodings: 119 path bits in the 9,445 cells of NASLib") {
  const auto file = test::shared("data/naslib_scores_nb201.csv");
  if (test::absent(file)) return;
  const std::vector<std::string> wanted{"params"};
  std::ifstream in(file);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const tables::Table table =
      tables::parse_table(text, "naslib", wanted, "net_str");
  REQUIRE_EQ(table.arch.size(), 9445);
  const GraphPool pool = graph_pool(spaces::find_space("nats-tss"), table.arch);
  // The reference counts bits that occur; ours must differ between two cells.
  CHECK_EQ(path_encoding(pool, {""}).size(), 119);
  const std::vector<Feature> graf = graf_features(pool, {""});
  CHECK_EQ(graf.size(), 160);
  std::set<std::vector<double>> distinct;
  for (std::size_t row = 0; row < table.arch.size(); ++row) {
    std::vector<double> values;
    for (const Feature& feature : graf) values.push_back(feature.values[row]);
    distinct.insert(values);
  }
  CHECK_EQ(distinct.size(), 9155);
}

TEST_CASE("encodings: every space has graphs and features") {
  int seen = 0;
  std::set<std::string> without_cells;
  for (const auto& space : spaces::all_spaces()) {
    CAPTURE(space->info().name);
    std::vector<std::string> specs;
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      specs.push_back(space->draw(seed));
    }
    const GraphPool pool = graph_pool(*space, specs);
    const auto names = graph_names(*space);
    for (const auto& graphs : pool) {
      REQUIRE_EQ(graphs.size(), names.size());
      for (const CellGraph& graph : graphs) {
        for (const auto& [from, to] : graph.edges) CHECK_LT(from, to);
      }
    }
    if (std::ranges::all_of(
            pool, [](const auto& graphs) { return graphs[0].ops.empty(); })) {
      // Transformers have no cells; what they chose stands in their place.
      without_cells.insert(space->info().name);
      CHECK_FALSE(space->encode(specs.front()).empty());
      continue;
    }
    CHECK_FALSE(adjacency_encoding(pool, names).empty());
    CHECK_FALSE(graf_features(pool, names).empty());
    ++seen;
  }
  CHECK_GE(seen, 10);
  CHECK(
      without_cells ==
      std::set<std::string>{
          "autoformer", "autoformer-small", "flexibert", "pit"});
}
