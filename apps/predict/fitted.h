// A saved predictor at work.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analysis/prediction/predictor.h"
#include "apps/predict/graph_blocks.h"
#include "apps/predict/point_block.h"
#include "apps/predict/saved.h"

namespace zcp::apps {

/// Fits when it is asked first. Its functions may be called from several
/// threads.
class FittedPredictor {
 public:
  /// Throws UserError, which names the file, for a model that there is not.
  explicit FittedPredictor(SavedPredictor saved);

  const SavedPredictor& saved() const { return saved_; }

  /// Who makes points where an encoder is carried; before the first values().
  void encode_by(EncodePoints encode) { encode_ = std::move(encode); }

  /// The labels that the model expects. `scores` are those of the proxies that
  /// it was fitted to, in that order, [proxy][architecture], NaN: none. NaN for
  /// an architecture without any of these scores, and for one of which the
  /// model knows nothing: its graph has an operation or a size that none of the
  /// fitted ones has, or it has no point. Throws UserError, which names the
  /// file, where nothing can be fitted.
  std::vector<double> values(
      const std::vector<std::string>& archs,
      const std::vector<std::vector<double>>& scores);

  /// How many architectures had another graph than all fitted ones.
  std::size_t unknown() const { return unknown_; }

  /// How many had no point.
  std::size_t pointless() const { return pointless_; }

 private:
  void fit();
  void add(
      const std::vector<std::string>& archs,
      const std::vector<std::vector<double>>& scores);
  std::vector<double> predict(
      const std::vector<std::string>& archs,
      const std::vector<std::vector<double>>& scores,
      std::vector<prediction::Block> graphs);
  prediction::Block proxy_block(std::vector<std::vector<double>> scores) const;

  const SavedPredictor saved_;
  EncodePoints encode_;
  std::mutex mutex_;
  std::unique_ptr<GraphBlocks> graphs_;
  std::unique_ptr<PointBlock> points_;
  std::unique_ptr<prediction::Predictor> predictor_;
  std::unordered_map<std::string, double> known_;
  std::size_t unknown_ = 0;
  std::size_t pointless_ = 0;
};

}  // namespace zcp::apps
