#include "apps/predict/fitted.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/error.h"
#include "common/missing.h"
#include "nets/spaces/json/json_space.h"

namespace zcp::apps {
namespace {

using prediction::Block;
using Scores = std::vector<std::vector<double>>;

Scores of_one(const Scores& scores, std::size_t row) {
  Scores own;
  for (const auto& column : scores) own.push_back({column[row]});
  return own;
}

/// A file that describes a space may have been edited.
void check_space(const SavedPredictor& saved) {
  if (saved.space_name.empty()) return;
  const std::string name = spaces::open_space(saved.space)->info().name;
  if (name == saved.space_name) return;
  throw UserError(
      "fitted to architectures of {}; {} describes {}",
      saved.space_name,
      saved.space,
      name);
}

}  // namespace

FittedPredictor::FittedPredictor(SavedPredictor saved)
    : saved_(std::move(saved)) {
  try {
    prediction::find_model(saved_.model);
  } catch (const UserError& error) {
    throw UserError("{}: {}", saved_.source, error.what());
  }
}

Block FittedPredictor::proxy_block(Scores scores) const {
  Block block;
  block.name = "proxies";
  block.ranked = true;
  block.weight = kProxyWeight;
  block.columns = saved_.proxies;
  block.values = std::move(scores);
  return block;
}

void FittedPredictor::fit() {
  try {
    check_space(saved_);
    std::vector<Block> blocks;
    if (!saved_.proxies.empty()) blocks.push_back(proxy_block(saved_.scores));
    if (saved_.graph || saved_.encoding) {
      graphs_ = std::make_unique<GraphBlocks>(GraphFeatures{
          saved_.space, saved_.task, saved_.graph, saved_.encoding});
      for (Block& block : graphs_->of(saved_.archs)) {
        blocks.push_back(std::move(block));
      }
    }
    if (!saved_.points.empty()) {
      points_ =
          std::make_unique<PointBlock>(saved_.points, saved_.space, encode_);
      blocks.push_back(points_->of(saved_.archs));
    }
    predictor_ = std::make_unique<prediction::Predictor>(
        std::move(blocks), saved_.labels, saved_.model, saved_.seed);
  } catch (const UserError& error) {
    throw UserError("{}: {}", saved_.source, error.what());
  }
}

std::vector<double> FittedPredictor::values(
    const std::vector<std::string>& archs,
    const Scores& scores) {
  const std::scoped_lock lock(mutex_);
  if (!predictor_) fit();
  std::vector<std::string> fresh;
  Scores own(scores.size());
  for (std::size_t i = 0; i < archs.size(); ++i) {
    if (!known_.try_emplace(archs[i], kNan).second) continue;
    const bool none =
        !scores.empty() && std::ranges::all_of(scores, [&](const auto& column) {
          return std::isnan(column[i]);
        });
    if (none) continue;
    if (points_ && !points_->has(archs[i])) {
      ++pointless_;
      continue;
    }
    fresh.push_back(archs[i]);
    for (std::size_t p = 0; p < scores.size(); ++p) {
      own[p].push_back(scores[p][i]);
    }
  }
  if (!fresh.empty()) add(fresh, own);
  std::vector<double> values;
  for (const std::string& arch : archs) values.push_back(known_.at(arch));
  return values;
}

void FittedPredictor::add(
    const std::vector<std::string>& archs,
    const Scores& scores) {
  std::vector<Block> graphs;
  if (graphs_) {
    auto blocks = graphs_->more(archs);
    if (!blocks && archs.size() == 1) {
      ++unknown_;
      return;
    }
    if (!blocks) {
      // One of them is unlike all fitted ones.
      for (std::size_t i = 0; i < archs.size(); ++i) {
        add({archs[i]}, of_one(scores, i));
      }
      return;
    }
    graphs = std::move(*blocks);
  }
  const auto values = predict(archs, scores, std::move(graphs));
  for (std::size_t i = 0; i < archs.size(); ++i) known_[archs[i]] = values[i];
}

std::vector<double> FittedPredictor::predict(
    const std::vector<std::string>& archs,
    const Scores& scores,
    std::vector<Block> graphs) {
  std::vector<Block> blocks;
  if (!saved_.proxies.empty()) blocks.push_back(proxy_block(scores));
  for (Block& block : graphs) blocks.push_back(std::move(block));
  if (points_) blocks.push_back(points_->of(archs));
  auto values = predictor_->predict(blocks);
  if (values.size() != archs.size()) {
    throw std::logic_error("a prediction for each architecture");
  }
  return values;
}

}  // namespace zcp::apps
