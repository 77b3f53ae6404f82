#include "apps/predict/graph_blocks.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

#include "benchmarks/tasks/task.h"
#include "nets/spaces/json/json_space.h"

namespace zcp::apps {
namespace {

using prediction::Block;

constexpr std::size_t kMostPaths = 1000;  // of a pool; more() looks for those

Block as_block(std::string name, std::vector<encodings::Feature> features) {
  Block block;
  block.name = std::move(name);
  encodings::append_features(std::move(features), block);
  return block;
}

/// Whether the space's architectures have no cell that is drawn as a graph.
bool without_cells(const encodings::GraphPool& pool) {
  return std::ranges::all_of(pool, [](const auto& graphs) {
    return std::ranges::all_of(
        graphs, [](const auto& graph) { return graph.ops.empty(); });
  });
}

/// Blocks of hundreds of columns, and sizes that proxies hold as well, say
/// little of how alike two architectures are until there are labels to tell
/// which of them matter.
double weight_of(const std::string& block) {
  constexpr double kLittle = 0.1;
  constexpr double kLive = 0.5;
  for (const char* name : {"graf", "network", "adjacency", "paths"}) {
    if (block == name) return kLittle;
  }
  return block == "live" ? kLive : 1;
}

/// What each architecture chose, as a search's models see it.
Block choices_block(
    const spaces::Space& space,
    const std::vector<std::string>& archs) {
  Block block;
  block.name = "choices";
  for (std::size_t row = 0; row < archs.size(); ++row) {
    const std::vector<double> code = space.encode(archs[row]);
    block.values.resize(code.size(), std::vector<double>(archs.size()));
    for (std::size_t i = 0; i < code.size(); ++i) {
      block.values[i][row] = code[i];
    }
  }
  for (std::size_t i = 0; i < block.values.size(); ++i) {
    block.columns.push_back("choices:" + std::to_string(i));
  }
  return block;
}

/// The columns of `fitted` in `whole`, whose first rows are those of `fitted`;
/// the rows behind them. None where a column is not there or says something
/// else of the first rows.
std::optional<Block> rows_behind(const Block& fitted, const Block& whole) {
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t c = 0; c < whole.columns.size(); ++c) {
    places.emplace(whole.columns[c], c);
  }
  Block block;
  block.name = fitted.name;
  block.columns = fitted.columns;
  for (std::size_t c = 0; c < fitted.columns.size(); ++c) {
    const auto found = places.find(fitted.columns[c]);
    if (found == places.end()) return std::nullopt;
    const auto& values = whole.values[found->second];
    const auto& known = fitted.values[c];
    if (!std::equal(known.begin(), known.end(), values.begin())) {
      return std::nullopt;
    }
    const auto first = values.begin() + std::ssize(known);
    block.values.emplace_back(first, values.end());
  }
  return block;
}

}  // namespace

GraphBlocks::GraphBlocks(GraphFeatures features)
    : features_(std::move(features)),
      space_(spaces::open_space(features_.space)),
      names_(encodings::graph_names(*space_)) {}

std::vector<Block> GraphBlocks::of(const std::vector<std::string>& pool) {
  pool_ = encodings::graph_pool(*space_, pool);
  blocks_ = shared_blocks(pool_, kMostPaths);
  if (features_.graph) {
    blocks_.insert(blocks_.begin() + 2, network_block(pool));
  }
  if (features_.encoding && without_cells(pool_)) {
    blocks_.push_back(choices_block(*space_, pool));
  }
  for (Block& block : blocks_) block.weight = weight_of(block.name);
  return blocks_;
}

std::optional<std::vector<Block>> GraphBlocks::more(
    const std::vector<std::string>& archs) const {
  encodings::GraphPool graphs = pool_;
  for (auto& own : encodings::graph_pool(*space_, archs)) {
    graphs.push_back(std::move(own));
  }
  // Paths that are rare in the pool stay columns, whatever comes behind it.
  const auto whole =
      shared_blocks(graphs, std::numeric_limits<std::size_t>::max());
  std::vector<Block> blocks;
  std::size_t next = 0;
  for (const Block& fitted : blocks_) {
    if (fitted.name == "network") {
      blocks.push_back(network_block(archs));
    } else if (fitted.name == "choices") {
      blocks.push_back(choices_block(*space_, archs));
    } else {
      auto block = rows_behind(fitted, whole[next++]);
      if (!block) return std::nullopt;
      blocks.push_back(std::move(*block));
    }
  }
  return blocks;
}

Block GraphBlocks::network_block(const std::vector<std::string>& archs) const {
  const auto& own = space_->info().tasks;
  const std::string usual = own.empty() ? "cifar10" : own.front();
  const tasks::TaskInfo task =
      tasks::find_task(features_.task.empty() ? usual : features_.task);
  const int classes = task.classes > 0 ? task.classes : 10;
  return as_block(
      "network",
      encodings::network_features(
          *space_, archs, task.shape, {classes, task.head}));
}

/// The blocks whose columns depend on the whole pool.
std::vector<Block> GraphBlocks::shared_blocks(
    const encodings::GraphPool& graphs,
    std::size_t paths) const {
  std::vector<Block> blocks;
  if (features_.graph) {
    blocks.push_back(
        as_block("graf", encodings::graf_features(graphs, names_)));
    blocks.push_back(
        as_block("live", encodings::live_features(graphs, names_)));
  }
  if (features_.encoding) {
    blocks.push_back(
        as_block("adjacency", encodings::adjacency_encoding(graphs, names_)));
    blocks.push_back(
        as_block("paths", encodings::path_encoding(graphs, names_, paths)));
  }
  return blocks;
}

}  // namespace zcp::apps
