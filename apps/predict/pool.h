// The tables of `zcp predict` as a pool to learn from.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "analysis/prediction/learning.h"
#include "apps/encode/saved.h"
#include "apps/predict/request.h"
#include "apps/predict/saved.h"

namespace zcp::apps {

/// Architectures with what they are predicted from, and labels of some.
struct PredictPool {
  std::vector<std::string> archs;  ///< [row of the design]
  std::unique_ptr<prediction::Design> design;
  prediction::Pool pool;
  std::vector<std::size_t> unlabelled;  ///< rows without a label
  std::size_t infinite = 0;  ///< rows whose label is infinite; in neither list
  SavedPoints points;        ///< of --encodings, where the predictor is kept
  std::string points_space;  ///< of these, as open_space() has it
};

/// Reads the tables, builds graphs and says on standard error what was found.
/// `encode` makes points where --encodings is an encoder. Throws UserError for
/// tables that cannot be joined, a metric without values, an architecture that
/// is none of the space and an encoder without `encode`.
PredictPool make_predict_pool(
    const PredictRequest& request,
    const EncodePoints& encode = {});

}  // namespace zcp::apps
