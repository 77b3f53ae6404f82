#include "apps/predict/pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <unordered_map>

#include "analysis/study/join.h"
#include "analysis/study/proxy_columns.h"
#include "apps/points.h"
#include "apps/predict/graph_blocks.h"
#include "apps/predict/point_block.h"
#include "apps/selection.h"
#include "apps/study_tables.h"
#include "common/error.h"
#include "nets/spaces/json/json_space.h"

namespace zcp::apps {
namespace {

using prediction::Block;

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
  block.weight = kProxyWeight;
  for (const std::size_t at : positions) {
    block.columns.push_back(scores.columns[at]);
    block.values.push_back(scores.values[at]);
  }
  return block;
}

/// The points that an encoder gives the scores' architectures. A space that a
/// file describes has to be named by --space, others the encoder knows.
Block encoder_block(
    const tables::Table& scores,
    const PredictRequest& request,
    const EncodePoints& encode,
    PredictPool& made) {
  SavedEncoder encoder = read_encoder(request.encodings);
  if (!encode) {
    throw UserError(
        "--encodings {}: an encoder, which this build cannot run; expected a "
        "table of points",
        request.encodings);
  }
  const bool described = encoder.space.find('@') != std::string::npos;
  if (request.space.empty() && described) {
    throw UserError(
        "--encodings {}: trained on architectures of {}; expected --space with "
        "the file that describes it",
        request.encodings,
        encoder.space);
  }
  made.points_space = request.space.empty() ? encoder.space : request.space;
  const auto space = spaces::open_space(made.points_space);
  require_space(encoder, *space, "--encodings");
  tables::Table points = encode(encoder, *space, specs_of(scores, *space));
  if (!request.quiet) print_notes(points.notes);
  if (request.save) made.points.encoder = std::move(encoder);
  return points_block(std::move(points));
}

/// What a predictor keeps of a table: each architecture once, by its spec.
tables::Table kept_points(
    const tables::Table& points,
    const std::string& space_name) {
  const auto space = spaces::open_space(space_name);
  const std::vector<std::string> specs = specs_of(points, *space);
  std::unordered_map<std::string, std::size_t> rows;
  tables::Table kept;
  kept.columns = points.columns;
  kept.values.resize(points.columns.size());
  for (std::size_t row = 0; row < specs.size(); ++row) {
    const auto [found, is_new] = rows.emplace(specs[row], row);
    if (is_new) kept.arch.push_back(specs[row]);
    for (std::size_t c = 0; c < points.columns.size(); ++c) {
      const auto& values = points.values[c];
      if (is_new) kept.values[c].push_back(values[row]);
      if (values[found->second] == values[row]) continue;
      throw UserError(
          "{}: {} and {} are one architecture with different {}",
          points.source,
          points.arch[found->second],
          points.arch[row],
          points.columns[c]);
    }
  }
  return kept;
}

/// The points of the scores' architectures, by their names in either form.
Block table_block(
    const tables::Table& scores,
    const PredictRequest& request,
    PredictPool& made) {
  const tables::Table points =
      read_points(request.encodings, request.key_encodings);
  if (!request.quiet) print_notes(points.notes);
  tables::Table own;
  own.columns = points.columns;
  own.values.assign(
      points.columns.size(), std::vector<double>(scores.arch.size()));
  std::vector<bool> found(scores.arch.size(), false);
  for (const study::MatchedRow& row : study::join(scores, points)) {
    found[row.score_row] = true;
    for (std::size_t c = 0; c < points.columns.size(); ++c) {
      own.values[c][row.score_row] = points.values[c][row.truth_row];
    }
  }
  for (std::size_t row = 0; row < found.size(); ++row) {
    if (found[row]) continue;
    throw UserError(
        "--encodings {}: has no row of {}, an architecture of {}",
        request.encodings,
        scores.arch[row],
        request.study.scores);
  }
  if (request.save) {
    made.points_space = request.space;
    made.points.table = kept_points(points, request.space);
  }
  return points_block(std::move(own));
}

/// What the truth's reader says of infinite numbers is of ranks; models fit the
/// numbers themselves.
std::vector<std::string> notes_of_truth(const tables::Table& truth) {
  std::vector<std::string> notes = study::notes_of(truth);
  std::erase_if(notes, [](const std::string& note) {
    return note.find("infinite numbers rank") != std::string::npos;
  });
  return notes;
}

/// A label that is infinite cannot be fitted, but it is known: its architecture
/// is none that is to be predicted.
void label_rows(
    const tables::Table& scores,
    const tables::Table& truth,
    const std::string& metric,
    PredictPool& made) {
  const std::size_t column = study::require_column(truth, metric, "metric");
  std::vector<bool> labelled(scores.arch.size(), false);
  for (const study::MatchedRow& row : study::join(scores, truth)) {
    const double label = truth.values[column][row.truth_row];
    if (std::isnan(label)) continue;
    labelled[row.score_row] = true;
    if (std::isinf(label)) {
      ++made.infinite;
      continue;
    }
    made.pool.rows.push_back(row.score_row);
    made.pool.labels.push_back(label);
  }
  for (std::size_t row = 0; row < labelled.size(); ++row) {
    if (!labelled[row]) made.unlabelled.push_back(row);
  }
}

}  // namespace

PredictPool make_predict_pool(
    const PredictRequest& request,
    const EncodePoints& encode) {
  const tables::Table scores =
      read_study_scores(request.study.scores, request.study);
  const tables::Table truth = read_study_truth(request.study);
  const std::string& metric = request.study.study.metrics.front();
  if (!request.quiet) {
    print_notes(study::notes_of_scores(scores, request.study.study));
    print_notes(notes_of_truth(truth));
  }
  PredictPool made;
  made.archs = scores.arch;
  label_rows(scores, truth, metric, made);
  if (made.infinite > 0 && !request.quiet) {
    print_notes({fmt::format(
        "{}: {} architectures with an infinite {} are left out: no model is "
        "fitted to them, and they are not predicted",
        truth.source,
        made.infinite,
        metric)});
  }
  const std::vector<std::size_t> proxies = proxy_positions(scores, request);
  for (const std::size_t at : proxies) {
    made.pool.proxies.push_back({scores.columns[at], scores.values[at]});
  }
  const std::string& baseline = request.study.study.baseline;
  if (study::find_column(scores, baseline)) made.pool.baseline = baseline;
  std::vector<Block> blocks;
  if (request.proxies) blocks.push_back(proxy_block(scores, proxies));
  if (request.graph || request.encoding) {
    GraphBlocks graphs(
        {request.space, request.task, request.graph, request.encoding});
    for (Block& block : graphs.of(specs_of(scores, graphs.space()))) {
      blocks.push_back(std::move(block));
    }
  }
  if (!request.encodings.empty()) {
    blocks.push_back(
        is_encoder_file(request.encodings)
            ? encoder_block(scores, request, encode, made)
            : table_block(scores, request, made));
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
