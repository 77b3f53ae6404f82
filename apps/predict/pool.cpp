#include "apps/predict/pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "analysis/study/join.h"
#include "analysis/study/proxy_columns.h"
#include "apps/study_tables.h"
#include "benchmarks/tasks/task.h"
#include "common/error.h"
#include "nets/encodings/features.h"
#include "nets/spaces/json/json_space.h"

namespace zcp::apps {
namespace {

using prediction::Block;

Block as_block(std::string name, std::vector<encodings::Feature> features) {
  Block block;
  block.name = std::move(name);
  for (encodings::Feature& feature : features) {
    block.columns.push_back(std::move(feature.name));
    block.values.push_back(std::move(feature.values));
  }
  return block;
}

/// The columns of the scores that are proxies, with the baseline among them.
std::vector<std::size_t> proxy_positions(
    const tables::Table& scores,
    const PredictRequest& request) {
  const study::StudyOptions& options = request.study.study;
  std::vector<std::size_t> positions;
  for (const std::string& name :
       study::proxy_columns(scores, options).proxies) {
    positions.push_back(study::require_column(scores, name, "proxy"));
  }
  const auto baseline = study::find_column(scores, options.baseline);
  if (!baseline && options.baseline_required) {
    study::require_column(scores, options.baseline, "baseline");
  }
  return positions;
}

Block proxy_block(
    const tables::Table& scores,
    const std::vector<std::size_t>& positions) {
  Block block;
  block.name = "proxies";
  block.ranked = true;
  for (const std::size_t at : positions) {
    block.columns.push_back(scores.columns[at]);
    block.values.push_back(scores.values[at]);
  }
  return block;
}

void label_rows(
    const tables::Table& scores,
    const tables::Table& truth,
    const std::string& metric,
    PredictPool& made) {
  const std::size_t column = study::require_column(truth, metric, "metric");
  std::vector<bool> labelled(scores.arch.size(), false);
  for (const study::MatchedRow& row : study::join(scores, truth)) {
    const double label = truth.values[column][row.truth_row];
    if (!std::isfinite(label)) continue;
    labelled[row.score_row] = true;
    made.pool.rows.push_back(row.score_row);
    made.pool.labels.push_back(label);
  }
  for (std::size_t row = 0; row < labelled.size(); ++row) {
    if (!labelled[row]) made.unlabelled.push_back(row);
  }
}

}  // namespace

/// Whether the space's architectures have no cell that is drawn as a graph.
bool without_cells(const encodings::GraphPool& pool) {
  return std::ranges::all_of(pool, [](const auto& graphs) {
    return std::ranges::all_of(
        graphs, [](const auto& graph) { return graph.ops.empty(); });
  });
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

std::vector<Block> graph_blocks(
    const std::string& space_name,
    const std::string& task_name,
    const std::vector<std::string>& archs,
    bool graph,
    bool encoding) {
  const auto opened = spaces::open_space(space_name);
  const spaces::Space& space = *opened;
  const auto names = encodings::graph_names(space);
  const encodings::GraphPool pool = encodings::graph_pool(space, archs);
  std::vector<Block> blocks;
  if (graph) {
    const auto& own = space.info().tasks;
    const std::string usual = own.empty() ? "cifar10" : own.front();
    const tasks::TaskInfo task =
        tasks::find_task(task_name.empty() ? usual : task_name);
    blocks.push_back(as_block("graf", encodings::graf_features(pool, names)));
    blocks.push_back(as_block("live", encodings::live_features(pool, names)));
    const int classes = task.classes > 0 ? task.classes : 10;
    blocks.push_back(as_block(
        "network",
        encodings::network_features(
            space, archs, task.shape, {classes, task.head})));
  }
  if (encoding) {
    blocks.push_back(
        as_block("adjacency", encodings::adjacency_encoding(pool, names)));
    blocks.push_back(as_block("paths", encodings::path_encoding(pool, names)));
    if (without_cells(pool)) blocks.push_back(choices_block(space, archs));
  }
  return blocks;
}

PredictPool make_predict_pool(const PredictRequest& request) {
  const tables::Table scores =
      read_study_scores(request.study.scores, request.study);
  const tables::Table truth = read_study_truth(request.study);
  const std::string& metric = request.study.study.metrics.front();
  if (!request.quiet) {
    print_notes(study::notes_of_scores(scores, request.study.study));
    print_notes(study::notes_of(truth));
  }
  PredictPool made;
  made.archs = scores.arch;
  label_rows(scores, truth, metric, made);
  const std::vector<std::size_t> proxies = proxy_positions(scores, request);
  for (const std::size_t at : proxies) {
    made.pool.proxies.push_back({scores.columns[at], scores.values[at]});
  }
  const std::string& baseline = request.study.study.baseline;
  if (study::find_column(scores, baseline)) made.pool.baseline = baseline;
  std::vector<Block> blocks;
  if (request.proxies) blocks.push_back(proxy_block(scores, proxies));
  if (request.graph || request.encoding) {
    for (Block& block : graph_blocks(
             request.space,
             request.task,
             made.archs,
             request.graph,
             request.encoding)) {
      blocks.push_back(std::move(block));
    }
  }
  made.design = std::make_unique<prediction::Design>(blocks);
  made.pool.design = made.design.get();
  if (!request.quiet) {
    std::cerr << fmt::format(
        "{} architectures, {} with {}; {} columns that vary, in {} ({})\n",
        made.archs.size(),
        made.pool.rows.size(),
        metric,
        made.design->columns(),
        made.design->block_names().size() == 1 ? "one block" : "blocks",
        fmt::join(made.design->block_names(), ", "));
  }
  return made;
}

}  // namespace zcp::apps
